//! Labels of texts, tokens, pictures and tables, as transformers' pipelines give them.
//! Must not know plugins.

use super::{assert_close, json, models, serve};
use serde_json::{Value, json as value};

const TEXT: &str = "task: text-classification
preprocess: { plugin: tokenize-text }
postprocess: { plugin: label-text }";

#[tokio::test(flavor = "multi_thread")]
async fn a_guard_scores_prompts_as_onnxruntime_does() {
    let lines = "task: text-classification
preprocess: { plugin: tokenize-text, config: { max_length: 512, padding: { to: 512 } } }
postprocess: { plugin: label-text }";
    let (server, _folder) = serve("nanoguard", "model.onnx", lines);
    for one in json("reference/nanoguard-scores.json")
        .as_array()
        .expect("a list")
    {
        let answer = server
            .post("/", &value!({"inputs": one["text"]}))
            .await
            .json();
        for label in answer[0].as_array().expect("labels") {
            let name = label["label"].as_str().expect("a name");
            assert_close(&label["score"], &one["scores"][name], 1e-4);
        }
    }
}

/// Every aggregation strategy, as transformers' own pipeline answers; only the words are the text's own, not the decoder's.
#[tokio::test(flavor = "multi_thread")]
async fn entities_are_those_of_transformers_by_every_strategy() {
    let lines = "task: token-classification
preprocess: { plugin: tokenize-text }
postprocess: { plugin: label-tokens }";
    let (server, _folder) = serve("rampart", "onnx/model.onnx", lines);
    let golden = include_str!("../../models/aggregated.json");
    let golden: Vec<Value> = serde_json::from_str(golden).expect("it is JSON");
    for one in golden {
        for (strategy, expected) in one["answers"].as_object().expect("by strategy") {
            let request = value!({
                "inputs": one["text"],
                "parameters": {"aggregation_strategy": strategy},
            });
            let mut found = server.post("/", &request).await.json();
            let mut expected = expected.clone();
            without_words(&mut found);
            without_words(&mut expected);
            assert_close(&found, &expected, 1e-4);
        }
    }
}

/// The words of entities are the text's own here, and the decoder's there.
fn without_words(answer: &mut Value) {
    match answer {
        Value::Array(list) => list.iter_mut().for_each(without_words),
        Value::Object(fields) => drop(fields.remove("word")),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn small_models_of_every_task_answer_as_their_makers_say() {
    for (name, file, lines) in [
        ("tiny-sentiment", "onnx/model.onnx", TEXT.to_owned()),
        ("tiny-ranker", "onnx/model.onnx", TEXT.replace("tokenize-text", "tokenize-text, config: { pairs: true }")),
        (
            "tiny-entities",
            "onnx/model.onnx",
            TEXT.replace("text-classification", "token-classification")
                .replace("label-text", "label-tokens"),
        ),
        (
            "tiny-table",
            "model.onnx",
            "task: tabular-regression\npreprocess: { plugin: table-row, config: { columns: [size, age, rooms] } }\npostprocess: { plugin: table-row, config: { columns: [size, age, rooms] } }".to_owned(),
        ),
        (
            "tiny-classes",
            "model.onnx",
            "task: tabular-classification\npreprocess: { plugin: table-row, config: { columns: [size, age, rooms] } }\npostprocess: { plugin: table-row, config: { columns: [size, age, rooms] } }".to_owned(),
        ),
    ] {
        let (server, _folder) = serve(name, file, &lines);
        for one in json(format!("{name}/expected.json")).as_array().expect("a list") {
            let answer = server.post("/", &one["request"]).await;
            assert_eq!(answer.status, 200, "{name}: {}", answer.text);
            let (mut found, mut expected) = (answer.json(), one["answer"].clone());
            without_words(&mut found);
            without_words(&mut expected);
            assert_close(&found, &expected, 1e-4);
        }
    }
}

const IMAGE: &str = "task: image-classification
preprocess: { plugin: resize-image }
postprocess: { plugin: label-image }
limits: { body_bytes: 8388608, plugin: { memory_mib: 256, deadline_ms: 20000 } }";

#[tokio::test(flavor = "multi_thread")]
async fn pictures_are_taken_as_they_are_and_as_base64() {
    use base64::Engine as _;
    let (server, _folder) = serve("tiny-image", "onnx/model.onnx", IMAGE);
    for one in json("tiny-image/expected.json").as_array().expect("a list") {
        let name = one["image"].as_str().expect("a file");
        let bytes = std::fs::read(models().join("tiny-image").join(name)).expect("it is there");
        let answer = server.send("/", "image/png", bytes.clone()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_close(&answer.json(), &one["answer"], 1e-3);
        let text = base64::engine::general_purpose::STANDARD.encode(bytes);
        let request = value!({"inputs": text, "parameters": {"top_k": 1}});
        let answer = server.post("/", &request).await.json();
        assert_close(&answer, &value!([one["answer"][0]]), 1e-3);
    }
    let refused = server.send("/", "image/png", "no picture").await;
    refused.refusal(422);
    let refused = server.send("/", "text/csv", "1,2").await;
    let (message, ..) = refused.refusal(415);
    assert!(message.contains("image/"), "{message}");
}

/// A page lies on its side; JPEG, PNG and WebP, scores as onnxruntime has them with Pillow's pixels.
#[tokio::test(flavor = "multi_thread")]
async fn a_real_image_model_answers_as_onnxruntime_does() {
    let lines = IMAGE.replace(
        "plugin: label-image",
        "plugin: label-image, config: { function: none }",
    );
    let (server, _folder) = serve("orientation", "model.onnx", &lines);
    for one in json("reference/orientation-scores.json")
        .as_array()
        .expect("a list")
    {
        let name = one["image"].as_str().expect("a file");
        let bytes = std::fs::read(models().join("orientation").join(name)).expect("it is there");
        let kind = name
            .rsplit('.')
            .next()
            .expect("an extension")
            .replace("jpg", "jpeg");
        let answer = server.send("/", &format!("image/{kind}"), bytes).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text);
        for label in answer.json().as_array().expect("labels") {
            let degrees = label["label"].as_str().expect("a name");
            assert_close(&label["score"], &one["scores"][degrees], 0.02);
        }
    }
}
