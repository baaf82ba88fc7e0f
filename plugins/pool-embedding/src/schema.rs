//! What a configuration reads and answers, as JSON Schemas for the host's checks, its form and its OpenAPI.
//! Says nothing that `config` and `answer` do not enforce too.

use crate::config::Config;
use modelhost_plugin::Description;
use serde_json::{Value, json};

/// Of the parameters that this stage reads, and of the response's `outputs`.
pub(crate) fn description(config: &Config) -> Description {
    Description {
        parameters: Some(parameters(config).to_string()),
        outputs: Some(outputs().to_string()),
        ..Description::default()
    }
}

fn parameters(config: &Config) -> Value {
    let mut dimensions = json!({
        "title": "Dimensions",
        "description": "Only so many numbers of each vector, for models that were trained to be cut (Matryoshka).",
        "type": "integer",
        "minimum": 1,
        "x-ui": {"advanced": true},
    });
    if let Some(width) = config.width {
        dimensions["maximum"] = json!(width);
    }
    json!({
        "type": "object",
        "properties": {
            "normalize": {
                "title": "Normalize",
                "description": "Whether each vector has length 1.",
                "type": "boolean",
                "default": config.normalize,
                "x-ui": {"advanced": true},
            },
            "dimensions": dimensions,
        },
        "additionalProperties": false,
    })
}

fn outputs() -> Value {
    let number = json!({"type": "number"});
    json!({
        "title": "Embedding",
        "description": "One vector for one text, a list of them for a list; for a sentence with others, its cosine similarity with each.",
        "type": "array",
        "items": {"anyOf": [number, {"type": "array", "items": number}]},
        "x-ui": {"renderer": "vector"},
    })
}
