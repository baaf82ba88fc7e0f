//! Plugins as their authors meet them: one example in four languages, and the commands that write, build and try it.
//! Must not pass without the languages' tools: `host/tests/run` installs them and names them in `MODELHOST_TEST_TOOLS`.

mod commands;
mod examples;
mod projects;

use crate::server::root;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

/// The folder with the example in each language, built by `plugins/examples/build` with this host.
static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = root().join("target/plugin-examples");
    let output = Command::new(root().join("plugins/examples/build"))
        .arg(&folder)
        .env("MODELHOST", env!("CARGO_BIN_EXE_modelhost"))
        .env("MODELHOST_PLUGIN_CACHE", "off")
        .output()
        .expect("the script runs");
    assert!(output.status.success(), "{}", text(&output.stderr));
    folder
});

/// The plugin `name` of the examples.
fn built(name: &str) -> PathBuf {
    BUILT.join(name).with_extension("wasm")
}

/// A file beside the examples.
fn sample(name: &str) -> PathBuf {
    root().join("plugins/examples").join(name)
}

/// The folders of this machine's programs, with the tools of all languages before them.
#[allow(clippy::disallowed_methods, reason = "tests have no settings")]
fn search_path() -> OsString {
    let mut path = std::env::var_os("MODELHOST_TEST_TOOLS").expect(
        "MODELHOST_TEST_TOOLS is not set; run host/tests/run, which installs the tools and sets it",
    );
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    path
}

/// Runs `modelhost plugin …` with programs found in `path`.
fn plugin_with(path: impl Into<OsString>, arguments: &[&str]) -> Ended {
    run("warn", path.into(), arguments)
}

/// Runs `modelhost plugin …` and shows what is logged at `level`.
fn plugin_at(level: &str, arguments: &[&str]) -> Ended {
    run(level, "/nowhere".into(), arguments)
}

fn run(level: &str, path: OsString, arguments: &[&str]) -> Ended {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_modelhost"))
        .args(["--log", level, "plugin"])
        .args(arguments)
        .env("PATH", path)
        .env("MODELHOST_PLUGIN_CACHE", "off")
        .output()
        .expect("the binary starts");
    Ended {
        code: output.status.code(),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

/// Runs `modelhost plugin …` with no other program to be found.
fn plugin(arguments: &[&str]) -> Ended {
    plugin_with("/nowhere", arguments)
}

/// How a command ended.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    /// What it answered, if it went well.
    #[track_caller]
    fn good(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// Why it did not, where it was the author's mistake.
    #[track_caller]
    fn wrong(self) -> String {
        assert_eq!(self.code, Some(64), "{self:?}");
        self.err
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn str(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}
