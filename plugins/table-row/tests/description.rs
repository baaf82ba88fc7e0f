//! What the plugin says it accepts and answers is what it accepts and answers.

mod common;

use common::{Plugin, init, model, port, regressor};
use modelhost_plugin::{Data, Signature};
use serde_json::{Value, json};

fn plugin() -> Plugin {
    let config = json!({"columns": [
        {"name": "age", "title": "Age", "unit": "years", "description": "At the last birthday.", "minimum": 0, "maximum": 120},
        {"name": "city", "categories": ["Rome", "Oslo"], "missing": "Oslo"},
        {"name": "year", "categories": [2020, 2021]},
        {"name": "rate", "missing": 0.5},
    ], "max_items": 2});
    let model = model(&[port("X", "f32", &[-1, 4])], &[port("y", "f32", &[-1, 1])]);
    init(&config, None, &model).expect("a right configuration")
}

fn schema(text: Option<&String>) -> Value {
    serde_json::from_str(text.expect("described")).expect("JSON")
}

#[test]
fn the_schemas_are_json_schemas() {
    let plugin = plugin();
    for text in [&plugin.description.inputs, &plugin.description.outputs] {
        let schema = schema(text.as_ref());
        assert!(
            jsonschema::draft202012::meta::validate(&schema).is_ok(),
            "{schema}"
        );
    }
}

/// What the page makes a control of: a number with its bounds and unit, a choice of categories.
#[test]
fn each_column_says_what_its_control_needs() {
    let schema = schema(plugin().description.inputs.as_ref());
    let columns = &schema["anyOf"][0]["properties"];
    let age = &columns["age"];
    assert_eq!(
        (&age["title"], &age["x-ui"]),
        (&json!("Age"), &json!({"order": 1, "unit": "years"}))
    );
    assert_eq!(
        age["items"],
        json!({"type": ["number", "string", "boolean"], "minimum": 0, "maximum": 120})
    );
    assert_eq!(
        columns["city"]["items"]["enum"],
        json!(["Rome", "Oslo", null])
    );
    assert_eq!(columns["year"]["items"]["enum"], json!([2020, 2021]));
    assert_eq!(schema["anyOf"][0]["required"], json!(["age", "year"]));
    assert_eq!(schema["x-ui"]["widget"], json!("table"));
}

#[test]
fn the_examples_are_accepted_by_the_schema_and_by_the_plugin() {
    let sklearn = json!({"sklearn": {
        "columns": ["a", "b", "c", "d"],
        "example_input": {"a": [1, 2, 3, 4], "b": [1.5, 2.5, 3.5], "c": [0, 0, 0], "d": [-1, -2, -3]},
    }});
    let sparse =
        json!({"sklearn": {"columns": ["a", "b", "c", "d"], "example_input": {"a": ["x"]}}});
    let mixed = model(
        &[
            port("n", "s64", &[-1, 1]),
            port("t", "text", &[-1, 1]),
            port("b", "boolean", &[-1, 1]),
        ],
        &[],
    );
    let cases: [(Option<&Value>, &Signature); 4] = [
        (None, &regressor()),
        (Some(&sklearn), &regressor()),
        (Some(&sparse), &regressor()),
        (None, &mixed),
    ];
    let made = cases.map(|(file, model)| init(&Value::Null, file, model).expect("right"));
    for plugin in made.into_iter().chain([plugin()]) {
        let schema = schema(plugin.description.inputs.as_ref());
        let example = &schema["examples"][0];
        assert!(jsonschema::is_valid(&schema, example), "{example}");
        assert!(
            plugin.ask(&json!({"inputs": example}).to_string()).is_ok(),
            "{example}"
        );
    }
    let own = init(&Value::Null, Some(&sklearn), &regressor()).expect("right");
    let example = &schema(own.description.inputs.as_ref())["examples"][0];
    assert_eq!(example["b"], json!([1.5, 2.5, 3.5]));
}

#[test]
fn the_schema_and_the_plugin_refuse_the_same() {
    let plugin = plugin();
    let schema = schema(plugin.description.inputs.as_ref());
    let right = [
        json!({"age": 1, "year": 2020}),
        json!({"age": [1, "2"], "year": [2020, 2021], "city": ["Rome", null], "rate": [null, ""]}),
        json!([{"age": true, "year": 2020, "city": "Oslo"}, {"age": "3", "year": 2021, "rate": 1e-3}]),
        json!({"data": {"age": [1], "year": [2020]}}),
    ];
    let wrong = [
        json!({}),
        json!([]),
        json!("Rome"),
        json!([{}]),
        json!({"age": [1]}),
        json!({"age": [-1], "year": [2020]}),
        json!({"age": 121, "year": 2020}),
        json!({"age": [null], "year": [2020]}),
        json!({"age": [1], "year": [2019]}),
        json!({"age": [1], "year": [2020], "town": ["Rome"]}),
        json!({"age": [1, 2, 3], "year": [2020, 2020, 2020]}),
        json!({"age": [[1]], "year": [2020]}),
        json!([{"age": 1, "year": 2020}, {"age": 1}]),
        json!([[1, 2020]]),
        json!({"data": 3}),
    ];
    for inputs in right {
        assert!(jsonschema::is_valid(&schema, &inputs), "{inputs}");
        let asked = plugin.ask(&json!({"inputs": inputs}).to_string());
        assert!(asked.is_ok(), "{inputs} {asked:?}");
    }
    for inputs in wrong {
        assert!(!jsonschema::is_valid(&schema, &inputs), "{inputs}");
        assert!(!plugin.refusal(&inputs).is_empty(), "{inputs}");
    }
}

#[test]
fn answers_fit_the_schema_of_the_outputs() {
    let labels = || json!({"labels": ["no", "yes"]});
    let cases = [
        (
            Value::Null,
            port("y", "f32", &[-1, 1]),
            vec![2, 1],
            Data::F32(vec![0.5, 1.0]),
        ),
        (
            json!({"answer": "numbers"}),
            port("y", "f32", &[-1, 2]),
            vec![1, 2],
            Data::F32(vec![0.5, 1.0]),
        ),
        (
            labels(),
            port("y", "s64", &[-1]),
            vec![2],
            Data::S64(vec![0, 1]),
        ),
        (
            Value::Null,
            port("y", "s64", &[-1]),
            vec![2],
            Data::S64(vec![0, 1]),
        ),
        (
            Value::Null,
            port("y", "text", &[-1]),
            vec![1],
            Data::Text(vec!["a".into()]),
        ),
        (
            Value::Null,
            port("y", "f32", &[-1, -1]),
            vec![1, 2],
            Data::F32(vec![0.5, 1.0]),
        ),
        (
            json!({"answer": "scores"}),
            port("y", "f32", &[-1, 2]),
            vec![1, 2],
            Data::F32(vec![0.5, 1.0]),
        ),
    ];
    for (config, output, shape, data) in cases {
        let model = model(&[port("X", "f32", &[-1, 2])], &[output]);
        let plugin = init(&config, None, &model).expect("right");
        let schema = schema(plugin.description.outputs.as_ref());
        assert!(
            jsonschema::draft202012::meta::validate(&schema).is_ok(),
            "{schema}"
        );
        let answer = plugin.answer("y", &shape, data).expect("an answer");
        assert!(jsonschema::is_valid(&schema, &answer), "{schema} {answer}");
    }
}
