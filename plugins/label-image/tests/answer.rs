//! What the caller is answered for a model's output.

use label_image::LabelImage;
use modelhost_plugin::{
    Asset, Assets, Data, Description, Error, Plugin, Port, Postprocess, Result, Signature, Tensor,
    Tensors,
};
use serde_json::{Value, json};

fn init(config: &Value, classes: Option<u32>) -> Result<(LabelImage, Description)> {
    let port = Port {
        name: "output".into(),
        dtype: "f32".into(),
        shape: Some(vec![None, classes]),
    };
    let model = Signature {
        inputs: Vec::new(),
        outputs: vec![port],
    };
    let names: Vec<String> = (0..7).map(|i| format!("class {i}")).collect();
    let names = json!({"label_names": names}).to_string();
    let asset = Asset {
        name: "config.json".into(),
        data: names.into_bytes(),
    };
    LabelImage::init(&config.to_string(), Assets(vec![asset]), &model)
}

fn plugin(config: Value) -> (LabelImage, Description) {
    init(&config, Some(7)).expect("a right configuration")
}

fn logits(rows: usize) -> Tensors {
    let row = [1.0, 7.0, 3.0, 90.0, 5.0, 2.0, 6.0];
    let logits = Tensor::f32(&[rows, 7], row.repeat(rows));
    Tensors(vec![("output".into(), logits)])
}

fn ask(plugin: &LabelImage, rows: usize, context: &[u8], parameters: &str) -> Value {
    let text = plugin.run(logits(rows), context, parameters);
    serde_json::from_str(&text.expect("an answer")).expect("JSON")
}

fn fault(outputs: Tensors, context: &[u8]) -> String {
    match plugin(json!({})).0.run(outputs, context, "{}") {
        Err(Error::Internal(message)) => message,
        other => panic!("must be a fault, not {other:?}"),
    }
}

#[test]
fn one_picture_is_a_flat_list_of_the_five_best_labels() {
    let (plugin, _) = plugin(json!(null));
    let answer = ask(&plugin, 1, b"1", "{}");
    let labels = answer.as_array().expect("a list").iter();
    let labels: Vec<&Value> = labels.map(|label| &label["label"]).collect();
    assert_eq!(
        labels,
        ["class 3", "class 1", "class 6", "class 4", "class 2"]
    );
    assert_eq!(answer[0], json!({"label": "class 3", "score": 1.0}));
}

#[test]
fn a_list_of_pictures_is_one_list_a_picture_even_of_one_or_none() {
    let (plugin, _) = plugin(json!({"top_k": 1}));
    let one = json!([{"label": "class 3", "score": 1.0}]);
    assert_eq!(ask(&plugin, 2, b"n", "{}"), json!([one, one]));
    assert_eq!(ask(&plugin, 1, b"n", "{}"), json!([one]));
    assert_eq!(ask(&plugin, 0, b"n", "{}"), json!([]));
}

#[test]
fn the_request_says_how_many_labels_and_by_which_function() {
    let (plugin, _) = plugin(json!({}));
    let asked = r#"{"top_k": 2, "function_to_apply": "none"}"#;
    assert_eq!(
        ask(&plugin, 1, b"1", asked),
        json!([{"label": "class 3", "score": 90.0}, {"label": "class 1", "score": 7.0}])
    );
}

#[test]
fn ten_thousand_classes_are_sorted_only_as_far_as_they_are_answered() {
    let labels: Vec<String> = (0..21_841).map(|i| format!("c{i}")).collect();
    let (plugin, _) = init(&json!({"labels": labels, "function": "none"}), None).expect("right");
    // A permutation, because 21841 is prime.
    let data: Vec<f32> = (0..21_841).map(|i| (i * 7919 % 21_841) as f32).collect();
    let outputs = Tensors(vec![("output".into(), Tensor::f32(&[1, 21_841], data))]);
    let answer: Value =
        serde_json::from_str(&plugin.run(outputs, b"1", "{}").expect("an answer")).expect("JSON");
    let scores: Vec<f64> = answer
        .as_array()
        .expect("a list")
        .iter()
        .map(|label| label["score"].as_f64().expect("a number"))
        .collect();
    assert_eq!(scores, [21840.0, 21839.0, 21838.0, 21837.0, 21836.0]);
}

#[test]
fn a_model_or_a_context_that_does_not_fit_is_a_fault_that_says_why() {
    let output = |tensor| Tensors(vec![("output".into(), tensor)]);
    assert_eq!(
        fault(logits(2), b"1"),
        "tensor `output` has the shape [2, 7]; it must be [1, 7]: rows, classes"
    );
    assert!(fault(logits(0), b"1").contains("it must be [1, 7]"));
    assert!(fault(logits(1), b"").contains("resize-image"));
    assert!(fault(logits(1), b"2").contains("resize-image"));
    let few = Tensor::f32(&[1, 6], vec![0.0; 6]);
    assert!(fault(output(few), b"n").contains("it must be [1, 7]"));
    let deep = Tensor::f32(&[1, 7, 1, 1], vec![0.0; 7]);
    assert!(fault(output(deep), b"1").contains("must have 2 axes"));
    let scalar = Tensor::f32(&[], vec![0.0]);
    assert!(fault(output(scalar), b"n").contains("must have 2 axes"));
    let bytes = Tensor::of(&[1, 7], vec![0_u8; 7]);
    assert!(fault(output(bytes), b"1").contains("must be floats, not u8"));
    let lying = Tensor {
        shape: vec![u32::MAX, 7],
        data: Data::F32(vec![0.0; 7]),
    };
    assert!(fault(output(lying), b"n").contains("does not fit"));
    let odd = Tensor::f32(&[1, 7], vec![f32::INFINITY; 7]);
    assert_eq!(
        fault(output(odd), b"1"),
        "the model's answer to row 0 has a logit that is no number"
    );
    assert!(fault(Tensors::default(), b"1").contains("no tensor `output`"));
}

#[test]
fn a_wrong_configuration_or_parameter_names_the_field() {
    let refusal = |config: Value| init(&config, Some(7)).expect_err("wrong").to_string();
    assert!(refusal(json!({"labels": ["a"]})).starts_with("/labels: names 1, but"));
    assert!(refusal(json!({"top_k": 0})).starts_with("/top_k: "));
    assert!(refusal(json!({"score": "a"})).starts_with("/score: is not a known field"));
    assert_eq!(
        init(&json!({}), Some(8)).expect_err("wrong").to_string(),
        "config.json names 7 classes, but the model's output `output` has 8 classes; set `labels` to their names"
    );
    match plugin(json!({})).0.run(logits(1), b"1", r#"{"top_k": 0}"#) {
        Err(Error::Invalid(invalid)) => {
            assert_eq!(invalid.to_string(), "/parameters/top_k: must be 1 or more");
        }
        other => panic!("must be refused, not {other:?}"),
    }
}

#[test]
fn the_schemas_are_json_schemas_and_describe_the_answer() {
    let (plugin, description) = plugin(json!({}));
    let schema = |text: Option<String>| -> Value {
        serde_json::from_str(&text.expect("described")).expect("JSON")
    };
    let outputs = schema(description.outputs);
    let parameters = schema(description.parameters);
    for schema in [&outputs, &parameters] {
        assert!(
            jsonschema::draft202012::meta::validate(schema).is_ok(),
            "{schema}"
        );
    }
    assert_eq!(parameters["properties"]["top_k"]["default"], 5);
    for (rows, context) in [(1, b"1"), (2, b"n"), (0, b"n")] {
        let answer = ask(&plugin, rows, context, "{}");
        assert!(jsonschema::is_valid(&outputs, &answer), "{answer}");
    }
}
