//! What the caller is answered for a model's output.

use label_text::LabelText;
use modelhost_plugin::text::{Form, Row, Texts};
use modelhost_plugin::{
    Asset, Assets, Data, Description, Error, Plugin, Port, Postprocess, Result, Signature, Tensor,
    Tensors,
};
use serde_json::{Value, json};

fn signature(classes: Option<u32>) -> Signature {
    let port = Port {
        name: "logits".into(),
        dtype: "f32".into(),
        shape: Some(vec![None, classes]),
    };
    Signature {
        inputs: Vec::new(),
        outputs: vec![port],
    }
}

fn init(config: &Value, file: &Value, classes: Option<u32>) -> Result<(LabelText, Description)> {
    let asset = Asset {
        name: "config.json".into(),
        data: file.to_string().into_bytes(),
    };
    LabelText::init(
        &config.to_string(),
        Assets(vec![asset]),
        &signature(classes),
    )
}

/// A plugin whose labels are those of a sentiment model's `config.json`.
fn sentiment(config: Value) -> (LabelText, Description) {
    let file = json!({"id2label": {"0": "NEGATIVE", "1": "POSITIVE"}, "problem_type": null});
    init(&config, &file, Some(2)).expect("a right configuration")
}

fn context(form: Form, rows: usize) -> Vec<u8> {
    let rows = vec![Row::default(); rows];
    Texts { form, rows }.to_context()
}

fn logits(shape: [usize; 2], data: &[f32]) -> Tensors {
    Tensors(vec![("logits".into(), Tensor::f32(&shape, data.to_vec()))])
}

fn ask(plugin: &LabelText, outputs: Tensors, form: Form, parameters: &Value) -> Value {
    let rows = outputs.tensor("logits").expect("logits").shape[0] as usize;
    let text = plugin
        .run(outputs, &context(form, rows), &parameters.to_string())
        .expect("an answer");
    serde_json::from_str(&text).expect("JSON")
}

fn fault(plugin: &LabelText, outputs: Tensors, context: &[u8]) -> String {
    match plugin.run(outputs, context, "{}") {
        Err(Error::Internal(message)) => message,
        other => panic!("must be a fault, not {other:?}"),
    }
}

#[test]
fn one_text_is_a_list_in_a_list_with_the_best_label_first() {
    let (plugin, _) = sentiment(json!(null));
    let answer = ask(
        &plugin,
        logits([1, 2], &[0.0, 200.0]),
        Form::Single,
        &json!({}),
    );
    assert_eq!(
        answer,
        json!([[{"label": "POSITIVE", "score": 1.0}, {"label": "NEGATIVE", "score": 0.0}]])
    );
}

#[test]
fn a_list_of_texts_is_one_list_a_text() {
    let (plugin, _) = sentiment(json!(null));
    let outputs = logits([2, 2], &[0.0, 0.0, 200.0, 0.0]);
    assert_eq!(
        ask(&plugin, outputs, Form::Batch, &json!({})),
        json!([
            [{"label": "NEGATIVE", "score": 0.5}, {"label": "POSITIVE", "score": 0.5}],
            [{"label": "NEGATIVE", "score": 1.0}, {"label": "POSITIVE", "score": 0.0}],
        ])
    );
    let none = logits([0, 2], &[]);
    assert_eq!(ask(&plugin, none, Form::Batch, &json!({})), json!([]));
}

#[test]
fn scores_are_written_as_the_shortest_decimal_of_a_float() {
    let (plugin, _) = sentiment(json!({"function": "none"}));
    let text = plugin.run(
        logits([1, 2], &[0.1, 1e-8]),
        &context(Form::Single, 1),
        "{}",
    );
    assert_eq!(
        text.expect("an answer"),
        r#"[[{"label":"NEGATIVE","score":0.1},{"label":"POSITIVE","score":1e-8}]]"#
    );
}

#[test]
fn top_k_and_the_function_are_the_requests_before_the_configurations() {
    let (plugin, _) = sentiment(json!({"top_k": 1, "function": "sigmoid"}));
    let outputs = || logits([1, 2], &[0.0, -3.5]);
    assert_eq!(
        ask(&plugin, outputs(), Form::Single, &json!({})),
        json!([[{"label": "NEGATIVE", "score": 0.5}]])
    );
    let asked = json!({"top_k": 9, "function_to_apply": "none"});
    assert_eq!(
        ask(&plugin, outputs(), Form::Single, &asked),
        json!([[{"label": "NEGATIVE", "score": 0.0}, {"label": "POSITIVE", "score": -3.5}]])
    );
}

#[test]
fn the_function_is_that_of_the_problem_where_nobody_names_one() {
    let score = |file: Value, classes: usize| {
        let (plugin, _) = init(&json!({}), &file, None).expect("right");
        let outputs = logits([1, classes], &vec![0.0; classes]);
        ask(&plugin, outputs, Form::Single, &json!({}))[0][0]["score"].clone()
    };
    assert_eq!(score(json!({}), 4), 0.25);
    assert_eq!(score(json!({}), 1), 0.5);
    let many = json!({"problem_type": "multi_label_classification"});
    assert_eq!(score(many, 4), 0.5);
    assert_eq!(score(json!({"problem_type": "regression"}), 1), 0.0);
}

#[test]
fn classes_without_names_are_numbered() {
    let (plugin, _) = init(&json!({}), &json!({}), None).expect("right");
    let answer = ask(
        &plugin,
        logits([1, 3], &[0.0, 0.0, 200.0]),
        Form::Single,
        &json!({}),
    );
    assert_eq!(answer[0][0]["label"], "LABEL_2");
}

#[test]
fn halves_and_doubles_are_read_as_floats_are() {
    let (plugin, _) = init(&json!({"function": "none"}), &json!({}), None).expect("right");
    let datas = [
        Data::F16(vec![0x3c00, 0xc000]),
        Data::Bf16(vec![0x3f80, 0xc000]),
        Data::F64(vec![1.0, -2.0]),
    ];
    for data in datas {
        let shape = vec![1, 2];
        let outputs = Tensors(vec![("logits".into(), Tensor { shape, data })]);
        assert_eq!(
            ask(&plugin, outputs, Form::Single, &json!({})),
            json!([[{"label": "LABEL_0", "score": 1.0}, {"label": "LABEL_1", "score": -2.0}]])
        );
    }
}

#[test]
fn pairs_that_are_ranked_are_a_flat_list_of_scores() {
    let (plugin, _) = init(&json!({}), &json!({}), Some(1)).expect("right");
    let outputs = logits([3, 1], &[0.0, 200.0, -200.0]);
    assert_eq!(
        ask(&plugin, outputs, Form::Ranking, &json!({})),
        json!([0.5, 1.0, 0.0])
    );
    let outputs = logits([2, 1], &[0.5, -3.0]);
    let none = json!({"function_to_apply": "none"});
    assert_eq!(
        ask(&plugin, outputs, Form::Ranking, &none),
        json!([0.5, -3.0])
    );

    let (plugin, _) = sentiment(json!({"score": "POSITIVE"}));
    let outputs = logits([2, 2], &[0.0, 200.0, 0.0, 0.0]);
    assert_eq!(
        ask(&plugin, outputs, Form::Ranking, &json!({"top_k": 1})),
        json!([1.0, 0.5])
    );
}

#[test]
fn a_ranking_by_many_classes_or_of_single_texts_is_a_fault_that_says_what_to_do() {
    let (plugin, _) = sentiment(json!({}));
    let outputs = || logits([2, 2], &[0.0; 4]);
    assert!(
        fault(&plugin, outputs(), &context(Form::Ranking, 2))
            .contains("the model has 2 classes; set `score`")
    );
    assert!(
        fault(&plugin, outputs(), &context(Form::Similarity, 2))
            .contains("let the preprocess plugin write pairs")
    );
    let (plugin, _) = init(&json!({"score": "LABEL_7"}), &json!({}), None).expect("right");
    assert!(fault(&plugin, outputs(), &context(Form::Ranking, 2)).contains("has 2 classes"));
}

#[test]
fn a_model_or_a_context_that_does_not_fit_is_a_fault_that_says_why() {
    let (plugin, _) = sentiment(json!({}));
    let single = context(Form::Single, 1);
    assert_eq!(
        fault(&plugin, logits([1, 3], &[0.0; 3]), &single),
        "tensor `logits` has the shape [1, 3]; it must be [1, 2]: rows, classes"
    );
    assert!(
        fault(&plugin, logits([1, 2], &[0.0; 2]), &context(Form::Batch, 3))
            .contains("it must be [3, 2]")
    );
    assert!(fault(&plugin, logits([0, 2], &[]), &single).contains("it must be [1, 2]"));
    assert!(
        fault(&plugin, logits([0, 2], &[]), &context(Form::Single, 0)).contains("it has 0 rows")
    );
    assert!(fault(&plugin, logits([1, 0], &[]), &single).contains("it must be [1, 2]"));
    let deep = Tensors(vec![(
        "logits".into(),
        Tensor::f32(&[1, 1, 2], vec![0.0; 2]),
    )]);
    assert!(fault(&plugin, deep, &single).contains("must have 2 axes"));
    let lying = Tensor {
        shape: vec![1, u32::MAX],
        data: Data::F32(vec![0.0]),
    };
    let lying = Tensors(vec![("logits".into(), lying)]);
    assert!(fault(&plugin, lying, &single).contains("does not fit"));
    assert_eq!(
        fault(&plugin, Tensors::default(), &single),
        "no tensor `logits`; the model answers: none"
    );
    assert_eq!(
        fault(&plugin, logits([1, 2], &[0.0, f32::NAN]), &single),
        "the model's answer to row 0 has a logit that is no number"
    );
    assert!(fault(&plugin, logits([1, 2], &[0.0; 2]), b"1").contains("tokenize-text"));
}

#[test]
fn a_wrong_configuration_or_parameter_names_the_field() {
    let refusal = |config: Value| {
        init(&config, &json!({}), Some(2))
            .expect_err("must be refused")
            .to_string()
    };
    assert_eq!(
        refusal(json!({"labels": ["a", "b", "c"]})),
        "/labels: names 3, but the model's output `logits` has 2 classes"
    );
    assert_eq!(
        refusal(json!({"labels": ["a", "b"], "score": "c"})),
        "/score: the model has no class `c`; name one of its labels"
    );
    assert!(refusal(json!({"score": "LABEL_2"})).starts_with("/score: "));
    assert_eq!(
        refusal(json!({"function": "tanh"})),
        "/function: must be one of `softmax`, `sigmoid`, `none`, not `tanh`"
    );
    assert_eq!(refusal(json!({"top_k": 0})), "/top_k: must be 1 or more");
    assert!(refusal(json!({"label": []})).starts_with("/label: is not a known field"));
    assert!(refusal(json!({"tensor": "scores"})).contains("it has: logits f32 [?, 2]"));

    let (plugin, _) = sentiment(json!({}));
    let outputs = logits([1, 2], &[0.0; 2]);
    match plugin.run(outputs, &context(Form::Single, 1), r#"{"top_k": "all"}"#) {
        Err(Error::Invalid(invalid)) => assert_eq!(
            invalid.to_string(),
            "/parameters/top_k: must be a whole number, 0 or more, not string \"all\""
        ),
        other => panic!("must be refused, not {other:?}"),
    }
}

#[test]
fn the_schemas_are_json_schemas_and_describe_the_answer() {
    let schema = |text: Option<String>| -> Value {
        serde_json::from_str(&text.expect("described")).expect("JSON")
    };
    let (plugin, description) = sentiment(json!({"score": "POSITIVE", "top_k": 2}));
    let outputs = schema(description.outputs);
    let parameters = schema(description.parameters);
    for schema in [&outputs, &parameters] {
        assert!(
            jsonschema::draft202012::meta::validate(schema).is_ok(),
            "{schema}"
        );
    }
    assert_eq!(parameters["properties"]["top_k"]["default"], 2);
    let function = &parameters["properties"]["function_to_apply"];
    assert_eq!(function["default"], "softmax");
    for form in [Form::Batch, Form::Ranking] {
        let answer = ask(&plugin, logits([2, 2], &[0.5; 4]), form, &json!({}));
        assert!(jsonschema::is_valid(&outputs, &answer), "{answer}");
    }
    assert!(!jsonschema::is_valid(&parameters, &json!({"top_k": 0})));
    let asked = json!({"top_k": 3, "function_to_apply": "none"});
    assert!(jsonschema::is_valid(&parameters, &asked));
    let (_, description) = sentiment(json!({}));
    assert!(!jsonschema::is_valid(
        &schema(description.outputs),
        &json!([0.5])
    ));
}
