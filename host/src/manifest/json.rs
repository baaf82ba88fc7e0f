//! A free-form value of a manifest as JSON.
//! Must not know who gets it; it refuses only what JSON cannot say.

use super::fields::entries;
use super::misfit::tag_refused;
use super::problems::{Problems, join};
use super::words::key;
use super::yaml::{Node, Value};

/// The value of `node`; where JSON has none, a problem and null.
pub(super) fn json(node: &Node, path: &str, problems: &Problems) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(flag) => (*flag).into(),
        Value::Int(int) => {
            let number = u64::try_from(*int)
                .map(Into::into)
                .or_else(|_| i64::try_from(*int).map(Into::into));
            number.unwrap_or_else(|_| {
                problems.add(
                    path,
                    node.at,
                    "does not fit into 64 bits; put it in quotes, or write it with a `.`",
                );
                serde_json::Value::Null
            })
        }
        Value::Float(float) => serde_json::Number::from_f64(*float).map_or_else(
            || {
                problems.add(path, node.at, "NaN and infinity are no numbers of JSON");
                serde_json::Value::Null
            },
            serde_json::Value::Number,
        ),
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => {
            let item = |(i, item): (usize, &Node)| json(item, &format!("{path}[{i}]"), problems);
            serde_json::Value::Array(items.iter().enumerate().map(item).collect())
        }
        Value::Map(map) => {
            let entry = |(name, _, value): (&str, _, &Node)| {
                (
                    name.to_owned(),
                    json(value, &join(path, &key(name)), problems),
                )
            };
            serde_json::Value::Object(
                entries(map, path, problems)
                    .into_iter()
                    .map(entry)
                    .collect(),
            )
        }
        Value::Tagged(tag) => {
            problems.add(path, node.at, &tag_refused(tag));
            serde_json::Value::Null
        }
    }
}
