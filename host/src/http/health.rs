//! Probes and metrics: alive, ready, counted.
//! Must not know what is served.

use super::reject::Reject;
use super::{Shared, call, find};
use serde_json::{Map, Value, json};
use warp::http::StatusCode;
use warp::http::header::{CONTENT_TYPE, HeaderValue};
use warp::reply::Response;

/// 200 for as long as the process answers at all: only a restart would help where this fails.
pub(super) fn live() -> Response {
    json_response(StatusCode::OK, &json!({"status": "ok"}))
}

/// 200 when every model answers and the process is not ending, else 503 with what is missing.
pub(super) fn ready(shared: &Shared) -> Response {
    let registry = &shared.registry;
    let is_ready = registry.is_ready();
    let models: Map<String, Value> = registry
        .entries()
        .iter()
        .map(|entry| {
            let loading = entry.loading();
            let state = match entry.live() {
                Some(_) => "ready".to_owned(),
                None => loading
                    .stage
                    .or(loading.error)
                    .unwrap_or_else(|| "loading".to_owned()),
            };
            (entry.name.clone(), json!(state))
        })
        .collect();
    let status = if is_ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    json_response(
        status,
        &json!({"ready": is_ready, "draining": registry.is_draining(), "models": models}),
    )
}

/// 200 while the model called `name` answers, as Hugging Face's clients ask at a model's own address.
pub(super) fn model(shared: &Shared, name: &str) -> Response {
    let entry = match find::named(shared, name) {
        Ok(entry) => entry,
        Err(reject) => return reject.into_response(),
    };
    match entry.live() {
        Some(_) => json_response(StatusCode::OK, &json!({"status": "ok"})),
        None => call::not_ready(&entry).into_response(),
    }
}

/// The Prometheus text exposition.
pub(super) fn metrics(shared: &Shared) -> Response {
    match shared.metrics.text() {
        Ok(text) => {
            let mut response = Response::new(text.into());
            response.headers_mut().insert(
                CONTENT_TYPE,
                HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"),
            );
            response
        }
        Err(error) => Reject::Internal(error.to_string()).into_response(),
    }
}

/// `value` as a JSON response.
pub(super) fn json_response(status: StatusCode, value: &Value) -> Response {
    let mut response = Response::new(value.to_string().into());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
