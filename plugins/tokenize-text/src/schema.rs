//! What a configuration accepts, as JSON Schemas for the host's checks, its form and its OpenAPI.
//! Says nothing that `request` and `parameters` do not enforce too.

use crate::settings::Settings;
use modelhost_plugin::Description;
use serde_json::{Value, json};

/// Of the request's `inputs` and of the parameters that this stage reads.
pub(crate) fn description(settings: &Settings, least: usize) -> Description {
    Description {
        media_types: Vec::new(),
        inputs: Some(inputs(settings).to_string()),
        parameters: Some(parameters(settings, least).to_string()),
        outputs: None,
    }
}

/// A text, a pair, sentences with their source, or a list, without `anyOf`: every keyword below looks at texts,
/// objects or lists only, so that a validator reports what is wrong and not "matches none of the schemas".
fn inputs(settings: &Settings) -> Value {
    let pairs = settings.config.pairs;
    let most = settings.config.max_items;
    let mut inputs = object(pairs);
    inputs["properties"]["source_sentence"] = json!({
        "title": "Source sentence",
        "description": "What the sentences are compared with.",
        "type": "string",
        "x-ui": {"widget": "textarea", "order": 3, "advanced": true},
    });
    inputs["properties"]["sentences"] = json!({
        "title": "Sentences",
        "type": "array",
        "items": {"type": "string"},
        "minItems": 1,
        "maxItems": most,
        "x-ui": {"widget": "texts", "order": 4, "advanced": true},
    });
    if !pairs {
        inputs["properties"]["token_ids"] = token_ids();
    }
    inputs["dependentRequired"] = json!({
        "text_pair": ["text"],
        "source_sentence": ["sentences"],
        "sentences": ["source_sentence"],
    });
    inputs["minProperties"] = json!(1);
    inputs["minItems"] = json!(1);
    inputs["maxItems"] = json!(most.max(if pairs { 2 } else { 1 }));
    inputs["items"] = item(pairs);
    if pairs {
        inputs["type"] = json!(["object", "array"]);
        inputs["title"] = json!("Pair");
        inputs["description"] = json!(format!(
            "A pair of texts, or a list of at most {most} pairs; or a source sentence with sentences, each of which makes a pair with it."
        ));
        inputs["examples"] = json!([
            {"text": "How many people live in Berlin?", "text_pair": "Berlin has 3.7 million inhabitants."}
        ]);
        inputs["x-ui"] = json!({"widget": "group", "help": help(settings, "pair")});
    } else {
        inputs["type"] = json!(["string", "array", "object"]);
        inputs["title"] = json!("Text");
        inputs["description"] = json!(format!(
            "A text or a pair of texts, or a list of at most {most} of them; or a source sentence with sentences to compare with it."
        ));
        inputs["examples"] = json!(["Weekly sales of orange juice rise when the price is cut."]);
        inputs["x-ui"] = json!({"widget": "textarea", "help": help(settings, "text")});
    }
    inputs
}

/// What a form says below its field, where nothing of JSON need be said.
fn help(settings: &Settings, noun: &str) -> String {
    let (tokens, most) = (settings.max_length, settings.config.max_items);
    let read = format!("Of a {noun} the model reads at most {tokens} tokens");
    match most {
        1 => format!("{read}."),
        _ => format!("{read}; at most {most} {noun}s go in one request."),
    }
}

/// One entry of a list.
fn item(pairs: bool) -> Value {
    let mut item = object(pairs);
    if pairs {
        item["required"] = json!(["text", "text_pair"]);
        item["type"] = json!(["string", "array", "object"]);
        item["items"] = json!({"type": "string"});
        item["minItems"] = json!(2);
        item["maxItems"] = json!(2);
    } else {
        item["type"] = json!(["string", "object"]);
        item["minProperties"] = json!(1);
        item["dependentRequired"] = json!({"text_pair": ["text"]});
        item["properties"]["token_ids"] = token_ids();
    }
    item
}

fn token_ids() -> Value {
    json!({
        "title": "Token ids",
        "description": "A text as ids of the model's own tokenizer; special tokens are added where there is none.",
        "type": "array",
        "items": {"type": "integer", "minimum": 0},
        "minItems": 1,
        "x-ui": {"widget": "hidden"},
    })
}

fn object(pairs: bool) -> Value {
    json!({
        "properties": {
            "text": {
                "title": if pairs { "First text" } else { "Text" },
                "type": "string",
                "x-ui": {"widget": "textarea", "order": 1},
            },
            "text_pair": {
                "title": "Second text",
                "type": "string",
                "x-ui": {"widget": "textarea", "order": 2, "advanced": !pairs},
            },
        },
        "additionalProperties": false,
    })
}

fn parameters(settings: &Settings, least: usize) -> Value {
    // Two names of one thing: a form needs the first alone.
    let truncation = |title: &str, widget: &str| {
        json!({
            "title": title,
            "description": "Whether a text that is too long is cut; else it is refused.",
            "type": "boolean",
            "default": true,
            "x-ui": {"widget": widget, "advanced": true},
        })
    };
    let side = match settings.truncation {
        crate::cut::Side::Left => "left",
        crate::cut::Side::Right => "right",
    };
    json!({
        "type": "object",
        "properties": {
            "truncation": truncation("Truncation", "switch"),
            "truncate": truncation("Truncate", "hidden"),
            "truncation_direction": {
                "title": "Truncation direction",
                "description": "The end that a text loses where it is too long.",
                "type": "string",
                "enum": ["left", "right", "Left", "Right"],
                "default": side,
                "x-ui": {"widget": "select", "options": ["left", "right"], "advanced": true},
            },
            "max_length": {
                "title": "Maximum length",
                "description": format!(
                    "The most tokens of a text, special ones included, up to {}.",
                    settings.max_length
                ),
                "type": "integer",
                "minimum": least,
                "maximum": settings.max_length,
                "default": settings.max_length,
                "x-ui": {"widget": "number", "advanced": true},
            },
        },
        "additionalProperties": false,
    })
}
