//! `GET /v1/models` and `/v1/models/{name}`: OpenAI's list, with what KServe's version 1 has beside it.
//! Must not know what the models do.

use crate::http::dialect::Dialect;
use crate::http::health::json_response;
use crate::http::{Shared, call, find};
use crate::registry::Entry;
use serde_json::{Value, json};
use warp::http::StatusCode;
use warp::reply::Response;

/// All that answer.
pub(in crate::http) fn list(shared: &Shared) -> Response {
    let entries = shared.registry.entries();
    let live = || entries.iter().filter(|entry| entry.live().is_some());
    let data: Vec<Value> = live().map(|entry| model(entry)).collect();
    let names: Vec<&str> = live().map(|entry| entry.name.as_str()).collect();
    let list = json!({"object": "list", "data": data, "models": names});
    json_response(StatusCode::OK, &list)
}

/// The one called `name`; 503 while it does not answer.
pub(in crate::http) fn one(shared: &Shared, name: &str) -> Response {
    let entry = match find::named(shared, name) {
        Ok(entry) => entry,
        Err(reject) => return reject.written_in(Dialect::OpenAi),
    };
    match entry.live() {
        Some(_) => json_response(StatusCode::OK, &model(&entry)),
        None => call::not_ready(&entry).written_in(Dialect::OpenAi),
    }
}

fn model(entry: &Entry) -> Value {
    let live = entry.live();
    json!({
        "id": entry.name,
        "object": "model",
        "created": live.as_ref().map_or(0, |live| live.since.as_secs()),
        "owned_by": "modelhost",
        "name": entry.name,
        "ready": live.is_some(),
    })
}
