//! OpenAI's client and a model of vectors.

use super::script;
use crate::tasks::{assert_close, serve};
use serde_json::json;

const LINES: &str = "task: feature-extraction
preprocess: { plugin: tokenize-text }
postprocess: { plugin: pool-embedding }
limits: { plugin: { memory_mib: 256, deadline_ms: 20000 } }";

#[tokio::test(flavor = "multi_thread")]
async fn openais_client_has_the_vectors_of_texts() {
    let (server, _folder) = serve("minilm-int8", "onnx/model.onnx", LINES);
    let said = script("clients.py", &["openai", &server.url, "m"], "");
    assert_eq!(said["models"], json!(["m"]));
    assert_eq!(said["model"], "m");
    let texts = ["Juice is cheap.", "Bread is dear."];
    let direct = server
        .post("/predict", &json!({"inputs": texts}))
        .await
        .json();
    assert_close(&said["by_default"], &direct, 1e-6);
    assert_close(&said["as_floats"], &direct[0], 1e-3);
    // Two texts of four words and a stop, each between two special tokens.
    assert!(said["usage"].as_u64() >= Some(10), "{}", said["usage"]);
    assert_eq!(
        said["refused"],
        json!([
            ["NotFoundError", 404, "not_found", null],
            ["BadRequestError", 400, "invalid_input", "input"],
            ["BadRequestError", 400, "invalid_input", "dimensions"],
        ])
    );
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
