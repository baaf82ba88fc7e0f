//! `GET /events`: what happens to models, as server-sent events for as long as the client listens.
//! Must not know what makes things happen.

use super::Shared;
use super::reject::Reject;
use crate::events::Event;
use futures_util::Stream;
use futures_util::stream::unfold;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use warp::Reply as _;
use warp::http::header::{CACHE_CONTROL, HeaderValue};
use warp::reply::Response;
use warp::sse;

/// Each listener holds a connection.
const MOST_LISTENERS: usize = 128;
/// Proxies drop what is silent for longer.
pub(super) const ALIVE: Duration = Duration::from_secs(15);

pub(super) fn listen(shared: &Arc<Shared>) -> Response {
    let events = match heard(shared) {
        Ok(events) => events,
        Err(reject) => return reject.into_response(),
    };
    let alive = sse::keep_alive().interval(ALIVE);
    let mut response = sse::reply(alive.stream(stream(shared, events))).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // nginx would hold events back until its buffer is full.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// What happens from now on, for one more listener.
pub(super) fn heard(shared: &Shared) -> Result<Receiver<Event>, Reject> {
    let events = shared.registry.events();
    if events.listeners() >= MOST_LISTENERS {
        let reason = format!("{MOST_LISTENERS} listeners are the most; try again later");
        return Err(Reject::Overloaded(reason));
    }
    Ok(events.listen())
}

/// Ends when the process does, or where the client is too slow to follow.
fn stream(
    shared: &Arc<Shared>,
    events: Receiver<Event>,
) -> impl Stream<Item = Result<sse::Event, Infallible>> + use<> {
    let state = (shared.clone(), events);
    unfold(state, |(shared, mut events)| async move {
        let event = tokio::select! {
            event = events.recv() => event,
            () = shared.registry.drained() => return None,
        };
        let (kind, data) = written(event)?;
        let event = sse::Event::default().event(kind).data(data.to_string());
        Some((Ok(event), (shared, events)))
    })
}

/// What kind of event it is, and all of it; none once there will be no more.
pub(super) fn written(event: Result<Event, RecvError>) -> Option<(&'static str, Value)> {
    match event {
        Ok(event) => {
            let kind = event.kind.name();
            let data = json!({
                "model": event.model,
                "kind": kind,
                "text": event.text,
                "at": event.at.as_millis() as f64 / 1e3,
            });
            Some((kind, data))
        }
        Err(RecvError::Lagged(missed)) => {
            let kind = "missed";
            Some((kind, json!({ "kind": kind, "missed": missed })))
        }
        Err(RecvError::Closed) => None,
    }
}
