//! `POST /predict`: a request in, an answer with its timing out.
//! Must not know what the stages do.

use super::body::Incoming;
use super::call::{self, Call, Head};
use super::dialect::Dialect;
use super::form::{Drawing, Form};
use super::kept::{self, Place};
use super::reject::Reject;
use super::{Shared, find, rows};
use crate::cache::Kept;
use crate::pipeline::{Body, Request, Stage};
use crate::service::Service;
use bytes::Bytes;
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;
use warp::http::HeaderMap;
use warp::http::header::{CONTENT_TYPE, HeaderValue};
use warp::reply::Response;

/// Answers with the model called `name`, or the default one.
pub(super) async fn predict(
    shared: Arc<Shared>,
    name: Option<String>,
    head: Head,
    body: Incoming,
) -> Response {
    if let Some(form) = rows::Form::of(&media_type(&head.headers)) {
        return rows::predict(shared, name, form, head, body).await;
    }
    let entry = find::asked(&shared, name.as_deref());
    call::answer(shared, "predict", entry, head, body, Dialect::Ours, answer).await
}

async fn answer(call: Call, bytes: Bytes) -> Result<Response, Reject> {
    let form = Form::accepted(&call.headers, call.service().draws)?;
    let body = Body {
        content_type: media_type(&call.headers),
        bytes,
    };
    // A trial is there to be seen.
    let place = match call.is_tried() {
        true => None,
        false => Place::of(call.service(), &body, form),
    };
    if let Some(place) = &place
        && let Some(kept) = kept::find(&call.shared, &call.entry.name, place).await
    {
        let service = call.service();
        let respond = call.respond(service, &kept.media_type, kept.body, &[]);
        let mut response = respond.await;
        let headers = response.headers_mut();
        headers.insert("x-cache", HeaderValue::from_static("hit"));
        return Ok(response);
    }
    let request = Request::Body(body.clone());
    let ran = call.run(&request, |service, answer| {
        let outputs = answer.outputs.into_json();
        (written(service, outputs.get()), outputs, answer.asked)
    });
    let mut ran = ran.await?;
    let (written, outputs, asked) = ran.value;
    let mut kept = Kept {
        media_type: "application/json".to_owned(),
        body: written,
    };
    if let Some(drawing) = Drawing::of(form.with(&asked), &body.bytes, &outputs)? {
        let begun = Instant::now();
        let within = call.end().saturating_duration_since(begun);
        let service = ran.service.clone();
        let queue = &call.entry.queue;
        let drawn = queue.run(within, move || drawing.draw(&service)).await?;
        let (body, media_type) = drawn.value?;
        let media_type = media_type.to_owned();
        kept = Kept { media_type, body };
        let took = begun.elapsed();
        let metrics = &call.shared.metrics;
        metrics.stage_done(&call.entry.name, Stage::Chart.name(), took);
        ran.timing.push((Stage::Chart, took));
    }
    if call.has_shadow() {
        call.mirror(request, outputs);
    }
    let body = kept.body.clone();
    let respond = call.respond(&ran.service, &kept.media_type, body, &ran.timing);
    let mut response = respond.await;
    if let Some(place) = place {
        let headers = response.headers_mut();
        headers.insert("x-cache", HeaderValue::from_static("miss"));
        kept::keep(&call.shared, place, kept);
    }
    Ok(response)
}

/// The body of a response whose outputs are `outputs`.
pub(super) fn written(service: &Service, outputs: &str) -> Bytes {
    match service.answers_bare() {
        true => outputs.to_owned().into(),
        false => enveloped(service, outputs),
    }
}

/// `outputs`, and which model they are of.
pub(super) fn enveloped(service: &Service, outputs: &str) -> Bytes {
    let model = json!({
        "name": service.manifest.name,
        "revision": service.revision,
        "sha256": service.artifact.sha256,
    });
    format!("{{\"outputs\":{outputs},\"model\":{model}}}").into()
}

/// `Content-Type` without its parameters; a client that names none sends JSON.
fn media_type(headers: &HeaderMap) -> String {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(|value| value.split(';').next().unwrap_or_default())
        .map_or_else(
            || "application/json".to_owned(),
            |value| value.trim().to_ascii_lowercase(),
        )
}
