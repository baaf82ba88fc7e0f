//! What the plugin says it accepts is what it accepts.

mod common;

use common::{Plugin, fixture};
use serde_json::{Value, json};

fn plugin() -> Plugin {
    Plugin::of_pixels(&json!({"size": 8, "max_items": 2}))
}

fn schema(plugin: &Plugin) -> Value {
    let text = plugin.description.inputs.as_ref().expect("described");
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn bodies_that_are_pictures_are_announced() {
    let plugin = plugin();
    assert_eq!(
        plugin.description.media_types,
        ["image/*", "application/octet-stream"]
    );
    assert_eq!(
        (&plugin.description.parameters, &plugin.description.outputs),
        (&None, &None)
    );
}

#[test]
fn the_schema_is_one_and_its_example_is_accepted() {
    let plugin = plugin();
    let schema = schema(&plugin);
    assert!(
        jsonschema::draft202012::meta::validate(&schema).is_ok(),
        "{schema}"
    );
    let example = &schema["examples"][0];
    assert!(jsonschema::is_valid(&schema, example));
    let body = json!({"inputs": example}).to_string();
    assert!(plugin.ask("application/json", body.as_bytes()).is_ok());
}

#[test]
fn the_schema_and_the_plugin_refuse_the_same_forms() {
    use base64::Engine as _;
    let plugin = plugin();
    let schema = schema(&plugin);
    let picture = base64::prelude::BASE64_STANDARD.encode(fixture("rgb.png"));
    let right = [json!(picture), json!([picture]), json!([picture, picture])];
    let wrong = [
        json!(""),
        json!([]),
        json!([picture, ""]),
        json!([picture, picture, picture]),
        json!(3),
        json!(null),
        json!({"image": picture}),
        json!([[picture]]),
    ];
    for inputs in right {
        assert!(jsonschema::is_valid(&schema, &inputs));
        let body = json!({"inputs": inputs}).to_string();
        assert!(plugin.ask("application/json", body.as_bytes()).is_ok());
    }
    for inputs in wrong {
        assert!(!jsonschema::is_valid(&schema, &inputs), "{inputs}");
        let body = json!({"inputs": inputs}).to_string();
        assert!(
            !plugin
                .refusal("application/json", body.as_bytes())
                .is_empty()
        );
    }
}
