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
        outputs: Some(outputs().to_string()),
        ..Description::default()
    }
}

fn outputs() -> Value {
    let labels = labels_schema();
    json!({
        "title": "Labels",
        "anyOf": [
            labels,
            {"description": "One list a picture.", "type": "array", "items": labels},
        ],
        "x-ui": {"renderer": "labels"},
    })
}
