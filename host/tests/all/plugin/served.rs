//! A plugin that misbehaves behind a server: its own request fails, and nothing else.
//! Must not know how a call is contained.

use super::wasm;
use crate::client::Answer;
use crate::server::Server;
use serde_json::json;
use std::time::{Duration, Instant};

fn served(folder: &tempfile::TempDir, limits: &str) -> Server {
    crate::tensors::identity(folder.path());
    std::fs::write(folder.path().join("faulty.wasm"), wasm()).expect("writes");
    let manifest = folder.path().join("m.yaml");
    let text = format!(
        "name: m\nmodel: {{ path: ., file: identity.onnx }}\npreprocess: {{ plugin: ./faulty.wasm }}\nlimits: {limits}\n"
    );
    std::fs::write(&manifest, text).expect("writes");
    Server::start(&manifest)
}

/// A looping plugin costs its own request the plugin's deadline, and others nothing more.
#[tokio::test(flavor = "multi_thread")]
async fn a_looping_plugin_is_stopped_at_its_deadline_while_others_are_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = served(&folder, "{ plugin: { deadline_ms: 4000 } }");
    let looping = json!({"inputs": {"do": "loop"}});
    let echo = json!({"inputs": {"values": [1, 2, 3]}});
    let start = Instant::now();
    let (stuck, answered) = tokio::join!(server.post("/predict", &looping), async {
        let answer = server.post("/predict", &echo).await;
        (answer, start.elapsed())
    });
    let (error, error_type, _) = stuck.refusal(504);
    assert_eq!(error_type, "deadline");
    assert!(
        error.contains("faulty.wasm") && error.contains("4000 ms"),
        "{error}"
    );
    assert_eq!(answered.0.status, 200, "{}", answered.0.text);
    assert_eq!(answered.0.json()["outputs"]["y"], json!([[1.0, 2.0, 3.0]]));
    // The other worker was free: the echo did not wait for the loop's deadline.
    assert!(answered.1 < Duration::from_millis(4000), "{:?}", answered.1);
    let metrics = server.get("/metrics").await.text;
    let line =
        "modelhost_plugin_faults_total{model=\"m\",plugin=\"faulty.wasm\",reason=\"deadline\"} 1";
    assert!(metrics.contains(line), "{metrics}");
}

/// A plugin's faults are the server's own: 500, with the reason in the log and not in the answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugins_fault_is_answered_without_its_inside_and_logged_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = served(&folder, "{}");
    for (abuse, logged) in [
        (json!({"do": "panic"}), "crashed"),
        (json!({"do": "wrong-dtype"}), "must be f32"),
        (
            json!({"do": "unknown-tensor", "values": [1]}),
            "has no input",
        ),
        (json!({"do": "no-tensor"}), "is missing"),
    ] {
        let answer = server.post("/predict", &json!({ "inputs": abuse })).await;
        let (error, error_type, _) = answer.refusal(500);
        assert_eq!(error_type, "internal");
        assert!(!error.contains(logged), "{error}");
        let event = server.wait_for("cannot answer");
        assert!(
            event["reason"].as_str().expect("a reason").contains(logged),
            "{event}"
        );
    }
}

/// A log flood is cut, and the call goes on; so are long messages.
#[tokio::test(flavor = "multi_thread")]
async fn floods_of_log_and_long_messages_are_cut() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = served(&folder, "{ plugin: { deadline_ms: 20000 } }");
    let flood = json!({"inputs": {"do": "log", "count": 100_000, "bytes": 1, "values": [1.0]}});
    assert_eq!(server.post("/predict", &flood).await.status, 200);
    let long = json!({"inputs": {"do": "invalid", "bytes": 1 << 20}});
    assert!(server.post("/predict", &long).await.refusal(422).0.len() < 4096);
    let lines = server.count_until("x", "answered");
    assert!((1..1000).contains(&lines), "{lines} lines");

    let long = json!({"inputs": {"do": "internal", "bytes": 1 << 20}});
    server.post("/predict", &long).await.refusal(500);
    let event = server.wait_for("cannot answer");
    assert!(
        event["reason"]
            .as_str()
            .is_some_and(|reason| reason.len() < 4096)
    );
}

/// Two loop, one waits, and the fourth is sent away, in the form of the dialect that it spoke.
#[tokio::test(flavor = "multi_thread")]
async fn what_finds_the_queue_full_is_told_when_to_come_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = served(&folder, "{ queue: 1, plugin: { deadline_ms: 1000 } }");
    let looping = json!({"inputs": {"do": "loop"}});
    let one = || server.post("/predict", &looping);
    let answers = <[_; 4]>::from(tokio::join!(one(), one(), one(), one()));
    let is_refused = |answer: &&Answer| answer.status == 429;
    let refused = answers.iter().find(is_refused).expect("one too many");
    let (error, error_type, _) = refused.refusal(429);
    assert_eq!(error_type, "overloaded");
    assert!(error.contains("waiting"), "{error}");
    assert_eq!(refused.header("retry-after"), "1");

    let instances = json!({"instances": [looping, looping, looping, looping]});
    let answer = server.post("/v1/models/m:predict", &instances).await;
    assert_eq!(answer.status, 429, "{}", answer.text);
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(answer.json().as_object().map(|body| body.len()), Some(1));
}
