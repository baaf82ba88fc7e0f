//! What a configuration reads and answers, as JSON Schemas for the host's checks, its form and its OpenAPI.
//! Says nothing that `config` and `answer` do not enforce too.

use crate::config::{Config, MAX_QUANTILES};
use modelhost_plugin::Description;
use serde_json::{Value, json};

/// Of the one parameter that this stage reads, and of the response's `outputs`.
pub(crate) fn description(config: &Config) -> Description {
    Description {
        media_types: Vec::new(),
        inputs: None,
        parameters: Some(parameters(config).to_string()),
        outputs: Some(outputs(config).to_string()),
    }
}

fn parameters(config: &Config) -> Value {
    let (first, last) = config.range();
    json!({
        "type": "object",
        "properties": {
            "quantiles": {
                "title": "Quantiles",
                "description": format!("Which quantiles of the forecast to answer, from {first} to {last}; 0.5 is the median."),
                "type": "array",
                "items": {"type": "number", "minimum": first, "maximum": last},
                "minItems": 1,
                "maxItems": MAX_QUANTILES,
                "uniqueItems": true,
                "default": config.quantiles,
                "examples": [config.quantiles],
                "x-ui": {"widget": "numbers"},
            },
        },
        "additionalProperties": false,
    })
}

fn outputs(config: &Config) -> Value {
    let mut value = json!({"type": "number"});
    if let Some(least) = config.minimum {
        value["minimum"] = json!(least);
    }
    let values = json!({"type": "array", "items": value});
    json!({
        "title": "Forecasts",
        "description": "One an item of the request, in its order.",
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "item": {"title": "Item", "description": "As the request names it.", "type": "string"},
                "dates": {
                    "title": "Dates",
                    "description": "The date of each step; null where the request has no start.",
                    "type": ["array", "null"],
                    "items": {"type": "string", "format": "date"},
                },
                "mean": with_title(&values, "Mean", "The expected value of each step."),
                "quantiles": {
                    "title": "Quantiles",
                    "description": "By level, such as 0.9: with this probability the value is at most this.",
                    "type": "object",
                    "patternProperties": {"^0\\.[0-9]+$": values},
                    "additionalProperties": false,
                },
            },
            "required": ["dates", "mean", "quantiles"],
            "additionalProperties": false,
        },
        "x-ui": {"widget": "forecast"},
    })
}

fn with_title(schema: &Value, title: &str, description: &str) -> Value {
    let mut schema = schema.clone();
    schema["title"] = json!(title);
    schema["description"] = json!(description);
    schema
}
