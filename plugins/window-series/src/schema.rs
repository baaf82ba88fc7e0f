//! What a configuration accepts, as JSON Schemas for the host's checks, its form and its OpenAPI.
//! Says nothing that `request` does not enforce too.

use crate::config::{Config, Frequency, MAX_VALUE};
use crate::date::Date;
use crate::request::MAX_NAME_CHARS;
use modelhost_plugin::Description;
use serde_json::{Map, Value, json};

/// Of the request's `inputs` and of the one parameter that this stage reads.
pub(crate) fn description(config: &Config) -> Description {
    Description {
        media_types: Vec::new(),
        inputs: Some(inputs(config).to_string()),
        parameters: Some(parameters(config).to_string()),
        outputs: None,
    }
}

/// One item or a list of them, without `anyOf`: every keyword below looks at objects or at lists only,
/// so that a validator reports the field that is wrong and not "matches none of the schemas".
fn inputs(config: &Config) -> Value {
    let item = item(config);
    let mut inputs = item.clone();
    inputs["type"] = json!(["object", "array"]);
    inputs["title"] = json!("Series");
    inputs["description"] = json!(format!(
        "One series, or a list of at most {} of them.",
        config.max_items
    ));
    inputs["items"] = item;
    inputs["minItems"] = json!(1);
    inputs["maxItems"] = json!(config.max_items);
    inputs["examples"] = json!([example(config)]);
    inputs
}

fn item(config: &Config) -> Value {
    let step = match config.frequency {
        Frequency::D => "day",
        Frequency::W => "week",
    };
    let mut properties = json!({
        "series": {
            "title": "History",
            "description": format!(
                "One value a {step}, oldest first, {} to {} of them; null is a gap. The model sees the last {}.",
                config.min_history, config.max_history, config.context
            ),
            "type": "array",
            "items": value(),
            "minItems": config.min_history,
            "maxItems": config.max_history,
            "x-ui": {"widget": "series", "order": 1},
        },
        "start": {
            "title": "Start",
            "description": format!("The date of the first value, {} to {}. Without it the model knows no calendar.", Date::FIRST, Date::LAST),
            "type": "string",
            "format": "date",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            "examples": ["2017-10-25"],
            "x-ui": {"widget": "date", "order": 2},
        },
        "frequency": {
            "title": "Frequency",
            "description": format!("What lies between two values. The model was trained on steps of one {step}."),
            "type": "string",
            "enum": [config.frequency.code()],
            "default": config.frequency.code(),
            "x-ui": {"widget": "select", "order": 3, "advanced": true},
        },
        "item": {
            "title": "Item",
            "description": "A name for this series; it comes back with the forecast and changes nothing.",
            "type": "string",
            "maxLength": MAX_NAME_CHARS,
            "examples": ["COFFEE"],
            "x-ui": {"widget": "text", "order": 4, "advanced": true},
        },
    });
    if !config.covariates.is_empty() {
        properties["past"] = covariates(
            config,
            "Covariates of the history",
            "As many values as the history has; null or nothing is unknown.",
            (config.min_history, config.max_history),
            5,
        );
        properties["future"] = covariates(
            config,
            "Covariates of the forecast",
            &format!(
                "1 to {} values, one a {step} of the forecast; null or nothing is unknown.",
                config.horizon
            ),
            (1, config.horizon),
            6,
        );
    }
    json!({
        "title": "One series",
        "type": "object",
        "properties": properties,
        "required": ["series"],
        "additionalProperties": false,
    })
}

fn value() -> Value {
    json!({"type": ["number", "null"], "minimum": -MAX_VALUE, "maximum": MAX_VALUE})
}

fn covariates(
    config: &Config,
    title: &str,
    description: &str,
    (least, most): (usize, usize),
    order: u32,
) -> Value {
    let series = |name: &String| {
        let series = json!({
            "title": titled(name),
            "type": "array",
            "items": value(),
            "minItems": least,
            "maxItems": most,
            "x-ui": {"widget": "series"},
        });
        (name.clone(), series)
    };
    json!({
        "title": title,
        "description": description,
        "type": "object",
        "properties": config.covariates.iter().map(series).collect::<Map<_, _>>(),
        "additionalProperties": false,
        "x-ui": {"widget": "group", "order": order, "advanced": true},
    })
}

fn parameters(config: &Config) -> Value {
    json!({
        "type": "object",
        "properties": {
            "horizon": {
                "title": "Horizon",
                "description": format!("Steps to forecast, 1 to {}.", config.horizon),
                "type": "integer",
                "minimum": 1,
                "maximum": config.horizon,
                "default": config.horizon,
                "x-ui": {"widget": "number"},
            },
        },
        "additionalProperties": false,
    })
}

/// A week that repeats, long enough to be accepted.
fn example(config: &Config) -> Value {
    let week = [112, 98, 105, 120, 160, 210, 190];
    let steps = config
        .context
        .min(28)
        .clamp(config.min_history, config.max_history);
    json!({
        "series": week.iter().cycle().take(steps).collect::<Vec<_>>(),
        "start": "2017-10-25",
        "item": "COFFEE",
    })
}

/// `list_price` as `List price`.
fn titled(name: &str) -> String {
    let spaced = name.replace(['_', '-'], " ");
    let mut letters = spaced.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
