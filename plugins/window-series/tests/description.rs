//! What the plugin says it accepts is what it accepts.

mod common;

use common::{Plugin, with};
use serde_json::{Value, json};

fn plugin() -> Plugin {
    Plugin::new(with(|c| {
        c["min_history"] = json!(2);
        c["max_history"] = json!(6);
        c["max_items"] = json!(2);
        c["covariates"] = json!(["display"]);
        c["past"]["channels"] = json!(["target", "covariate:display"]);
    }))
}

fn schema(text: Option<&String>) -> Value {
    serde_json::from_str(text.expect("described")).expect("JSON")
}

#[test]
fn the_schemas_are_json_schemas() {
    let plugin = plugin();
    for text in [&plugin.description.inputs, &plugin.description.parameters] {
        let schema = schema(text.as_ref());
        assert!(
            jsonschema::draft202012::meta::validate(&schema).is_ok(),
            "{schema}"
        );
    }
}

#[test]
fn the_example_is_accepted_by_the_schema_and_by_the_plugin() {
    let plugin = plugin();
    let schema = schema(plugin.description.inputs.as_ref());
    let example = &schema["examples"][0];
    assert!(jsonschema::is_valid(&schema, example));
    assert!(plugin.ask(&json!({"inputs": example}).to_string()).is_ok());
}

#[test]
fn the_schema_and_the_plugin_refuse_the_same() {
    let plugin = plugin();
    let schema = schema(plugin.description.inputs.as_ref());
    let right = [
        json!({"series": [1, 2]}),
        json!([{"series": [1, null]}, {"series": [1, 2], "item": "é".repeat(1000)}]),
        json!({"series": [1, 2], "start": "2017-10-25", "frequency": "D", "past": {"display": [1, null]}}),
        json!({"series": [1, 2], "future": {"display": [1]}}),
    ];
    let wrong = [
        json!({}),
        json!([]),
        json!("COFFEE"),
        json!({"series": [1]}),
        json!({"series": [1, 2, 3, 4, 5, 6, 7]}),
        json!({"series": [1, "2"]}),
        json!({"series": [1, 2e12]}),
        json!({"series": [1, 2], "serie": 1}),
        json!({"series": [1, 2], "start": "yesterday"}),
        json!({"series": [1, 2], "frequency": "W"}),
        json!({"series": [1, 2], "item": 3}),
        json!({"series": [1, 2], "item": "x".repeat(1001)}),
        json!({"series": [1, 2], "past": {"price": [1, 2]}}),
        json!({"series": [1, 2], "future": {"display": []}}),
        json!({"series": [1, 2], "future": {"display": [1, 2, 3, 4]}}),
        json!([{"series": [1, 2]}, {"series": [1]}]),
        json!([{"series": [1, 2]}, {"series": [1, 2]}, {"series": [1, 2]}]),
    ];
    for inputs in &right {
        assert!(jsonschema::is_valid(&schema, inputs), "{inputs}");
        assert!(
            plugin.ask(&json!({"inputs": inputs}).to_string()).is_ok(),
            "{inputs}"
        );
    }
    for inputs in &wrong {
        assert!(!jsonschema::is_valid(&schema, inputs), "{inputs}");
        assert!(
            plugin.ask(&json!({"inputs": inputs}).to_string()).is_err(),
            "{inputs}"
        );
    }
}

#[test]
fn a_schema_error_points_at_the_value_that_is_wrong() {
    let schema = schema(plugin().description.inputs.as_ref());
    let wrong = json!([{"series": [1, 2]}, {"series": [1, "2"]}]);
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let error = validator.validate(&wrong).expect_err("wrong");
    assert_eq!(error.instance_path().to_string(), "/1/series/1");
}
