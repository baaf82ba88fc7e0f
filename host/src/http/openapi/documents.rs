//! Pages and documents about the server itself.
//! Must not know what they say.

use super::operation::Operation;
use super::{Family, Served, models, parts};
use serde_json::{Value, json};

const TAG: &str = "Documents";

pub(super) fn family(_: &Served) -> Family {
    let page = || json!({"text/html": {"schema": {"type": "string"}}});
    let model = json!({
        "name": "model",
        "in": "query",
        "description": "the model to show; the default one otherwise",
        "schema": {"type": "string"},
    });
    let known = json!({
        "name": "If-None-Match",
        "in": "header",
        "description": "the `ETag` of a copy that the client has",
        "schema": {"type": "string"},
    });
    let openapi = json!({"type": "object", "required": ["openapi", "paths"]});
    let operations = vec![
        Operation::get("/", "page")
            .says(
                "The page",
                "For people: the form of a model, its answers and its card.",
            )
            .parameter(model)
            .answers(200, "The page.", page(), &["ETag"])
            .answers(304, "The copy is good.", Value::Null, &["ETag"]),
        Operation::get("/openapi.json", "openapi")
            .says("This document", "It follows every change of a model.")
            .parameter(known)
            .answers(
                200,
                "The document.",
                parts::json(openapi, Value::Null),
                &["ETag"],
            )
            .answers(304, "The copy is good.", Value::Null, &["ETag"]),
        Operation::get("/docs", "docs")
            .says(
                "This document, to read and try",
                "Swagger UI, from this server alone.",
            )
            .answers(200, "The page.", page(), &[]),
        models::info_of(
            "/info".to_owned(),
            "info".to_owned(),
            "The default model in a few words".to_owned(),
        ),
    ];
    Family {
        tags: vec![(TAG.to_owned(), "The server's own pages".to_owned())],
        operations: operations.into_iter().map(|one| one.tag(TAG)).collect(),
        schemas: Vec::new(),
    }
}
