//! `GET /events`: what happens to models, as server-sent events for as long as the client listens.
//! Must not know what makes things happen.

use super::Shared;
use super::reject::Reject;
use crate::events::Event;
use futures_util::Stream;
use futures_util::stream::unfold;
use serde_json::json;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use warp::Reply as _;
use warp::http::header::{CACHE_CONTROL, HeaderValue};
use warp::reply::Response;
use warp::sse;

/// Each listener holds a connection.
const MOST_LISTENERS: usize = 128;
/// Proxies drop what is silent for longer.
const ALIVE: Duration = Duration::from_secs(15);

pub(super) fn listen(shared: &Arc<Shared>) -> Response {
    let events = shared.registry.events();
    if events.listeners() >= MOST_LISTENERS {
        let reason = format!("{MOST_LISTENERS} listeners are the most; try again later");
        return Reject::Overloaded(reason).into_response();
    }
    let alive = sse::keep_alive().interval(ALIVE);
    let mut response = sse::reply(alive.stream(stream(shared))).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // nginx would hold events back until its buffer is full.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// Ends when the process does, or where the client is too slow to follow.
fn stream(shared: &Arc<Shared>) -> impl Stream<Item = Result<sse::Event, Infallible>> + use<> {
    let events = shared.registry.events().listen();
    let state = (shared.clone(), events);
    unfold(state, |(shared, mut events)| async move {
        let event = tokio::select! {
            event = events.recv() => event,
            () = shared.registry.drained() => return None,
        };
        let event = match event {
            Ok(event) => written(&event),
            Err(RecvError::Lagged(missed)) => {
                let data = json!({ "missed": missed });
                sse::Event::default().event("missed").data(data.to_string())
            }
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(event), (shared, events)))
    })
}

fn written(event: &Event) -> sse::Event {
    let data = json!({
        "model": event.model,
        "kind": event.kind.name(),
        "text": event.text,
        "at": event.at.as_millis() as f64 / 1e3,
    });
    sse::Event::default()
        .event(event.kind.name())
        .data(data.to_string())
}
