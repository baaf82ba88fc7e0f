//! Hugging Face's own Python client, pointed at a server: it gets what it would get from the Hub.
//! Must not know the wire.

use super::{assert_close, json, models, serve};
use crate::server::{Server, demo, root};
use serde_json::{Value, json as value};
use std::io::Write as _;
use std::process::{Command, Stdio};

/// What `InferenceClient(model=url)` answers to each call, a method and its arguments.
fn ask(server: &Server, calls: &Value) -> Vec<Value> {
    #[allow(clippy::disallowed_methods, reason = "Python is no server of ours")]
    let mut python = Command::new(models().join("venv/bin/python"))
        .arg(root().join("host/tests/models/client.py"))
        .arg(&server.url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut stdin = python.stdin.take().expect("it is piped");
    stdin
        .write_all(calls.to_string().as_bytes())
        .expect("it reads");
    drop(stdin);
    let output = python.wait_with_output().expect("it ends");
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    let answer = |one: Value| match one.get("answer") {
        Some(answer) => answer.clone(),
        None => panic!("{one}"),
    };
    answers.into_iter().map(answer).collect()
}

#[test]
fn the_inference_client_embeds_and_compares() {
    let lines = "task: feature-extraction
preprocess: { plugin: tokenize-text }
postprocess: { plugin: pool-embedding }";
    let (server, _folder) = serve("minilm-int8", "onnx/model.onnx", lines);
    let texts = json("reference/texts.json");
    let answers = ask(
        &server,
        &value!([
            {"task": "feature_extraction", "arguments": {"text": texts[0]}},
            {"task": "feature_extraction", "arguments": {"text": texts[0], "normalize": true}},
            {"task": "sentence_similarity", "arguments": {
                "sentence": "The price is cut.", "other_sentences": ["The price is cut.", "Mars"],
            }},
        ]),
    );
    let expected = &json("reference/minilm-int8-embeddings.json")[0];
    assert_close(&answers[0], expected, 1e-4);
    assert_close(&answers[1], expected, 1e-4);
    assert_close(&answers[2][0], &value!(1.0), 1e-4);
}

#[test]
fn the_inference_client_asks_what_is_served() {
    let server = Server::start(&demo());
    let calls = value!([
        {"task": "health_check", "arguments": {}},
        {"task": "get_endpoint_info", "arguments": {}},
    ]);
    let answers = ask(&server, &calls);
    assert_eq!(answers[0], true);
    assert_eq!(answers[1]["model_id"], "retail-demand");
    assert_eq!(answers[1]["model_pipeline_tag"], "time-series-forecasting");
    assert!(answers[1]["model_sha"].is_null());
}

#[test]
fn the_inference_client_labels_texts_and_tokens() {
    let lines = "task: text-classification
preprocess: { plugin: tokenize-text }
postprocess: { plugin: label-text }";
    let (server, _folder) = serve("tiny-sentiment", "onnx/model.onnx", lines);
    let answers = ask(
        &server,
        &value!([
            {"task": "text_classification", "arguments": {"text": "The juice is wonderful."}},
            {"task": "text_classification", "arguments": {"text": "What a terrible film!", "top_k": 1}},
        ]),
    );
    assert_eq!(answers[0][0]["label"], "POSITIVE");
    assert_eq!(answers[1].as_array().map(Vec::len), Some(1));

    let lines = "task: token-classification
preprocess: { plugin: tokenize-text }
postprocess: { plugin: label-tokens }";
    let (server, _folder) = serve("rampart", "onnx/model.onnx", lines);
    let text = "My name is Alex Rivera and my SSN is 472-81-0094.";
    let answers = ask(
        &server,
        &value!([
            {"task": "token_classification", "arguments": {"text": text, "aggregation_strategy": "simple"}},
        ]),
    );
    assert_eq!(answers[0][0]["entity_group"], "GIVEN_NAME");
    assert_eq!(answers[0][0]["start"], 11);
}

#[test]
fn the_inference_client_classifies_pictures_and_tables() {
    let lines = "task: image-classification
preprocess: { plugin: resize-image }
postprocess: { plugin: label-image }";
    let (server, _folder) = serve("tiny-image", "onnx/model.onnx", lines);
    let image = models().join("tiny-image/green.png");
    let answers = ask(
        &server,
        &value!([
            {"task": "image_classification", "arguments": {"image": image}},
            {"task": "image_classification", "arguments": {"image": image, "top_k": 1}},
        ]),
    );
    assert_eq!(answers[0][0]["label"], "green");
    assert_eq!(answers[0].as_array().map(Vec::len), Some(3));
    assert_eq!(answers[1].as_array().map(Vec::len), Some(1));

    let lines = "task: tabular-classification
preprocess: { plugin: table-row, config: { columns: [size, age, rooms] } }
postprocess: { plugin: table-row, config: { columns: [size, age, rooms] } }";
    let (server, _folder) = serve("tiny-classes", "model.onnx", lines);
    let one = &json("tiny-classes/expected.json")[0];
    let answers = ask(
        &server,
        &value!([
            {"task": "tabular_classification", "arguments": {"table": one["request"]["table"]}},
        ]),
    );
    assert_eq!(answers[0], one["answer"]);
}
