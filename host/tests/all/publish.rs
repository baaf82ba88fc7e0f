//! Publishing: a folder to a model repo, a manifest to a Space, with the real binary against a hub that can be written to.
//! `python` comes first: Python's own library has to be content with that hub before anything here means much.

mod cards;
mod models;
mod python;
mod refusals;
mod spaces;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::server::root;
use crate::stand_in_hub::{StandIn, TOKEN};
use tempfile::TempDir;

/// What a command did.
#[derive(Debug)]
struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Ran {
    /// Asserts success, and gives the commit on stdout.
    fn commit(&self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        let line = self
            .stdout
            .lines()
            .find_map(|line| line.strip_prefix("commit "));
        line.unwrap_or_else(|| panic!("no commit: {self:?}"))
            .to_owned()
    }

    /// Asserts a failure with one message, and gives that.
    fn refusal(&self, code: i32) -> &str {
        assert_eq!(self.code, code, "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        self.stderr.trim()
    }
}

/// A user's machine: an empty home, and a token for the hub.
struct User {
    home: TempDir,
    environment: Vec<(String, String)>,
}

impl User {
    fn of(hub: &StandIn) -> User {
        User::at(&hub.endpoint).with("HF_TOKEN", TOKEN)
    }

    fn at(endpoint: &str) -> User {
        let home = TempDir::new().expect("a home");
        User {
            home,
            environment: Vec::new(),
        }
        .with("HF_ENDPOINT", endpoint)
    }

    fn with(mut self, name: &str, value: &str) -> User {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs `modelhost publish …` in `folder`; the token is in nothing that it says.
    fn publish_in(&self, folder: &Path, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_modelhost"));
        command
            .arg("publish")
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("HOME", self.home.path())
            // Whatever a library would log is looked through as well.
            .env("RUST_LOG", "debug")
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        let output = tokio::task::block_in_place(|| command.output()).expect("the binary starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, all) = (text(&output.stdout), text(&output.stderr));
        for said in [&stdout, &all] {
            assert!(!said.contains(TOKEN), "the token is in: {said}");
        }
        let is_log = |line: &&str| {
            [" DEBUG ", " INFO ", " WARN ", " ERROR "]
                .iter()
                .any(|level| line.contains(level))
        };
        let stderr: Vec<&str> = all.lines().filter(|line| !is_log(line)).collect();
        Ran {
            code: output.status.code().expect("it ends by itself"),
            stdout,
            stderr: stderr.join("\n"),
        }
    }

    fn publish(&self, arguments: &[&str]) -> Ran {
        self.publish_in(&root(), arguments)
    }
}

const CARD: &str = "---
license: apache-2.0
library_name: onnx
pipeline_tag: time-series-forecasting
tags: [onnx]
model-index:
- name: small
  results:
  - task: { type: time-series-forecasting }
    dataset: { name: Made up, type: made-up }
    metrics:
    - { type: mae, value: 2.5 }
    - { type: r2, value: 0.75 }
---
# Small
A model that is small.
## Usage
```python
import onnxruntime
onnxruntime.InferenceSession(\"model.onnx\")
```
## Training data
Made up.
## Training procedure
None.
## Evaluation
None to speak of.
## Limits
All of them.
## Citation
Nobody.
";

const EVALUATION: &str =
    r#"{"metrics": {"other": {"mae": 2.5, "r2": 0.5}, "ours": {"mae": 2.5, "r2": 0.75}}}"#;

/// A folder that is fit to be published.
fn small() -> (TempDir, String) {
    let folder = TempDir::new().expect("a folder");
    let model = [b"onnx\0".as_slice(), &[7; 300_000]].concat();
    let files: [(&str, &[u8]); 4] = [
        ("README.md", CARD.as_bytes()),
        ("evaluation.json", EVALUATION.as_bytes()),
        ("model.onnx", &model),
        ("training/train.py", b"print(1)\n"),
    ];
    for (path, bytes) in files {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, bytes).expect("a file");
    }
    let name = folder.path().display().to_string();
    (folder, name)
}

/// Every file below `folder`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return found;
    };
    for entry in entries {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}
