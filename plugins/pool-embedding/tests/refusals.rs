//! What is refused and what is a fault, and that the schemas say what is answered.

mod common;

use common::{MEAN, MODULES, ask, context, encoder, fault, hidden, init, plugin, port};
use modelhost_plugin::text::Form;
use modelhost_plugin::{Data, Error, Postprocess, Tensor, Tensors};
use serde_json::{Value, json};

#[test]
fn a_wrong_configuration_names_the_field() {
    let refusal = |config: Value, ports| {
        init(&config, &[], ports)
            .expect_err("must be refused")
            .to_string()
    };
    assert!(
        refusal(json!({"pooling": "median"}), encoder()).starts_with("/pooling: must be one of ")
    );
    assert_eq!(
        refusal(json!({"tensor": "hidden"}), encoder()),
        "/tensor: the model has no output `hidden`; it has: last_hidden_state f32 [?, ?, 2], pooler_output f32 [?, 2]"
    );
    assert_eq!(
        refusal(
            json!({"tensor": "pooler_output", "pooling": "mean"}),
            encoder()
        ),
        "/tensor: `pooler_output` is f32 [?, 2]; it must be floats [rows, tokens, width]"
    );
    assert_eq!(
        refusal(json!({}), vec![port("a", 3, None), port("b", 3, None)]),
        "/tensor: is missing: name the output that is floats [rows, tokens, width]; the model has: a f32 [?, ?, ?], b f32 [?, ?, ?]"
    );
    assert!(refusal(json!({"normalise": true}), encoder()).starts_with("/normalise: is not"));
}

#[test]
fn a_layer_behind_the_pooling_is_refused_where_the_graph_does_not_hold_it() {
    let dense = MODULES
        .replace("2_Normalize", "2_Dense")
        .replace("Normalize", "Dense");
    let files = [
        ("modules.json", dense.as_str()),
        ("1_Pooling/config.json", MEAN),
    ];
    let error = init(&json!({}), &files, encoder()).expect_err("must be refused");
    assert_eq!(
        error.to_string(),
        "/pooling: modules.json has a Dense module (2_Dense), which the model's graph does not hold; serve a graph with an output `sentence_embedding`, or name a pooling to answer the vectors before that module"
    );
    assert!(init(&json!({"pooling": "mean"}), &files, encoder()).is_ok());
}

#[test]
fn a_wrong_parameter_names_the_field() {
    let plugin = plugin(json!({}));
    let refusal = |parameters: &str| {
        let rows = context(Form::Single, &[(1, 0)]);
        match plugin.run(hidden([1, 1, 2], &[1.0, 2.0]), &rows, parameters) {
            Err(Error::Invalid(invalid)) => invalid.to_string(),
            other => panic!("must be refused, not {other:?}"),
        }
    };
    assert_eq!(
        refusal(r#"{"dimensions": 3}"#),
        "/parameters/dimensions: must be at most 2, not 3"
    );
    assert_eq!(
        refusal(r#"{"dimensions": 0}"#),
        "/parameters/dimensions: must be 1 or more"
    );
    assert!(refusal(r#"{"normalize": "yes"}"#).starts_with("/parameters/normalize: "));
}

#[test]
fn a_model_or_a_context_that_does_not_fit_is_a_fault_that_says_why() {
    let plugin = plugin(json!({}));
    let single = context(Form::Single, &[(3, 1)]);
    assert_eq!(
        fault(&plugin, hidden([1, 3, 2], &[0.0; 6]), &single),
        "tensor `last_hidden_state` has the shape [1, 3, 2]; it must be [1, at least 4, width]: rows, tokens, width"
    );
    assert!(fault(&plugin, hidden([2, 4, 2], &[0.0; 16]), &single).contains("it must be [1, "));
    assert!(fault(&plugin, hidden([0, 4, 2], &[]), &single).contains("it must be [1, "));
    assert!(fault(&plugin, hidden([1, 4, 0], &[]), &single).contains("it must be [1, "));
    let far = context(Form::Single, &[(3, u32::MAX)]);
    assert!(fault(&plugin, hidden([1, 3, 2], &[0.0; 6]), &far).contains("at least 4294967298"));
    let none = context(Form::Single, &[]);
    assert!(fault(&plugin, hidden([0, 4, 2], &[]), &none).contains("it has 0 rows"));
    let no_source = context(Form::Similarity, &[]);
    assert!(fault(&plugin, hidden([0, 4, 2], &[]), &no_source).contains("it has 0 rows"));
    let two = context(Form::Single, &[(1, 0); 2]);
    assert!(fault(&plugin, hidden([2, 1, 2], &[0.0; 4]), &two).contains("it has 2 rows"));
    let pairs = context(Form::Ranking, &[(1, 0)]);
    assert!(fault(&plugin, hidden([1, 1, 2], &[0.0; 2]), &pairs).contains("label-text"));
    assert!(fault(&plugin, hidden([1, 1, 2], &[0.0; 2]), b"{}").contains("tokenize-text"));

    let output = |tensor| Tensors(vec![("last_hidden_state".to_owned(), tensor)]);
    let flat = Tensor::f32(&[1, 2], vec![0.0; 2]);
    assert!(fault(&plugin, output(flat), &single).contains("must have 3 axes"));
    let ids = Tensor::s64(&[1, 4, 2], vec![0; 8]);
    assert!(fault(&plugin, output(ids), &single).contains("must be floats, not s64"));
    let lying = Tensor {
        shape: vec![1, u32::MAX, u32::MAX],
        data: Data::F32(vec![0.0; 8]),
    };
    assert!(fault(&plugin, output(lying), &single).contains("does not fit"));
    assert!(fault(&plugin, Tensors::default(), &single).contains("no tensor"));
}

#[test]
fn a_vector_that_is_no_number_is_a_fault_under_every_pooling() {
    for pooling in [
        "mean",
        "cls",
        "last",
        "max",
        "mean_sqrt_len_tokens",
        "weightedmean",
    ] {
        let plugin = plugin(json!({"pooling": pooling, "normalize": true}));
        let outputs = hidden([1, 2, 2], &[0.0, f32::NAN, 1.0, f32::NAN]);
        assert_eq!(
            fault(&plugin, outputs, &context(Form::Single, &[(2, 0)])),
            "the model's answer to row 0: NaN, which is no number"
        );
    }
}

#[test]
fn the_schemas_are_json_schemas_and_describe_the_answer() {
    let (plugin, description) = init(&json!({}), &[], encoder()).expect("right");
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
    assert_eq!(parameters["properties"]["normalize"]["default"], false);
    assert_eq!(parameters["properties"]["dimensions"]["maximum"], 2);
    assert!(!jsonschema::is_valid(
        &parameters,
        &json!({"dimensions": 3})
    ));
    for (form, rows) in [(Form::Single, 1), (Form::Batch, 2), (Form::Similarity, 2)] {
        let data = vec![1.0; rows * 2];
        let rows_of = context(form, &vec![(1, 0); rows]);
        let answer = ask(&plugin, hidden([rows, 1, 2], &data), &rows_of, &json!({}));
        assert!(jsonschema::is_valid(&outputs, &answer), "{answer}");
    }
}
