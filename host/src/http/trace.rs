//! Around every request: its id, its time, its line in the log, its place in the metrics.
//! Must not know what the request asks.

use super::{Labels, Shared};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper::{HeaderMap, Request};
use std::convert::Infallible;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Instant;
use tracing::Instrument as _;
use warp::http::HeaderValue;
use warp::reply::Response;

const REQUEST_ID: &str = "x-request-id";
/// Longer ids from outside are replaced: they go into every line of the log.
const MAX_ID_BYTES: usize = 128;

pub(super) async fn answer<S>(
    service: S,
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Response
where
    S: Service<Request<Incoming>, Response = Response, Error = Infallible>,
{
    let start = Instant::now();
    let in_flight = shared.metrics.request_started();
    let id = request_id(request.headers());
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let span = tracing::info_span!("request", id = %String::from_utf8_lossy(id.as_bytes()));
    let Ok(mut response) = service.call(request).instrument(span.clone()).await;
    let labels = response.extensions_mut().remove().unwrap_or(Labels {
        model: String::new(),
        route: "other",
    });
    response.headers_mut().insert(REQUEST_ID, id);
    let status = response.status().as_u16();
    let took = start.elapsed();
    shared
        .metrics
        .request_answered(&labels.model, labels.route, status, took);
    drop(in_flight);
    // Three digits: the rest is noise.
    let took_ms = (took.as_secs_f64() * 1e6).round() / 1e3;
    let model = labels.model;
    // Probes, the page and what goes well would drown the rest.
    span.in_scope(|| match labels.route {
        "predict" | "other" if status >= 400 => {
            tracing::info!(%method, path, status, took_ms, model, "answered")
        }
        _ => tracing::debug!(%method, path, status, took_ms, model, "answered"),
    });
    response
}

/// The client's id when it is fit to be logged, else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    headers
        .get(REQUEST_ID)
        .filter(|id| !id.is_empty() && id.len() <= MAX_ID_BYTES)
        .filter(|id| id.as_bytes().iter().all(u8::is_ascii_graphic))
        .cloned()
        .unwrap_or_else(|| {
            let random = RandomState::new().hash_one(0u8);
            HeaderValue::from_str(&format!("{random:016x}")).expect("hex digits fit a header")
        })
}
