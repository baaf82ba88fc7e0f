//! OpenAI's client and a model of vectors.

use super::script;
use crate::tasks::{assert_close, models, serve};
use serde_json::{Value, json};
use std::path::Path;

const LINES: &str = "task: feature-extraction
preprocess: { plugin: tokenize-text }
postprocess: { plugin: pool-embedding }
limits: { plugin: { memory_mib: 256, deadline_ms: 20000 } }";

#[tokio::test(flavor = "multi_thread")]
async fn openais_client_has_the_vectors_of_texts() {
    let (server, _folder) = serve("minilm-int8", "onnx/model.onnx", LINES);
    let ids = ids(&models().join("minilm-int8"), &["bread", "is", "dear", "."]);
    let said = script(
        "clients.py",
        &["openai", &server.url, "m"],
        &ids.to_string(),
    );
    assert_eq!(said["models"], json!(["m"]));
    assert_eq!(said["model"], "m");
    let texts = ["Juice is cheap.", "Bread is dear."];
    let direct = server
        .post("/predict", &json!({"inputs": texts}))
        .await
        .json();
    assert_close(&said["by_default"], &direct, 1e-6);
    assert_close(&said["as_floats"], &direct[0], 1e-3);
    for vector in [
        &said["as_tokens"][0],
        &said["as_tokens"][1],
        &said["as_one"],
    ] {
        assert_close(vector, &direct[1], 1e-6);
    }
    // Two texts of four words and a stop, each between two special tokens.
    assert!(said["usage"].as_u64() >= Some(10), "{}", said["usage"]);
    assert_eq!(
        said["refused"],
        json!([
            ["NotFoundError", 404, "not_found", null],
            ["BadRequestError", 400, "invalid_input", "input"],
            ["BadRequestError", 400, "invalid_input", "dimensions"],
            ["BadRequestError", 400, "invalid_input", "input.1"],
        ])
    );
}

/// The ids of `words`, alone and between special tokens.
fn ids(folder: &Path, words: &[&str]) -> Value {
    let file = std::fs::read_to_string(folder.join("tokenizer.json")).expect("a tokenizer");
    let tokenizer: Value = serde_json::from_str(&file).expect("JSON");
    let id = |word: &str| tokenizer["model"]["vocab"][word].clone();
    let alone: Vec<Value> = words.iter().map(|word| id(word)).collect();
    let between = [vec![id("[CLS]")], alone.clone(), vec![id("[SEP]")]].concat();
    json!([alone, between])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_of_another_task_makes_no_embeddings() {
    let server = crate::server::Server::start(&crate::server::demo());
    let body = json!({"model": "retail-demand", "input": "a"});
    let answer = server.post("/v1/embeddings", &body).await;
    assert_eq!(answer.status, 404);
    let error = &answer.json()["error"];
    assert_eq!(error["type"], "invalid_request_error");
    assert!(
        error["message"]
            .as_str()
            .unwrap_or_default()
            .contains("makes no embeddings"),
        "{error}"
    );
}
