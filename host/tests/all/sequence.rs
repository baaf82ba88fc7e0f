//! Claims about models of sequences through the tensor API: a state or a cache goes in and comes out, several outputs have
//! the file's names and order. What must come out is onnxruntime's, by `data/sequence/make.py`.

use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::{Server, root};
use crate::tasks::assert_close;

fn data() -> PathBuf {
    root().join("host/tests/data/sequence")
}

fn expected(model: &str) -> Value {
    let text = std::fs::read_to_string(data().join("expected.json")).expect("reads");
    let mut all: Value = serde_json::from_str(&text).expect("JSON");
    all[model].take()
}

fn serve(model: &str) -> (Server, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join("m.yaml");
    let path = data().display().to_string();
    let text = format!("name: m\nmodel: {{ path: {path}, file: {model}.onnx }}\n");
    std::fs::write(&manifest, text).expect("writes");
    (Server::start(&manifest), folder)
}

async fn outputs(server: &Server, inputs: Value) -> Value {
    let answer = server.post("/predict", &json!({ "inputs": inputs })).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["outputs"].take()
}

#[track_caller]
fn assert_near(expected: &Value, found: &Value) {
    assert_close(found, expected, 1e-5);
}

/// The cache is empty at first, and one longer after each step.
#[tokio::test]
async fn a_decoder_with_a_cache_runs_step_by_step() {
    let expected = expected("decoder");
    let (server, _folder) = serve("decoder");
    let mut past = json!([[[], []], [[], []]]);
    for step in expected["steps"].as_array().expect("steps") {
        let inputs = json!({"token": step["token"], "encoded": expected["encoded"], "past": past});
        let mut answer = outputs(&server, inputs).await;
        assert_near(&step["logits"], &answer["logits"]);
        past = answer["present"].take();
    }
    assert_near(&expected["present"], &past);
}

/// A step at a time with the state handed on is the same as all steps at once.
#[tokio::test]
async fn a_state_goes_in_and_comes_out_under_the_files_names() {
    let expected = expected("lstm");
    let (server, _folder) = serve("lstm");
    let zeros = json!([[[0, 0, 0], [0, 0, 0]]]);
    let all = json!({"x": expected["x"], "h": zeros, "c": zeros});
    let text = outputs(&server, all).await;
    for name in ["y", "next_h", "next_c"] {
        assert_near(&expected[name], &text[name]);
    }
    let (mut hidden, mut cell) = (zeros.clone(), zeros);
    for (at, x) in expected["x"].as_array().expect("steps").iter().enumerate() {
        let inputs = json!({"x": [x], "h": hidden, "c": cell});
        let mut answer = outputs(&server, inputs).await;
        assert_near(&expected["y"][at], &answer["y"][0]);
        (hidden, cell) = (answer["next_h"].take(), answer["next_c"].take());
    }
    assert_near(&expected["next_h"], &hidden);
    assert_near(&expected["next_c"], &cell);
    let model = server.get("/models/m").await.json();
    let names: Vec<&str> = model["signature"]["outputs"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|output| output["name"].as_str())
        .collect();
    assert_eq!(names, ["next_c", "y", "next_h"]);
}
