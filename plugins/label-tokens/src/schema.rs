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
    json!({
        "type": "object",
        "properties": {
            "aggregation_strategy": {
                "title": "Aggregation strategy",
                "description": "How tokens become entities: simple joins tokens with the same label; first, average and max make each word agree before; none answers every token.",
                "type": "string",
                "enum": ["none", "simple", "first", "average", "max"],
                "default": config.usual.strategy.name(),
                "x-ui": {"help": "How tokens are joined: `first`, `average` and `max` keep words whole, `none` joins nothing."},
            },
            "ignore_labels": {
                "title": "Ignore labels",
                "description": "Entities of these labels are left out.",
                "type": "array",
                "items": {"type": "string"},
                "default": config.usual.ignore_labels,
                "x-ui": {"advanced": true},
            },
        },
        "additionalProperties": false,
    })
}

fn outputs() -> Value {
    let entities = json!({
        "description": "In the text's order.",
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "entity_group": {"title": "Entity", "type": "string"},
                "entity": {
                    "title": "Label",
                    "description": "Instead of entity_group where the strategy is none.",
                    "type": "string",
                },
                "score": {"title": "Score", "type": "number"},
                "index": {
                    "title": "Token",
                    "description": "Which token it is; only where the strategy is none.",
                    "type": "integer",
                    "minimum": 0,
                },
                "word": {"title": "Text", "type": "string"},
                "start": {
                    "title": "Start",
                    "description": "Characters before it.",
                    "type": "integer",
                    "minimum": 0,
                },
                "end": {
                    "title": "End",
                    "description": "Characters up to its end.",
                    "type": "integer",
                    "minimum": 0,
                },
            },
            "required": ["score", "word", "start", "end"],
            "additionalProperties": false,
        },
    });
    json!({
        "title": "Entities",
        "anyOf": [
            entities,
            {"description": "One list a text.", "type": "array", "items": entities},
        ],
        "x-ui": {"renderer": "entities"},
    })
}
