//! What is served, and how it is doing.
//! Must not know how a prediction is asked for.

use super::operation::Operation;
use super::problem::Problem;
use super::{Family, Served, parts};
use serde_json::{Value, json};

const TAG: &str = "Models";

pub(super) fn family(served: &Served) -> Family {
    let list = Operation::get("/models", "list_models")
        .tag(TAG)
        .says(
            "All models",
            "A few words of each, and what is wrong with manifests that no model was made of.",
        )
        .answers(
            200,
            "The models.",
            parts::json(parts::schema("Models"), Value::Null),
            &[],
        );
    let mut operations = vec![list];
    for model in &served.models {
        let name = &model.entry.name;
        operations.push(
            Operation::get(format!("/models/{name}"), format!("describe_{name}"))
                .tag(name)
                .says(
                    format!("Everything about {name}"),
                    "State, versions, digests, signature, schemas, limits, examples and card.",
                )
                .answers(
                    200,
                    "The model.",
                    parts::json(parts::schema("Model"), Value::Null),
                    &[],
                )
                .refuses([Problem::NotFound]),
        );
        operations.push(
            Operation::get(format!("/models/{name}/live"), format!("watch_{name}"))
                .tag(name)
                .says(
                    format!("How {name} is doing"),
                    "Requests, median and 99th percentile of the last 1,024 answers, and what waits.",
                )
                .answers(200, "The numbers.", parts::json(parts::schema("Live"), Value::Null), &[])
                .refuses([Problem::NotFound]),
        );
        operations.push(
            info_of(
                format!("/models/{name}/info"),
                format!("info_{name}"),
                format!("{name} in a few words"),
            )
            .tag(name),
        );
        operations.push(
            Operation::get(format!("/models/{name}/health"), format!("health_{name}"))
                .tag(name)
                .says(format!("Whether {name} answers"), "")
                .answers(
                    200,
                    "It does.",
                    parts::json(parts::schema("Alive"), json!({"status": "ok"})),
                    &[],
                )
                .refuses([Problem::NotFound, Problem::NotReady]),
        );
    }
    Family {
        tags: vec![(TAG.to_owned(), "What is served".to_owned())],
        operations,
        schemas: vec![
            ("Models".to_owned(), models()),
            ("Model".to_owned(), model()),
            ("Live".to_owned(), live()),
            ("Version".to_owned(), version()),
            ("Info".to_owned(), info()),
        ],
    }
}

fn or_null(kind: &str) -> Value {
    json!({"type": [kind, "null"]})
}

fn state() -> Value {
    json!({"type": "string", "enum": ["ready", "loading", "failed"]})
}

fn models() -> Value {
    json!({
        "type": "object",
        "properties": {
            "models": {"type": "array", "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "title": or_null("string"),
                    "default": {"type": "boolean", "description": "whether it answers /predict"},
                    "state": state(),
                    "error": or_null("string"),
                    "task": or_null("string"),
                    "version": or_null("string"),
                    "revision": or_null("string"),
                    "sha256": or_null("string"),
                },
                "required": ["name", "default", "state"],
            }},
            "problems": {"type": "array", "items": {
                "type": "object",
                "properties": {"file": or_null("string"), "error": {"type": "string"}},
                "required": ["file", "error"],
            }},
        },
        "required": ["models", "problems"],
    })
}

fn model() -> Value {
    let version = json!({"anyOf": [parts::schema("Version"), {"type": "null"}]});
    json!({
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "title": or_null("string"),
            "description": or_null("string"),
            "default": {"type": "boolean"},
            "task": or_null("string"),
            "state": state(),
            "stage": {"type": ["string", "null"], "description": "what a load under way is doing"},
            "error": {"type": ["string", "null"], "description": "why the last load failed"},
            "retry_in_s": or_null("number"),
            "version": version,
            "previous": version,
            "trial": version,
            "attempts": {"type": "array", "items": {"type": "object"}},
            "source": {"type": "object"},
            "revision": or_null("string"),
            "file": {"type": "string"},
            "sha256": or_null("string"),
            "bytes": or_null("integer"),
            "examples": {"type": "array", "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "request": {}, "actual": {}},
                "required": ["name", "request"],
            }},
            "limits": {"type": "object"},
            "signature": {"type": ["object", "null"], "description": "the model's own inputs and outputs"},
            "media_types": {"type": ["array", "null"], "items": {"type": "string"}},
            "bare": {"type": "boolean", "description": "whether the whole body of a response is the answer"},
            "plugins": {"type": "object"},
            "request_schema": or_null("object"),
            "response_schema": or_null("object"),
            "card": or_null("object"),
            "evaluation": {},
        },
        "required": ["name", "default", "state", "attempts", "source", "examples", "limits"],
    })
}

fn version() -> Value {
    json!({
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "revision": or_null("string"),
            "sha256": {"type": "string"},
            "since": {"type": "number", "description": "seconds since 1970"},
            "answered": {"type": "integer", "minimum": 0},
            "failed": {"type": "integer", "minimum": 0},
            "gate": {"type": "array", "items": {"type": "object"}},
        },
        "required": ["id", "sha256", "since", "answered", "failed"],
    })
}

fn live() -> Value {
    let count = json!({"type": "integer", "minimum": 0});
    json!({
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "state": state(),
            "stage": or_null("string"),
            "answered": count,
            "refused": count,
            "failed": count,
            "timed": count,
            "p50_ms": or_null("number"),
            "p99_ms": or_null("number"),
            "waiting": count,
            "queue": count,
            "version": or_null("string"),
            "since": or_null("number"),
        },
        "required": ["name", "state", "answered", "refused", "failed", "waiting", "queue"],
    })
}

/// What describes a model in a few words, at `path`.
pub(super) fn info_of(path: String, id: String, summary: String) -> Operation {
    let described = "As `huggingface_hub`'s `InferenceClient.get_endpoint_info` reads it.";
    let content = parts::json(parts::schema("Info"), Value::Null);
    Operation::get(path, id)
        .says(summary, described)
        .answers(200, "The model.", content, &[])
        .refuses([Problem::NotFound])
}

fn info() -> Value {
    let or_null = |kind: &str| json!({"type": [kind, "null"]});
    json!({
        "type": "object",
        "properties": {
            "model_id": {"type": "string", "description": "the repo on the Hub, or the model's name"},
            "model_sha": or_null("string"),
            "model_pipeline_tag": or_null("string"),
            "max_concurrent_requests": {"type": "integer"},
            "max_batch_size": or_null("integer"),
            "version": {"type": "string"},
        },
        "required": ["model_id", "model_sha", "model_pipeline_tag", "version"],
    })
}
