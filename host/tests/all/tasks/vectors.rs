//! Embeddings: the vectors that sentence-transformers makes over onnxruntime, from a manifest of a few lines.
//! Must not know plugins.

use super::{assert_close, json, models};
use crate::fake_hub::FakeHub;
use crate::server::Server;
use serde_json::{Value, json as value};

/// The whole of what an operator writes.
const MANIFEST: &str = "name: minilm
task: feature-extraction
model:
  repo: acme/x
  file: onnx/model.onnx
preprocess: { plugin: tokenize-text }
postprocess: { plugin: pool-embedding }
";

#[tokio::test(flavor = "multi_thread")]
async fn seven_lines_serve_a_sentence_transformer_from_the_hub() {
    let folder = models().join("minilm-int8");
    let read = |name: &str| std::fs::read(folder.join(name)).expect("it is there");
    let mut hub = FakeHub::start().await;
    hub = hub.lfs("onnx/model.onnx", &read("onnx/model.onnx"));
    for file in [
        "tokenizer.json",
        "tokenizer_config.json",
        "config.json",
        "modules.json",
        "sentence_bert_config.json",
        "1_Pooling/config.json",
    ] {
        hub = hub.git(file, &read(file));
    }
    let place = tempfile::tempdir().expect("a folder");
    let manifest = place.path().join("minilm.yaml");
    std::fs::write(&manifest, MANIFEST).expect("writes");
    let cache = place.path().join("hub");
    let cache = cache.to_str().expect("it is text");
    let mut server = Server::launch(
        &manifest,
        &[("HF_ENDPOINT", &hub.endpoint), ("HF_HUB_CACHE", cache)],
    );
    server.wait_for("the model is live");

    let (texts, expected) = (
        json("reference/texts.json"),
        json("reference/minilm-int8-embeddings.json"),
    );
    let expected = expected.as_array().expect("a list");
    for (text, expected) in texts.as_array().expect("a list").iter().zip(expected) {
        let answer = server.post("/", &value!({ "inputs": text })).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_close(&answer.json(), expected, 1e-4);
    }
    // A batch is padded, and padding changes nothing.
    let batch: Vec<&Value> = texts.as_array().expect("a list").iter().take(8).collect();
    let answer = server
        .post("/models/minilm", &value!({ "inputs": batch }))
        .await;
    assert_close(&answer.json(), &value!(expected[..8]), 1e-4);
    assert_eq!(answer.header("x-model-name"), "minilm");

    let similar = value!({"inputs": {
        "source_sentence": "Weekly sales of orange juice rise when the price is cut.",
        "sentences": [
            "Promotions increase demand for juice in supermarkets.",
            "The spacecraft entered orbit around Mars.",
        ],
    }});
    let answer = server.post("/predict", &similar).await;
    assert_close(&answer.json(), &value!([0.627, -0.003]), 5e-3);
    let longer = value!({"inputs": "juice", "normalize": false});
    let length: f64 = server
        .post("/", &longer)
        .await
        .json()
        .as_array()
        .expect("a list")
        .iter()
        .map(|x| x.as_f64().expect("a number").powi(2))
        .sum();
    assert!((length - 1.0).abs() > 0.01, "{length}");
}
