//! The stand-in hub held against Python's `huggingface_hub`, which others wrote for the real one.
//! Must not run anything of ours.

use std::process::Command;

use serde_json::{Value, json};

use super::small;
use crate::fake_hub::sha256;
use crate::server::root;
use crate::stand_in_hub::{StandIn, TOKEN};

#[allow(
    clippy::disallowed_methods,
    reason = "the test script names the folder that it made"
)]
fn python() -> String {
    let models = std::env::var("MODELHOST_TEST_MODELS")
        .expect("MODELHOST_TEST_MODELS is not set; run host/tests/run, which makes it");
    format!("{models}/venv/bin/python")
}

#[tokio::test(flavor = "multi_thread")]
async fn pythons_own_library_publishes_to_the_stand_in_and_reads_it_back() {
    let hub = StandIn::start().await;
    let (folder, name) = small();
    let home = tempfile::tempdir().expect("a home");
    let mut command = Command::new(python());
    command
        .arg(root().join("host/tests/hub.py"))
        .args([name.as_str(), "acme/x"])
        .env_clear()
        .env("HOME", home.path())
        .env("HF_ENDPOINT", &hub.endpoint)
        .env("HF_TOKEN", TOKEN)
        // The stand-in takes large files by Git LFS, as mirrors of the Hub do.
        .env("HF_HUB_DISABLE_XET", "1")
        .env("HF_HUB_DISABLE_TELEMETRY", "1")
        .env("HF_HUB_DISABLE_PROGRESS_BARS", "1");
    let output = tokio::task::block_in_place(|| command.output()).expect("Python starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    let saw: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {stderr}"));

    let digest = |path: &str| sha256(&std::fs::read(folder.path().join(path)).expect("a file"));
    let paths = [
        "README.md",
        "evaluation.json",
        "model.onnx",
        "training/train.py",
    ];
    for path in paths {
        assert_eq!(saw["files"][path], json!(digest(path)), "{path}");
        let in_lfs = &saw["tree"][path];
        match path {
            "model.onnx" => assert_eq!(*in_lfs, json!(digest(path))),
            _ => assert!(in_lfs.is_null(), "{path}: {in_lfs}"),
        }
        assert!(
            hub.file("models/acme/x", path)
                .is_some_and(|(_, is_large)| is_large != in_lfs.is_null())
        );
    }
    assert_eq!(saw["same"], true);
    assert_eq!(saw["again"], saw["commit"], "nothing had changed");
    assert_eq!(hub.about("models/acme/x")["tags"]["v1"], saw["commit"]);
    let space = hub.about("spaces/acme/x-space");
    assert_eq!(space["variables"], json!({"GREETING": "hello"}));
    assert_eq!(space["secrets"], json!({"KEY": "hidden"}));
    assert_eq!(saw["stage"], "RUNNING");
    let expected = [
        "HfHubHTTPError 409",
        "HfHubHTTPError 403",
        "RepositoryNotFoundError 404",
        "RemoteEntryNotFoundError 404",
        "HfHubHTTPError 401",
    ];
    assert_eq!(saw["refused"], json!(expected));
    // The bytes went to storage, and the token did not.
    let seen = hub.take_seen();
    let stored: Vec<_> = seen
        .iter()
        .filter(|seen| seen.line.starts_with("PUT /storage/"))
        .collect();
    assert_eq!(stored.len(), 1, "{seen:?}");
    assert_eq!(stored[0].authorization, None);
}
