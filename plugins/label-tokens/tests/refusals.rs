//! What is refused and what is a fault, and that the schemas say what is answered.

mod common;

use common::{model, signature, sure, words};
use label_tokens::LabelTokens;
use modelhost_plugin::text::{Form, Row, Texts};
use modelhost_plugin::{Assets, Data, Error, Plugin as _, Tensor};
use serde_json::{Value, json};

#[test]
fn a_wrong_configuration_or_parameter_names_the_field() {
    let refusal = |config: Value| {
        LabelTokens::init(&config.to_string(), Assets::default(), &signature(Some(4)))
            .expect_err("must be refused")
            .to_string()
    };
    assert_eq!(
        refusal(json!({"labels": ["O", "PER"]})),
        "/labels: names 2, but the model's output `logits` has 4 classes"
    );
    assert!(
        refusal(json!({"aggregation_strategy": "last"})).starts_with("/aggregation_strategy: ")
    );
    assert!(
        refusal(json!({"words": "lines"})).starts_with("/words: must be `tokenizer` or `spaces`")
    );
    assert!(refusal(json!({"stride": 8})).starts_with("/stride: is not a known field"));
    assert!(refusal(json!({"tensor": "scores"})).starts_with("/tensor: the model has no output"));

    let texts = Texts {
        form: Form::Single,
        rows: vec![words("Ada")],
    };
    let refusal = |parameters: &str| {
        let logits = Tensor::f32(&[1, 1, 4], sure(&[1]));
        match model().run(logits, &texts.to_context(), parameters) {
            Err(Error::Invalid(invalid)) => invalid.to_string(),
            other => panic!("must be refused, not {other:?}"),
        }
    };
    assert!(
        refusal(r#"{"aggregation_strategy": "SIMPLE"}"#)
            .starts_with("/parameters/aggregation_strategy: must be one of `none`")
    );
    assert_eq!(
        refusal(r#"{"ignore_labels": "O"}"#),
        "/parameters/ignore_labels: must be a list, not string \"O\""
    );
}

#[test]
fn a_model_or_a_context_that_does_not_fit_is_a_fault_that_says_why() {
    let fault = |shape: &[usize], form, rows: &[Row]| {
        let data = (0..shape.iter().product()).map(|i: usize| (i % 4 % 3) as f32);
        let data = data.collect();
        let texts = Texts {
            form,
            rows: rows.to_vec(),
        };
        match model().run(Tensor::f32(shape, data), &texts.to_context(), "{}") {
            Err(Error::Internal(message)) => message,
            other => panic!("must be a fault, not {other:?}"),
        }
    };
    let row = [words("Ada met Bob")];
    let single = Form::Single;
    assert_eq!(
        fault(&[1, 2, 4], single, &row),
        "tensor `logits` has 2 tokens a row, and row 0 has 3; every token needs its logits"
    );
    assert_eq!(
        fault(&[1, 3, 5], single, &row),
        "tensor `logits` has the shape [1, 3, 5]; it must be [1, tokens, 4]: rows, tokens, classes"
    );
    assert!(fault(&[2, 3, 4], single, &row).contains("it must be [1, tokens, 4]"));
    assert!(fault(&[1, 3, 0], single, &row).contains("it must be [1, tokens, 4]"));
    assert!(fault(&[1, 0, 4], single, &row).contains("has 0 tokens a row"));
    assert!(fault(&[3, 4], single, &row).contains("must have 3 axes"));
    assert!(fault(&[0, 3, 4], single, &[]).contains("it has 0 rows"));
    assert!(fault(&[1, 3, 4], Form::Similarity, &row).contains("compares texts"));

    let mut far = row.clone();
    far[0].skip = u32::MAX;
    assert!(fault(&[1, 3, 4], single, &far).contains("every token needs its logits"));
    let mut backwards = row;
    backwards[0].tokens.reverse();
    assert!(fault(&[1, 3, 4], Form::Batch, &backwards).contains("are no part of its text"));
}

#[test]
fn logits_that_are_no_number_and_no_floats_are_a_fault() {
    let texts = Texts {
        form: Form::Single,
        rows: vec![words("Ada")],
    };
    let fault = |logits: Tensor, context: &[u8]| match model().run(logits, context, "{}") {
        Err(Error::Internal(message)) => message,
        other => panic!("must be a fault, not {other:?}"),
    };
    let context = texts.to_context();
    assert_eq!(
        fault(
            Tensor::f32(&[1, 1, 4], vec![0.0, f32::NAN, 0.0, 0.0]),
            &context
        ),
        "the model's answer to row 0 has a logit that is no number"
    );
    assert_eq!(
        fault(Tensor::s64(&[1, 1, 4], vec![0; 4]), &context),
        "tensor `logits` must be floats, not s64"
    );
    let lying = Tensor {
        shape: vec![1, u32::MAX, 4],
        data: Data::F32(vec![0.0; 4]),
    };
    assert!(fault(lying, &context).contains("does not fit"));
    let logits = Tensor::f32(&[1, 1, 4], vec![0.0; 4]);
    assert!(fault(logits, b"{}").contains("tokenize-text"));
}

#[test]
fn the_schemas_are_json_schemas_and_describe_the_answer() {
    let model = model();
    let schema = |text: &Option<String>| -> Value {
        serde_json::from_str(text.as_ref().expect("described")).expect("JSON")
    };
    let outputs = schema(&model.description.outputs);
    let parameters = schema(&model.description.parameters);
    for schema in [&outputs, &parameters] {
        assert!(
            jsonschema::draft202012::meta::validate(schema).is_ok(),
            "{schema}"
        );
    }
    let row = [words("Ada met Bob")];
    for strategy in ["none", "simple", "first", "average", "max"] {
        let asked = json!({"aggregation_strategy": strategy, "ignore_labels": ["O"]});
        assert!(jsonschema::is_valid(&parameters, &asked));
        let one = model.ask(&row, &sure(&[1, 0, 3]), &asked);
        let many = model.ask_batch(&row, &sure(&[1, 0, 3]), &asked);
        for answer in [one, many, json!([])] {
            assert!(jsonschema::is_valid(&outputs, &answer), "{answer}");
        }
    }
    assert!(!jsonschema::is_valid(
        &parameters,
        &json!({"aggregation_strategy": "last"})
    ));
}

/// Token ids may be sent where texts may; entities are not found in them.
#[test]
fn tokens_without_a_text_are_refused_at_their_place() {
    for (form, at) in [(Form::Single, "/inputs"), (Form::Batch, "/inputs/0")] {
        let mut row = words("Ada met Bob");
        row.text.clear();
        let texts = Texts {
            form,
            rows: vec![row],
        };
        let logits = Tensor::f32(&[1, 3, 4], vec![0.5; 12]);
        match model().run(logits, &texts.to_context(), "{}") {
            Err(Error::Invalid(invalid)) => {
                assert_eq!(invalid.field.as_deref(), Some(at));
                assert!(invalid.message.contains("send a text"), "{invalid:?}");
            }
            other => panic!("must be refused, not {other:?}"),
        }
    }
}
