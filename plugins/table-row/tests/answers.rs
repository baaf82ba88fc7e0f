//! Predictions become Hugging Face's flat list, one a row.

mod common;

use common::{Plugin, init, model, port, regressor};
use modelhost_plugin::{Data, Port};
use serde_json::{Value, json};

fn answering(config: Value, outputs: &[Port]) -> Plugin {
    answering_with(config, None, outputs)
}

fn answering_with(config: Value, file: Option<Value>, outputs: &[Port]) -> Plugin {
    let model = model(&[port("X", "f32", &[-1, 2])], outputs);
    init(&config, file.as_ref(), &model).expect("a right configuration")
}

fn refusal(config: Value, outputs: &[Port]) -> String {
    let model = model(&[port("X", "f32", &[-1, 2])], outputs);
    init(&config, None, &model).err().expect("must be refused")
}

#[test]
fn one_float_a_row_is_a_number() {
    for shape in [&[-1, 1][..], &[-1], &[-1, -1]] {
        let plugin = answering(Value::Null, &[port("variable", "f32", shape)]);
        let answered = plugin.answer("variable", &[3, 1], Data::F32(vec![0.1, -2.0, 3e7]));
        assert_eq!(answered, Ok(json!([0.1, -2.0, 3e7])));
        let answered = plugin.answer("variable", &[1], Data::F64(vec![0.1]));
        assert_eq!(answered, Ok(json!([0.1])));
        let answered = plugin.answer("variable", &[2, 1], Data::F16(vec![0x3c00, 0xc100]));
        assert_eq!(answered, Ok(json!([1.0, -2.5])));
    }
}

#[test]
fn numbers_are_scaled_moved_and_rounded_as_configured() {
    let plugin = answering(
        json!({"scale": 100, "offset": 0.5, "round": 1}),
        &[port("y", "f32", &[-1, 1])],
    );
    let answered = plugin.answer("y", &[4, 1], Data::F32(vec![0.1234, -0.005, -0.0052, 1e30]));
    let answered = answered.expect("numbers");
    assert_eq!(
        answered.as_array().expect("a list")[..3],
        [json!(12.8), json!(0.0), json!(0.0)]
    );
    assert!(!answered.to_string().contains("-0"), "{answered}");
    let several = answering(
        json!({"answer": "numbers", "round": 0}),
        &[port("y", "f32", &[-1, 2])],
    );
    let answered = several.answer("y", &[2, 2], Data::F32(vec![1.4, 2.6, 3.0, 4.0]));
    assert_eq!(answered, Ok(json!([[1.0, 3.0], [3.0, 4.0]])));
}

/// skl2onnx gives a classifier's labels and, beside them, their probabilities.
#[test]
fn the_labels_of_a_classifier_are_its_prediction() {
    let outputs = |dtype| {
        [
            port("label", dtype, &[-1]),
            port("probabilities", "f32", &[-1, 3]),
        ]
    };
    let numbered = answering(Value::Null, &outputs("s64"));
    assert_eq!(
        numbered.answer("label", &[3], Data::S64(vec![2, 0, 1])),
        Ok(json!([2, 0, 1]))
    );
    let texts = answering(Value::Null, &outputs("text"));
    let data = Data::Text(vec!["setosa".into(), "virginica".into()]);
    assert_eq!(
        texts.answer("label", &[2], data),
        Ok(json!(["setosa", "virginica"]))
    );
    let named = answering(json!({"labels": ["low", "mid", "high"]}), &outputs("s64"));
    assert_eq!(
        named.answer("label", &[2, 1], Data::S64(vec![2, 0])),
        Ok(json!(["high", "low"]))
    );
    let file = json!({"id2label": {"0": "no", "1": "yes"}});
    let read = answering_with(Value::Null, Some(file), &outputs("boolean"));
    assert_eq!(
        read.answer("label", &[2], Data::Boolean(vec![1, 0])),
        Ok(json!(["yes", "no"]))
    );
}

#[test]
fn several_floats_a_row_are_scores_and_the_best_label_is_answered() {
    let outputs = [port("logits", "f32", &[-1, 3])];
    let scores = || Data::F32(vec![0.1, 0.7, 0.2, 5.0, 5.0, -1.0]);
    let numbered = answering(Value::Null, &outputs);
    assert_eq!(
        numbered.answer("logits", &[2, 3], scores()),
        Ok(json!([1, 0]))
    );
    let named = answering(json!({"labels": ["a", "b", "c"]}), &outputs);
    assert_eq!(
        named.answer("logits", &[2, 3], scores()),
        Ok(json!(["b", "a"]))
    );
    // Where the signature leaves the width open, the tensor says it.
    let open = answering(Value::Null, &[port("y", "f32", &[-1, -1])]);
    assert_eq!(open.answer("y", &[2, 3], scores()), Ok(json!([1, 0])));
    assert_eq!(
        open.answer("y", &[6, 1], scores()).expect("numbers")[1],
        json!(0.7)
    );
}

/// skl2onnx calls it so.
#[test]
fn several_targets_of_a_regressor_are_numbers() {
    let plugin = answering(Value::Null, &[port("variable", "f32", &[-1, 2])]);
    let answered = plugin.answer("variable", &[1, 2], Data::F32(vec![0.5, 1.5]));
    assert_eq!(answered, Ok(json!([[0.5, 1.5]])));
}

#[test]
fn scores_are_answered_with_their_labels_where_they_are_asked_for() {
    let outputs = [
        port("label", "s64", &[-1]),
        port("probabilities", "f32", &[-1, 2]),
    ];
    let plugin = answering(
        json!({"answer": "scores", "labels": ["no", "yes"], "round": 2}),
        &outputs,
    );
    let answered = plugin.answer("probabilities", &[1, 2], Data::F32(vec![0.251, 0.749]));
    assert_eq!(
        answered,
        Ok(json!([[{"label": "yes", "score": 0.75}, {"label": "no", "score": 0.25}]]))
    );
    let plain = answering(json!({"answer": "scores"}), &outputs);
    let answered = plain.answer("probabilities", &[1, 2], Data::F32(vec![0.9, 0.1]));
    assert_eq!(
        answered,
        Ok(json!([[{"label": "LABEL_0", "score": 0.9}, {"label": "LABEL_1", "score": 0.1}]]))
    );
}

#[test]
fn an_answer_that_json_cannot_hold_is_the_models_fault() {
    let plugin = answering(Value::Null, &[port("y", "f32", &[-1, 1])]);
    let nan = plugin.fault("y", &[2, 1], Data::F32(vec![1.0, f32::NAN]));
    assert_eq!(nan, "the model's answer to row 1 is no number");
    assert!(
        plugin
            .fault("y", &[1], Data::F64(vec![f64::INFINITY]))
            .contains("row 0 is no number")
    );
    assert!(
        plugin
            .fault("y", &[3, 1], Data::F32(vec![1.0]))
            .contains("which its elements do not fit")
    );
    assert!(
        plugin
            .fault("y", &[u32::MAX, u32::MAX], Data::F32(vec![1.0]))
            .contains("do not fit")
    );
    assert!(
        plugin
            .fault("y", &[1, 1, 1], Data::F32(vec![1.0]))
            .contains("has the shape [1, 1, 1]")
    );
    assert!(
        plugin
            .fault("y", &[0, 0], Data::F32(vec![]))
            .contains("has the shape [0, 0]")
    );
    assert!(
        plugin
            .fault("z", &[1], Data::F32(vec![1.0]))
            .starts_with("no tensor `y`")
    );
    assert!(
        plugin
            .fault("y", &[1], Data::Text(vec!["a".into()]))
            .contains("set `answer: labels`")
    );
    assert_eq!(
        plugin.answer("y", &[0, 1], Data::F32(vec![])),
        Ok(json!([]))
    );
    let named = answering(
        json!({"labels": ["a", "b"]}),
        &[port("label", "s64", &[-1])],
    );
    for class in [2, -1] {
        let message = named.fault("label", &[1], Data::S64(vec![class]));
        assert_eq!(
            message,
            format!(
                "the model's answer to row 0 is the class {class}, which has no name; mend `labels`"
            )
        );
    }
    let scores = answering(Value::Null, &[port("y", "f32", &[-1, 2])]);
    let message = scores.fault("y", &[1, 2], Data::F32(vec![f32::NAN, 1.0]));
    assert!(
        message.contains("row 0 in `y` has a score that is no number"),
        "{message}"
    );
}

#[test]
fn a_wrong_configuration_of_the_answer_says_what_the_model_has() {
    let two = [port("a", "f32", &[-1, 1]), port("b", "f32", &[-1, 1])];
    assert_eq!(
        refusal(json!({"output": "c"}), &two),
        "/output: the model has no output `c`; it has: a f32, b f32"
    );
    assert_eq!(
        refusal(json!({"round": 1}), &two),
        "/output: is missing: name the output that is the prediction; the model has: a f32, b f32"
    );
    let number = [port("y", "f32", &[-1, 1])];
    assert!(
        refusal(json!({"answer": "labels"}), &number)
            .starts_with("/answer: `y` is one float a row")
    );
    assert!(
        refusal(json!({"answer": "scores"}), &number).starts_with("/answer: `y` has no scores")
    );
    let label = [port("label", "text", &[-1])];
    assert!(refusal(json!({"answer": "numbers"}), &label).starts_with("/answer: `label` is text"));
    assert_eq!(
        refusal(json!({"round": 1}), &label),
        "/round: is for numbers, but this model answers labels"
    );
    let scores = [port("y", "f32", &[-1, 3])];
    assert_eq!(
        refusal(json!({"labels": ["a"]}), &scores),
        "/labels: names 1, but `y` has 3 classes"
    );
    assert_eq!(
        refusal(json!({"labels": []}), &scores),
        "/labels: is empty; name every class, or leave it out"
    );
    assert_eq!(
        refusal(json!({"round": 13, "answer": "numbers"}), &scores),
        "/round: must be between 0 and 12 digits"
    );
}

#[test]
fn both_stages_are_described_for_a_plain_model() {
    let plugin = init(&Value::Null, None, &regressor()).expect("four numbers in, one out");
    assert!(plugin.description.inputs.is_some() && plugin.description.outputs.is_some());
    assert_eq!(plugin.description.parameters, None);
}
