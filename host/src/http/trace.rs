//! Around every request: its id, its time, its line in the log, its place in the metrics.
//! Must not know what the request asks.

use super::access::Peer;
use super::{Labels, Shared, context};
use crate::spans;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper::{HeaderMap, Request};
use std::convert::Infallible;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::Instrument as _;
use warp::http::HeaderValue;
use warp::http::header::{ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use warp::reply::Response;

const REQUEST_ID: &str = "x-request-id";
/// Longer ids from outside are replaced: they go into every line of the log.
const MAX_ID_BYTES: usize = 128;
/// Asked every few seconds by whoever watches the server.
const UNRECORDED: [&str; 3] = ["/health", "/ready", "/metrics"];

pub(super) async fn answer<S>(
    service: S,
    shared: Arc<Shared>,
    mut request: Request<Incoming>,
) -> Response
where
    S: Service<Request<Incoming>, Response = Response, Error = Infallible>,
{
    let start = Instant::now();
    let in_flight = shared.metrics.request_started();
    let id = request_id(request.headers());
    // Some answers repeat it.
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let peer = request.extensions().get::<Peer>().cloned();
    let caller = context::of(request.headers());
    let recorded = match UNRECORDED.contains(&path.as_str()) {
        true => None,
        false => shared.spans.begin(caller.as_ref()),
    };
    let place = recorded.as_ref().map(spans::Request::place).or(caller);
    let span = tracing::info_span!(
        "request",
        id = %String::from_utf8_lossy(id.as_bytes()),
        trace = place.as_ref().map(|place| format!("{:032x}", place.trace_id)),
    );
    let asked = request
        .headers()
        .get(ORIGIN)
        .map(|_| request.headers().clone());
    let gate = &shared.gate;
    let mut response = match gate.origins().preflight(&method, request.headers()) {
        Some(response) => response,
        None => {
            let Ok(response) = service.call(request).instrument(span.clone()).await;
            response
        }
    };
    if let Some(asked) = asked {
        gate.origins().mark(&asked, &mut response);
    }
    if gate.is_careful() {
        careful(response.headers_mut());
    }
    let labels = response.extensions_mut().remove().unwrap_or(Labels {
        model: String::new(),
        route: "other",
    });
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id.clone());
    if let Some(place) = &place {
        context::mark(place, headers);
    }
    if let Some(peer) = peer {
        peer.mark(headers);
    }
    let status = response.status().as_u16();
    let took = start.elapsed();
    shared
        .metrics
        .request_answered(&labels.model, labels.route, status, took);
    drop(in_flight);
    if let Some(recorded) = recorded {
        let text = |text: &HeaderValue| String::from_utf8_lossy(text.as_bytes()).into_owned();
        let timing = response.headers().get("server-timing").map(text);
        recorded.end(spans::Answer {
            name: format!("{method} {}", labels.route),
            said: vec![
                ("http.request.method", method.to_string()),
                ("url.path", path.clone()),
                ("modelhost.route", labels.route.to_owned()),
                ("modelhost.model", labels.model.clone()),
                ("modelhost.request_id", text(&id)),
            ],
            status,
            stages: timing.as_deref().map(stages).unwrap_or_default(),
        });
    }
    // Three digits: the rest is noise.
    let took_ms = (took.as_secs_f64() * 1e6).round() / 1e3;
    let model = labels.model;
    // Probes, the page and what goes well would drown the rest.
    span.in_scope(|| match labels.route {
        "predict" | "infer" | "v1_predict" | "embeddings" | "forecast" | "other"
            if status >= 400 =>
        {
            tracing::info!(%method, path, status, took_ms, model, "answered")
        }
        _ => tracing::debug!(%method, path, status, took_ms, model, "answered"),
    });
    response
}

/// The stages in `Server-Timing`, without their sum.
fn stages(timing: &str) -> Vec<(&str, Duration)> {
    let parts = timing.split(',').filter_map(|part| {
        let (stage, ms) = part.trim().split_once(";dur=")?;
        let took = Duration::try_from_secs_f64(ms.parse::<f64>().ok()? / 1e3).ok()?;
        (stage != "total").then_some((stage, took))
    });
    parts.collect()
}

/// What tells browsers to take an answer for nothing but what it says it is.
fn careful(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
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
