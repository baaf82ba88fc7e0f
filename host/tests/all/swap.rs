//! Claims about changing what is served: edits, files, refusals, trials, many models, and that nobody is let down meanwhile.
//! Runs the real binary; knows manifests, routes and the log.

mod files;
mod load;
mod models;
mod refusals;
mod rollout;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::{Server, root};

/// What an operator shows.
pub(crate) const TOKEN: &str = "a-token-of-the-tests";

/// A folder with a manifest and the models `double.onnx`, `triple.onnx` and `nan.onnx`, which multiply.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Folder {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["double.onnx", "triple.onnx", "nan.onnx"] {
            let model = root().join("host/tests/data/swap").join(name);
            fs::copy(model, folder.path().join(name)).expect("copies");
        }
        Folder(folder)
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        fs::write(self.path(file), text).expect("writes");
    }
}

/// A manifest of one of the models, with an example, and with further lines.
pub(crate) fn manifest(model: &str, more: &str) -> String {
    format!(
        "name: m\nmodel: {{ path: ., file: {model}.onnx }}\nexamples:\n  - name: One\n    request: {{ inputs: {{ x: [[1, 2]] }} }}\n{more}"
    )
}

/// Serves `m.yaml`, which asks for the model that doubles.
fn serve(folder: &Folder) -> Server {
    folder.write("m.yaml", &manifest("double", ""));
    live(&folder.path("m.yaml"), &[])
}

pub(crate) fn live(manifest: &Path, environment: &[(&str, &str)]) -> Server {
    let environment = [environment, &[("MODELHOST_ADMIN_TOKEN", TOKEN)]].concat();
    let mut server = Server::launch(manifest, &environment);
    server.wait_for("the model is live");
    server
}

impl Server {
    /// What the model makes of 1.
    async fn factor(&self) -> f64 {
        self.factor_at("/predict").await
    }

    async fn factor_at(&self, path: &str) -> f64 {
        let answer = self.post(path, &json!({"inputs": {"x": [[1]]}})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let factor = &answer.json()["outputs"]["y"][0][0];
        factor.as_f64().unwrap_or_else(|| panic!("{factor}"))
    }

    async fn model(&self, name: &str) -> Value {
        self.get(&format!("/models/{name}")).await.json()
    }

    /// The results of the attempts to change what answers, the first one first.
    async fn results(&self) -> Vec<String> {
        let model = self.model("m").await;
        let attempts = model["attempts"].as_array().expect("a list").iter().rev();
        let result = |attempt: &Value| attempt["result"].as_str().unwrap_or_default().to_owned();
        attempts.map(result).collect()
    }

    async fn admin(&self, action: &str) -> crate::client::Answer {
        let request = reqwest::Client::new()
            .post(format!("{}/admin/models/m/{action}", self.url))
            .bearer_auth(TOKEN);
        crate::client::finish(request).await
    }
}
