//! The sentences for what does not fit the schema: wrong types, missing and unknown fields.
//! Must not know where the misfit stands.

use super::schema::{BLOCKS, Block, Kind};
use super::words::{listed, nearest, quoted};
use super::yaml::{Node, Value};

/// What `node` is, in a sentence that goes on.
pub(super) fn found(node: &Node) -> String {
    match &node.value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(flag) => format!("`{flag}`"),
        Value::Int(int) => format!("the number `{int}`"),
        Value::Float(float) => format!("the number `{float:?}`"),
        Value::Text(text) => format!("the text {}", quoted(text)),
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "a mapping".to_owned(),
        Value::Tagged(tag) => format!("the tag {}", quoted(tag)),
    }
}

pub(super) fn tag_refused(tag: &str) -> String {
    format!(
        "the tag {} is not supported; write the plain value",
        quoted(tag)
    )
}

pub(super) fn mistaken(node: &Node, expected: &str, hint: &str) -> String {
    match &node.value {
        Value::Tagged(tag) => tag_refused(tag),
        Value::Null => {
            format!(
                "expected {expected}, found nothing; write a value, or leave an optional field out"
            )
        }
        _ => format!("expected {expected}, found {}{hint}", found(node)),
    }
}

/// What a field that is missing should hold, to go behind the word.
pub(super) fn expected(kind: &Kind) -> String {
    match kind {
        Kind::Any => String::new(),
        Kind::Block(inner) => {
            format!(
                "; it is a mapping of {}",
                listed(inner.fields.iter().map(|field| field.name))
            )
        }
        Kind::Plugin(_) => {
            "; name a bundled plugin, a file such as `./mine.wasm`, or `{repo, revision, file}`"
                .to_owned()
        }
        other => format!(" ({})", other.label()),
    }
}

/// What to write in place of an unknown field.
pub(super) fn unknown(block: &Block, name: &str) -> String {
    let elsewhere: Vec<String> = BLOCKS
        .iter()
        .filter(|other| other.field(name).is_some())
        .map(|other| other.title())
        .collect();
    if !elsewhere.is_empty() {
        return format!(
            "no such field here; `{name}` is a field of {}",
            elsewhere.join(", ")
        );
    }
    let names = || block.fields.iter().map(|field| field.name);
    match nearest(name, names()) {
        Some(meant) => format!("no such field; did you mean `{meant}`?"),
        None => format!("no such field; the fields here are {}", listed(names())),
    }
}
