//! Why a request does not fit its schema, in one sentence with the place.
//! Must not know which schema; never repeats the caller's values, which may be huge.

use super::schema::escape;
use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

/// What is wrong, and the JSON pointer of where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) message: String,
    pub(super) field: String,
}

/// Puts `error`, found while checking against `schema`, into words.
pub(super) fn refusal(error: &ValidationError<'_>, schema: &Value) -> Refusal {
    let field = error.instance_path().as_str().to_owned();
    let name = name(&field);
    let say = |message: String| Refusal {
        message,
        field: field.clone(),
    };
    match error.kind() {
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            match closest(context, error.instance_path().as_str()) {
                Some(inner) => refusal(inner, schema),
                None => say(format!(
                    "{name} must be {}, not {}",
                    branches(error, schema),
                    kind_of(error.instance())
                )),
            }
        }
        Kind::Required { property } => {
            let property = property.as_str().unwrap_or_default();
            let hint = tensor_hint(error, schema, property);
            Refusal {
                message: format!("`{property}` is missing{hint}"),
                field: format!("{field}/{}", escape(property)),
            }
        }
        Kind::AdditionalProperties { unexpected } => {
            let unknown = unexpected.first().map_or("", String::as_str);
            let allowed = allowed(error, schema);
            let hint = match nearest(unknown, &allowed) {
                Some(near) => format!("did you mean `{near}`?"),
                None if allowed.is_empty() => "none is allowed here".to_owned(),
                None => format!("allowed: {}", allowed.join(", ")),
            };
            Refusal {
                message: format!("unknown field `{}`; {hint}", shorten(unknown)),
                field: format!("{field}/{}", escape(&shorten(unknown))),
            }
        }
        Kind::Type { kind } => say(format!(
            "{name} must be {}, not {}",
            expected(kind),
            kind_of(error.instance())
        )),
        Kind::Minimum { limit } => say(format!("{name} must be at least {}", bound(limit))),
        Kind::Maximum { limit } => say(format!("{name} must be at most {}", bound(limit))),
        Kind::ExclusiveMinimum { limit } => {
            say(format!("{name} must be more than {}", bound(limit)))
        }
        Kind::ExclusiveMaximum { limit } => {
            say(format!("{name} must be less than {}", bound(limit)))
        }
        Kind::MinItems { limit } => say(format!(
            "{name} must have at least {limit} {}, it has {}",
            if *limit == 1 { "item" } else { "items" },
            length(error.instance())
        )),
        Kind::MaxItems { limit } => say(format!(
            "{name} must have at most {limit} items, it has {}",
            length(error.instance())
        )),
        Kind::MinLength { limit } => say(format!("{name} must have at least {limit} characters")),
        Kind::MaxLength { limit } => say(format!("{name} must have at most {limit} characters")),
        Kind::Enum { options } => say(format!("{name} must be one of {options}")),
        Kind::Constant { expected_value } => say(format!("{name} must be {expected_value}")),
        Kind::Pattern { pattern } => say(match sibling(error, schema, "format") {
            Some(format) => format!("{name} must be a {}", like(error, schema, format)),
            None => format!("{name} must match {pattern}"),
        }),
        Kind::Format { format } => say(format!("{name} must be a {}", like(error, schema, format))),
        Kind::MultipleOf { multiple_of } => {
            say(format!("{name} must be a multiple of {multiple_of}"))
        }
        Kind::UniqueItems => say(format!("{name} must not repeat an item")),
        other => say(format!(
            "{name} does not fit the schema's `{}`",
            other.keyword()
        )),
    }
}

/// The complaint of the alternative that the value was meant for: the one that finds nothing wrong with its type.
fn closest<'a>(
    context: &'a [Vec<ValidationError<'static>>],
    here: &str,
) -> Option<&'a ValidationError<'static>> {
    context
        .iter()
        .filter(|errors| {
            !errors.iter().any(|error| {
                matches!(error.kind(), Kind::Type { .. }) && error.instance_path().as_str() == here
            })
        })
        .find_map(|errors| errors.first())
}

/// The types of the alternatives that `error` failed.
fn branches(error: &ValidationError<'_>, schema: &Value) -> String {
    let types: Vec<&str> = schema
        .pointer(error.schema_path().as_str())
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|branch| branch.get("type")?.as_str())
        .map(in_words)
        .collect();
    if types.is_empty() {
        "something else".to_owned()
    } else {
        types.join(" or ")
    }
}

/// Another keyword of the schema that `error` is about, when it is a text.
fn sibling<'a>(error: &ValidationError<'_>, schema: &'a Value, keyword: &str) -> Option<&'a str> {
    let (parent, _) = error.schema_path().as_str().rsplit_once('/')?;
    schema.pointer(&format!("{parent}/{keyword}"))?.as_str()
}

/// `format` with the example that the schema gives of it.
fn like(error: &ValidationError<'_>, schema: &Value, format: &str) -> String {
    let example = error
        .schema_path()
        .as_str()
        .rsplit_once('/')
        .and_then(|(parent, _)| schema.pointer(&format!("{parent}/examples/0")))
        .and_then(Value::as_str);
    match example {
        Some(example) => format!("{format} such as {example}"),
        None => format.to_owned(),
    }
}

fn allowed(error: &ValidationError<'_>, schema: &Value) -> Vec<String> {
    let path = error.schema_path().as_str();
    path.strip_suffix("/additionalProperties")
        .and_then(|parent| schema.pointer(&format!("{parent}/properties")))
        .and_then(Value::as_object)
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default()
}

fn nearest<'a>(unknown: &str, allowed: &'a [String]) -> Option<&'a str> {
    allowed
        .iter()
        .map(|name| (strsim::jaro_winkler(unknown, name), name.as_str()))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

fn expected(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(single) => in_words(&single.to_string()).to_owned(),
        TypeKind::Multiple(several) => several
            .iter()
            .map(|one| in_words(&one.to_string()).to_owned())
            .collect::<Vec<_>>()
            .join(" or "),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number with a fraction",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A type of JSON Schema in words.
fn in_words(kind: &str) -> &str {
    match kind {
        "array" => "a list",
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        "object" => "an object",
        "string" => "a string",
        other => other,
    }
}

fn length(value: &Value) -> usize {
    value.as_array().map_or(0, Vec::len)
}

fn shorten(name: &str) -> String {
    let mut short: String = name.chars().take(64).collect();
    if short.len() < name.len() {
        short.push('…');
    }
    short
}

/// The value at `field` as a reader would call it: `series`, `series[3]`.
fn name(field: &str) -> String {
    let segments: Vec<&str> = field.split('/').skip(1).collect();
    let is_index = |segment: &&str| segment.bytes().all(|byte| byte.is_ascii_digit());
    let indices = segments.iter().rev().take_while(|s| is_index(s)).count();
    let (path, indices) = segments.split_at(segments.len() - indices);
    let Some(last) = path.last() else {
        return "the request".to_owned();
    };
    let indices: String = indices.iter().map(|index| format!("[{index}]")).collect();
    format!("`{}{indices}`", unescape(last))
}

/// A bound as people write it.
fn bound(limit: &Value) -> String {
    match limit.as_f64() {
        Some(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        _ => limit.to_string(),
    }
}

/// What a missing tensor should have been.
fn tensor_hint(error: &ValidationError<'_>, schema: &Value, property: &str) -> String {
    let path = error.schema_path().as_str();
    path.strip_suffix("/required")
        .and_then(|parent| {
            let tensor = format!("{parent}/properties/{}/x-tensor", escape(property));
            let tensor = schema.pointer(&tensor)?;
            let dtype = tensor["dtype"].as_str()?;
            Some(format!("; it is {dtype} {}", tensor["shape"]))
        })
        .unwrap_or_default()
}

fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refuse(schema: &Value, request: &Value) -> (String, String) {
        let validator = jsonschema::validator_for(schema).expect("a schema");
        let error = validator.iter_errors(request).next().expect("refused");
        let refusal = refusal(&error, schema);
        (refusal.message, refusal.field)
    }

    fn schema() -> Value {
        let item = json!({
            "type": "object",
            "properties": {
                "series": {"type": "array", "items": {"type": ["number", "null"]}, "minItems": 2},
                "start": {"type": "string"},
            },
            "required": ["series"],
            "additionalProperties": false,
        });
        json!({
            "type": "object",
            "properties": {"inputs": {"anyOf": [item, {"type": "array", "items": item}]}},
            "required": ["inputs"],
            "additionalProperties": false,
        })
    }

    #[test]
    fn each_refusal_names_the_field_and_the_fix() {
        let cases = [
            (json!({}), "`inputs` is missing", "/inputs"),
            (
                json!({"inputs": {}}),
                "`series` is missing",
                "/inputs/series",
            ),
            (
                json!({"inputs": {"serie": []}}),
                "unknown field `serie`; did you mean `series`?",
                "/inputs/serie",
            ),
            (
                json!({"inputs": {"series": [1, 2], "strat": ""}}),
                "unknown field `strat`; did you mean `start`?",
                "/inputs/strat",
            ),
            (
                json!({"inputs": {"series": [1, "2"]}}),
                "`series[1]` must be null or a number, not a string",
                "/inputs/series/1",
            ),
            (
                json!({"inputs": [{"series": [1]}]}),
                "`series` must have at least 2 items, it has 1",
                "/inputs/0/series",
            ),
            (
                json!({"inputs": 7}),
                "`inputs` must be an object or a list, not a number",
                "/inputs",
            ),
            (
                json!({"inputs": {"series": [1, 2]}, "options": 1}),
                "unknown field `options`; allowed: inputs",
                "/options",
            ),
            (json!([]), "the request must be an object, not a list", ""),
        ];
        for (request, message, field) in cases {
            let found = refuse(&schema(), &request);
            assert_eq!((found.0.as_str(), found.1.as_str()), (message, field));
        }
    }
}
