//! `GET /openapi.json`: the API of the models that are served now, in OpenAPI 3.1.
//! Must not know how any route answers, nor what a task means.

mod admin;
mod documents;
mod events;
mod inference;
mod models;
mod operation;
mod parts;
mod predictions;
mod probes;
mod problem;
mod v1;

use super::ui::{self, Content};
use super::{Shared, conditional};
use crate::registry::Entry;
use crate::service::Service;
use operation::Operation;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use warp::http::HeaderMap;
use warp::reply::Response;

/// The routes, a family at a time, in the order in which they are shown; a further one is a file and a line here.
const FAMILIES: [fn(&Served) -> Family; 8] = [
    predictions::family,
    inference::family,
    v1::family,
    models::family,
    events::family,
    probes::family,
    documents::family,
    admin::family,
];

/// Routes that belong together.
struct Family {
    /// What groups of them are called, and what each is for.
    tags: Vec<(String, String)>,
    operations: Vec<Operation>,
    /// Schemas that they refer to, by name.
    schemas: Vec<(String, Value)>,
}

/// What there is to describe.
struct Served {
    models: Vec<Model>,
    has_keys: bool,
    has_rate: bool,
    has_admin: bool,
}

/// A model, and what answers for it now.
struct Model {
    entry: Arc<Entry>,
    service: Option<Arc<Service>>,
    is_default: bool,
}

pub(super) fn respond(shared: &Shared, headers: &HeaderMap) -> Response {
    let whole = document(&Served::now(shared)).to_string();
    conditional::respond(whole.into_bytes(), headers, |bytes| {
        ui::respond(Content::of(bytes, headers), "application/json", "no-cache")
    })
}

impl Served {
    fn now(shared: &Shared) -> Served {
        let registry = &shared.registry;
        let models = registry.entries().into_iter().map(|entry| Model {
            service: entry.service(),
            is_default: registry.is_default(&entry),
            entry,
        });
        Served {
            models: models.collect(),
            has_keys: shared.gate.asks_for_keys(),
            has_rate: shared.gate.is_limited(),
            has_admin: shared.admin.is_some(),
        }
    }
}

fn document(served: &Served) -> Value {
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut tags = Vec::new();
    let mut schemas = Map::from_iter(problem::schemas());
    let mut responses = Map::new();
    for family in FAMILIES {
        let family = family(served);
        for (name, description) in family.tags {
            tags.push(json!({"name": name, "description": description}));
        }
        schemas.extend(family.schemas);
        for operation in family.operations {
            responses.extend(operation.problems());
            let path = paths.entry(operation.path.clone()).or_default();
            path.insert(operation.method.to_owned(), operation.written());
        }
    }
    let mut components = json!({
        "schemas": schemas,
        "responses": responses,
        "headers": parts::headers(),
    });
    if let Some(schemes) = parts::security_schemes(served.has_keys, served.has_admin) {
        components["securitySchemes"] = schemes;
    }
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": title(served),
            "summary": "ONNX models with their pre- and postprocessing, each from one manifest",
            "description": parts::ABOUT,
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        // Beside this document, wherever a proxy has put it.
        "servers": [{"url": "./"}],
        "tags": tags,
        "paths": paths,
        "components": components,
    })
}

fn title(served: &Served) -> String {
    let default = served.models.iter().find(|model| model.is_default);
    let title = default.map(|model| model.entry.manifest().title.clone());
    title.unwrap_or_else(|| "modelhost".to_owned())
}
