//! The tasks, by real models where there are any: what the bundled plugins make of texts, pictures and tables.
//! Needs the folder that `host/tests/models.sh` makes; knows its layout, and no plugin's inside.

mod client;
mod labels;
mod tokens;
mod vectors;

use crate::server::Server;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The folder of the test models.
#[allow(
    clippy::disallowed_methods,
    reason = "host/tests/run says where they are"
)]
pub(crate) fn models() -> PathBuf {
    std::env::var_os("MODELHOST_TEST_MODELS")
        .expect("host/tests/run sets MODELHOST_TEST_MODELS; run the tests with it")
        .into()
}

fn json(file: impl AsRef<Path>) -> Value {
    let bytes = std::fs::read(models().join(file)).expect("host/tests/models.sh made it");
    serde_json::from_slice(&bytes).expect("it is JSON")
}

/// Serves the model folder `name` by these lines of a manifest.
pub(crate) fn serve(name: &str, file: &str, lines: &str) -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join("m.yaml");
    let path = models().join(name);
    let text = format!(
        "name: m\nmodel: {{ path: {}, file: {file} }}\n{lines}\n",
        path.display()
    );
    std::fs::write(&manifest, text).expect("writes");
    (Server::start(&manifest), folder)
}

/// Whether two JSON values are the same, numbers to within `tolerance`.
fn close(found: &Value, expected: &Value, tolerance: f64) -> bool {
    match (found, expected) {
        (Value::Number(a), Value::Number(b)) => {
            let number = |n: &serde_json::Number| n.as_f64().expect("a number");
            let (a, b) = (number(a), number(b));
            (a - b).abs() <= tolerance
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| close(a, b, tolerance))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| close(a, b, tolerance)))
        }
        (a, b) => a == b,
    }
}

#[track_caller]
pub(crate) fn assert_close(found: &Value, expected: &Value, tolerance: f64) {
    assert!(
        close(found, expected, tolerance),
        "found {found}\nexpected {expected}"
    );
}
