//! Triton's repository extension: which models there are, and an operator's wish to have one loaded or unloaded.
//! Must not know how that is done.

use crate::http::body::{self, Bounds, Incoming};
use crate::http::dialect::Dialect;
use crate::http::health::json_response;
use crate::http::object::Object;
use crate::http::reject::Reject;
use crate::http::{Shared, admin, find};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use warp::http::{HeaderMap, StatusCode};
use warp::reply::Response;

const BOUNDS: Bounds = Bounds {
    bytes: 4096,
    patience: Duration::from_secs(5),
    whole: Duration::from_secs(5),
};

/// As written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    #[serde(default)]
    ready: bool,
}

/// `POST /v2/repository/index`; a body `{"ready": true}` asks for those alone that answer.
pub(in crate::http) async fn index(shared: &Shared, mut body: Incoming) -> Response {
    let asked = body::read(&mut body, None, BOUNDS)
        .await
        .and_then(|body| match &body[..] {
            [] => Ok(Object(Wish::default())),
            body => serde_json::from_slice(body).map_err(|error| {
                Reject::Malformed(format!("the body is not `{{\"ready\": true}}`: {error}"))
            }),
        });
    let asked = match asked {
        Ok(Object(asked)) => asked,
        Err(reject) => {
            body::discard(&mut body).await;
            return reject.written_in(Dialect::Inference);
        }
    };
    let entries = shared.registry.entries().into_iter().filter_map(|entry| {
        let loading = entry.loading();
        let live = entry.live();
        let (state, reason) = match (&live, entry.is_unloaded()) {
            (Some(_), _) => ("READY", String::new()),
            (None, true) => ("UNAVAILABLE", "unloaded".to_owned()),
            (None, false) => match (loading.error, loading.stage) {
                (Some(error), _) => ("UNAVAILABLE", error),
                (None, stage) => ("LOADING", stage.unwrap_or_default()),
            },
        };
        let version = live.as_ref().map_or("", |live| live.name());
        let is_asked = live.is_some() || !asked.ready;
        is_asked.then(
            || json!({"name": entry.name, "version": version, "state": state, "reason": reason}),
        )
    });
    let entries: Vec<Value> = entries.collect();
    json_response(StatusCode::OK, &json!(entries))
}

/// `POST /v2/repository/models/{name}/{load|unload}`, for operators.
pub(in crate::http) fn act(
    shared: &Shared,
    name: &str,
    action: &str,
    headers: &HeaderMap,
) -> Response {
    let done = admin::allowed(shared, headers).and_then(|()| {
        let entry = find::named(shared, name)?;
        match action {
            "load" => entry.load(),
            "unload" => entry.unload_by_operator(),
            other => {
                return Err(Reject::NotFound(format!(
                    "there is no action `{other}`; there are `load` and `unload`"
                )));
            }
        }
        Ok(())
    });
    match done {
        Ok(()) => json_response(StatusCode::OK, &json!({})),
        Err(reject) => reject.written_in(Dialect::Inference),
    }
}
