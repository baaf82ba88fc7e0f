//! What an operator is told about a wrong configuration, file or model: always where, and what would be right.

mod common;

use common::{init, model, port, regressor};
use modelhost_plugin::Signature;
use serde_json::{Value, json};

fn refusal_for(config: Value, model: &Signature) -> String {
    init(&config, None, model).err().expect("must be refused")
}

/// Of a model that takes two floats.
fn refusal(columns: Value) -> String {
    refusal_for(
        json!({"columns": columns}),
        &model(&[port("X", "f32", &[-1, 2])], &[]),
    )
}

#[test]
fn unknown_keys_and_wrong_values_are_refused_by_name() {
    let wrong = |config| refusal_for(config, &regressor());
    assert!(
        wrong(json!({"column": []})).starts_with("/column: is not a known field, expected one of")
    );
    assert!(
        wrong(json!({"columns": [{"name": "a", "min": 1}]}))
            .starts_with("/columns/0/min: is not a known field")
    );
    assert_eq!(
        wrong(json!({"columns": [{"title": "A"}]})),
        "/columns/0/name: is missing"
    );
    assert!(
        wrong(json!({"columns": [3]}))
            .starts_with("/columns/0: must be a column's name, or an object with its `name`")
    );
    assert_eq!(
        wrong(json!({"columns": []})),
        "/columns: is empty; name at least one column"
    );
    assert!(
        wrong(json!({"answer": "number"}))
            .starts_with("/answer: must be one of `numbers`, `labels`, `scores`")
    );
    assert!(wrong(json!({"max_items": 0})).starts_with("/max_items: must be between 1 and"));
}

#[test]
fn a_wrong_column_is_named_by_its_place() {
    assert_eq!(
        refusal(json!(["a", "a"])),
        "/columns/1: has a name that is there twice"
    );
    assert_eq!(
        refusal(json!(["a", ""])),
        "/columns/1/name: is empty; a column needs a name"
    );
    assert_eq!(
        refusal(json!([{"name": "a", "minimum": 3, "maximum": 2}, "b"])),
        "/columns/0/minimum: is 3, which is more than the maximum 2"
    );
    assert_eq!(
        refusal(json!([{"name": "a", "std": 0}, "b"])),
        "/columns/0/std: must not be 0: values are divided by it"
    );
    assert_eq!(
        refusal(json!([{"name": "a", "missing": "none"}, "b"])),
        "/columns/0/missing: must be a number between -1e15 and 1e15"
    );
    assert_eq!(
        refusal(json!([{"name": "a", "categories": ["x"], "missing": "y"}, "b"])),
        "/columns/0/missing: must be one of the categories"
    );
    assert_eq!(
        refusal(json!([{"name": "a", "categories": []}, "b"])),
        "/columns/0/categories: has 0 categories; it needs 1 to 10000"
    );
    assert_eq!(
        refusal(json!([{"name": "a", "categories": ["1", 1]}, "b"])),
        "/columns/0/categories/1: is there twice"
    );
    assert!(
        refusal(json!([{"name": "a", "categories": ["x"], "mean": 1}, "b"]))
            .starts_with("/columns/0/categories: are no numbers")
    );
    assert_eq!(
        refusal(json!([{"name": "a", "encoding": "one_hot"}, "b"])),
        "/columns/0/encoding: is for `categories`, which are missing"
    );
}

#[test]
fn columns_that_do_not_fill_the_tensor_are_refused() {
    assert_eq!(
        refusal(json!(["a"])),
        "/columns: fill 1 elements of a row, but `X` has 2"
    );
    assert_eq!(
        refusal(json!([{"name": "a", "categories": ["x", "y"], "encoding": "one_hot"}, "b"])),
        "/columns: fill 3 elements of a row, but `X` has 2"
    );
    let shaped = |shape: &[i64]| {
        refusal_for(
            json!({"columns": ["a", "b"]}),
            &model(&[port("X", "f32", shape)], &[]),
        )
    };
    assert_eq!(
        shaped(&[-1]),
        "/columns: fill 2 elements of a row, but `X` has one"
    );
    assert_eq!(
        shaped(&[-1, 2, 3]),
        "/columns: are rows of numbers, but `X` has 3 axes"
    );
    let typed = |dtype| {
        refusal_for(
            json!({"columns": ["a", {"name": "b", "mean": 1}]}),
            &model(&[port("X", dtype, &[-1, 2])], &[]),
        )
    };
    assert_eq!(
        typed("f16"),
        "/tensor: `X` is f16, which table-row does not fill"
    );
    assert_eq!(
        typed("s64"),
        "/columns/1/mean: is for a tensor of floats, and this one has whole numbers"
    );
    assert!(typed("text").starts_with("/columns/1: goes into a tensor of text"));
}

#[test]
fn a_model_with_several_inputs_needs_a_column_for_each() {
    let two = model(
        &[port("age", "f32", &[-1, 1]), port("city", "text", &[-1, 1])],
        &[],
    );
    let wrong = |config| refusal_for(config, &two);
    assert_eq!(
        wrong(json!({"columns": ["age", "town"]})),
        "/columns/1: `town` is no input of the model, which takes one for each column: age, city"
    );
    assert_eq!(
        wrong(json!({"columns": ["age"]})),
        "/columns: has none for the model's input `city`"
    );
    assert!(wrong(json!({"tensor": "age"})).starts_with("/tensor: is one of several inputs"));
    assert_eq!(
        wrong(json!({"tensor": "X"})),
        "/tensor: the model has no input `X`; it has: age, city"
    );
    let coded =
        json!({"columns": ["age", {"name": "city", "categories": ["x"], "encoding": "index"}]});
    assert!(wrong(coded).starts_with("/columns/1/encoding: is not needed: the tensor is text"));
}

#[test]
fn rows_are_limited_by_the_model_and_by_memory() {
    let one = model(&[port("X", "f32", &[1, 2])], &[]);
    assert_eq!(
        refusal_for(json!({"max_items": 2}), &one),
        "/max_items: must be between 1 and 1, not 2"
    );
    let wide = model(&[port("X", "f32", &[-1, 5000])], &[]);
    assert_eq!(
        refusal_for(json!({"max_items": 1000}), &wide),
        "/max_items: must be between 1 and 838, not 1000"
    );
}

#[test]
fn a_stage_that_the_manifest_does_not_speak_of_may_stay_unready() {
    // Neither columns nor an output can be guessed.
    let open = model(
        &[port("X", "f32", &[-1, -1])],
        &[port("a", "f32", &[-1, -1]), port("b", "f32", &[-1, -1])],
    );
    let plugin = init(&json!({"output": "a"}), None, &open).expect("a postprocess stage");
    assert_eq!(plugin.description.inputs, None);
    assert!(plugin.description.outputs.is_some());
    let error = plugin
        .ask(r#"{"inputs": {"x": 1}}"#)
        .expect_err("no columns");
    assert!(
        error
            .to_string()
            .starts_with("table-row is not configured for this stage: /columns: is missing"),
        "{error}"
    );
    let plugin = init(&json!({"columns": ["x"]}), None, &open).expect("a preprocess stage");
    assert_eq!(plugin.description.outputs, None);
    assert!(
        plugin
            .fault("a", &[1], modelhost_plugin::Data::F32(vec![0.0]))
            .contains("/output: is missing")
    );
    // What is spoken of must be right at load.
    assert!(
        refusal_for(json!({"max_items": 3}), &open)
            .starts_with("/columns: is missing: neither config.json nor")
    );
    assert!(
        refusal_for(json!({"round": 3}), &open).starts_with("/output: is missing: name the output")
    );
}

#[test]
fn a_broken_config_json_is_the_repositorys_fault() {
    let broken = json!([1]);
    let message = init(&Value::Null, Some(&broken), &regressor())
        .err()
        .expect("refused");
    assert!(message.starts_with("internal: config.json: "), "{message}");
    let sklearn = json!({"sklearn": {"columns": ["a", "b"]}});
    let plugin = init(&json!({"answer": "numbers"}), Some(&sklearn), &regressor())
        .expect("only a postprocess stage");
    assert_eq!(plugin.description.inputs, None);
    let message = init(&json!({"max_items": 3}), Some(&sklearn), &regressor())
        .err()
        .expect("refused");
    assert_eq!(message, "/columns: fill 2 elements of a row, but `X` has 4");
}
