//! What a configuration reads and answers, as JSON Schemas for the host's checks, its form and its OpenAPI.
//! Says nothing that `config` and `answer` do not enforce too.

use crate::config::Config;
use modelhost_plugin::Description;
use modelhost_plugin::classification::labels_schema;
use serde_json::{Value, json};

/// Of the parameters that this stage reads, and of the response's `outputs`.
pub(crate) fn description(config: &Config) -> Description {
    let usual = config
        .classes
        .count
        .map(|count| config.classes.usual_function(count));
    Description {
        parameters: Some(config.classification.parameters_schema(usual).to_string()),
        outputs: Some(outputs(config).to_string()),
        ..Description::default()
    }
}

fn outputs(config: &Config) -> Value {
    let labels = labels_schema();
    // Where many classes have no one score, the request that asks for scores is a fault.
    let item = match config.score.is_some() || config.classes.count.is_none() {
        true => json!({"anyOf": [labels, {"description": "Of a pair.", "type": "number"}]}),
        false => labels,
    };
    json!({
        "title": "Labels",
        "description": "One list a text.",
        "type": "array",
        "items": item,
        "x-ui": {"renderer": "labels"},
    })
}
