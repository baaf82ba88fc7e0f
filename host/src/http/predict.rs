//! `POST /predict`: a request in, an answer with its timing out.
//! Must not know what the stages do.

use super::form::{Drawing, Form};
use super::reject::Reject;
use super::{Labels, Shared, body};
use crate::pipeline::{self, Answer, Request, Stage};
use crate::registry::{Entry, Fate, Version};
use crate::scheduler::Rejected;
use crate::service::Service;
use bytes::{Buf, Bytes};
use futures_util::Stream;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use warp::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use warp::http::{HeaderMap, StatusCode};
use warp::reply::Response;

/// Answers with the model called `name`, or the default one.
pub(super) async fn predict<B: Buf>(
    shared: Arc<Shared>,
    patience: Duration,
    name: Option<String>,
    headers: HeaderMap,
    body: impl Stream<Item = Result<B, warp::Error>>,
) -> Response {
    let mut body = pin!(body);
    let entry = match &name {
        Some(name) => shared.registry.find(name),
        None => shared.registry.default(),
    };
    let model = entry
        .as_ref()
        .map_or(String::new(), |entry| entry.name.clone());
    let mut response = match entry {
        None => {
            body::discard(&mut body).await;
            match name {
                None => no_default(&shared).into_response(),
                Some(_) => unknown(&shared).into_response(),
            }
        }
        Some(entry) => {
            let _under_way = UnderWay::begin(shared.clone());
            let begun = Instant::now();
            let response = match answer(&shared, &entry, patience, &headers, &mut body).await {
                Ok(response) => response,
                Err(reject) => {
                    if reject.leaves_a_body() {
                        body::discard(&mut body).await;
                    }
                    if let Some(reason) = reject.turned_away() {
                        shared.metrics.request_rejected(&model, reason);
                    }
                    reject.into_response()
                }
            };
            entry.recent.note(fate(response.status()), begun.elapsed());
            response
        }
    };
    let route = "predict";
    response.extensions_mut().insert(Labels { model, route });
    response
}

fn fate(status: StatusCode) -> Fate {
    match status {
        StatusCode::TOO_MANY_REQUESTS => Fate::Failed,
        status if status.is_success() => Fate::Answered,
        status if status.is_client_error() => Fate::Refused,
        _ => Fate::Failed,
    }
}

/// No model has the name that was asked for.
pub(super) fn unknown(shared: &Shared) -> Reject {
    Reject::NotFound(format!(
        "there is no such model; there are: {}",
        names(shared)
    ))
}

fn no_default(shared: &Shared) -> Reject {
    Reject::NotFound(format!(
        "no manifest says `default: true`; ask /models/NAME/predict, where NAME is one of: {}",
        names(shared)
    ))
}

fn names(shared: &Shared) -> String {
    let entries = shared.registry.entries();
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    names.join(", ")
}

async fn answer<B: Buf>(
    shared: &Shared,
    entry: &Arc<Entry>,
    patience: Duration,
    headers: &HeaderMap,
    stream: &mut (impl Stream<Item = Result<B, warp::Error>> + Unpin),
) -> Result<Response, Reject> {
    let start = Instant::now();
    if shared.registry.is_draining() {
        return Err(Reject::NotReady {
            reason: "the server is shutting down".to_owned(),
            retry_after_s: 1,
        });
    }
    let chosen = entry.choose().ok_or_else(|| not_ready(entry))?;
    let form = Form::accepted(headers, chosen.version.service.draws)?;
    let limits = chosen.version.service.manifest.limits.clone();
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    let bounds = body::Bounds {
        bytes: limits.body_bytes,
        patience,
        whole: limits.deadline,
    };
    let body = body::read(stream, announced, bounds).await?;
    if let Some(encoding) = headers.get(CONTENT_ENCODING)
        && encoding != "identity"
    {
        return Err(Reject::MediaType(format!(
            "Content-Encoding {encoding:?} is not read here; send the body as it is"
        )));
    }
    let request = Request {
        content_type: media_type(headers),
        body,
    };
    let end = start + limits.deadline;
    let ran = match &chosen.instead {
        None => counted(shared, entry, &chosen.version, &request, end).await,
        Some(instead) => tried(shared, entry, [&chosen.version, instead], &request, end).await,
    };
    let mut ran = ran.map_err(|rejected| match rejected {
        // Part of the deadline went on reading the body; the caller knows the whole.
        Rejected::Deadline(_) => Rejected::Deadline(limits.deadline),
        other => other,
    })?;
    let served = ran.served?;
    let form = form.with(&served.asked);
    let mut response = served.response;
    if let Some(drawing) = Drawing::of(form, &request.body, &served.outputs)? {
        let begun = Instant::now();
        let within = end.saturating_duration_since(begun);
        let service = served.service;
        let drawn = entry
            .queue
            .run(within, move || drawing.draw(&service))
            .await?;
        let (body, media_type) = drawn.value?;
        *response.body_mut() = body.into();
        let media_type = HeaderValue::from_static(media_type);
        response.headers_mut().insert(CONTENT_TYPE, media_type);
        let took = begun.elapsed();
        shared
            .metrics
            .stage_done(&entry.name, Stage::Chart.name(), took);
        ran.timing.push((Stage::Chart, took));
    }
    if let Some(shadow) = chosen.shadow {
        entry.mirror(shadow, request, served.outputs);
    }
    response
        .headers_mut()
        .insert("server-timing", server_timing(&ran.timing, start.elapsed()));
    Ok(response)
}

/// What a worker made of a request.
struct Ran {
    timing: Vec<(Stage, Duration)>,
    served: Result<Served, pipeline::Error>,
}

struct Served {
    service: Arc<Service>,
    response: Response,
    outputs: Box<RawValue>,
    asked: Map<String, Value>,
}

/// Nobody is to suffer from a trial: what the first version does not answer in half of the time, the second is asked.
async fn tried(
    shared: &Shared,
    entry: &Entry,
    [trial, instead]: [&Arc<Version>; 2],
    request: &Request,
    end: Instant,
) -> Result<Ran, Rejected> {
    let start = Instant::now();
    let half = start + end.saturating_duration_since(start) / 2;
    let first = run(shared, entry, trial, request, half).await;
    if is_answered(&first) {
        entry.count(trial, false);
        return first;
    }
    let second = counted(shared, entry, instead, request, end).await;
    // What both refuse is the caller's doing, and what neither has time for is the load's.
    let is_failure = has_failed(&first) || is_answered(&second);
    if is_failure || first.is_ok() {
        entry.count(trial, is_failure);
    }
    second
}

async fn counted(
    shared: &Shared,
    entry: &Entry,
    version: &Arc<Version>,
    request: &Request,
    end: Instant,
) -> Result<Ran, Rejected> {
    let ran = run(shared, entry, version, request, end).await;
    let has_failed = has_failed(&ran);
    if has_failed || ran.is_ok() {
        entry.count(version, has_failed);
    }
    ran
}

fn is_answered(ran: &Result<Ran, Rejected>) -> bool {
    ran.as_ref().is_ok_and(|ran| ran.served.is_ok())
}

/// Whether it was the version that failed, and not the caller.
fn has_failed(ran: &Result<Ran, Rejected>) -> bool {
    match ran {
        Ok(ran) => ran.served.as_ref().is_err_and(pipeline::Error::is_failure),
        Err(rejected) => *rejected == Rejected::Panicked,
    }
}

async fn run(
    shared: &Shared,
    entry: &Entry,
    version: &Arc<Version>,
    request: &Request,
    end: Instant,
) -> Result<Ran, Rejected> {
    let service = version.service.clone();
    let finish = move |answer: Result<Answer, pipeline::Error>| {
        let answer = answer?;
        let mut response = Response::new(write(&service, &answer).into());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.extend(origin(&service));
        let served = Served {
            service,
            response,
            outputs: answer.outputs,
            asked: answer.asked,
        };
        Ok::<_, pipeline::Error>((served, answer.timing))
    };
    let within = end.saturating_duration_since(Instant::now());
    let pipeline = version.service.pipeline.clone();
    let done = entry
        .queue
        .predict(within, pipeline, request.clone(), finish);
    let done = done.await;
    let ran = done.map(|done| {
        let mut timing = vec![(Stage::Queue, done.waited)];
        let served = done.value.map(|(served, stages)| {
            timing.extend(stages.stages);
            served
        });
        Ran { timing, served }
    });
    if let Ok(ran) = &ran {
        for (stage, took) in &ran.timing {
            shared.metrics.stage_done(&entry.name, stage.name(), *took);
        }
        if let Err(pipeline::Error::Plugin { plugin, fault }) = &ran.served
            && let Some(reason) = fault.fault()
        {
            shared.metrics.plugin_faulted(&entry.name, plugin, reason);
        }
    }
    ran
}

/// Which model answers, for programs that want to know; the body of some tasks has no place for it.
fn origin(service: &Service) -> HeaderMap {
    let values = [
        ("x-model-name", Some(&service.manifest.name)),
        ("x-model-revision", service.revision.as_ref()),
        ("x-model-sha256", Some(&service.artifact.sha256)),
        ("x-model-version", Some(&service.version)),
    ];
    let header = |(name, value): (&'static str, Option<&String>)| {
        let value = HeaderValue::from_str(value?).ok()?;
        Some((HeaderName::from_static(name), value))
    };
    values.into_iter().filter_map(header).collect()
}

fn write(service: &Service, answer: &Answer) -> Bytes {
    match service.answers_bare() {
        true => answer.outputs.get().to_owned().into(),
        false => enveloped(service, answer.outputs.get()),
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

fn not_ready(entry: &Entry) -> Reject {
    let loading = entry.loading();
    let wait = loading
        .retry_at
        .map(|at| at.saturating_duration_since(Instant::now()).as_secs() + 1);
    let name = &entry.name;
    Reject::NotReady {
        reason: match (&loading.stage, &loading.error) {
            (None, Some(error)) => format!("model `{name}` could not be loaded: {error}"),
            (Some(stage), Some(error)) => {
                format!("model `{name}` could not be loaded: {error}; trying again: {stage}")
            }
            (Some(stage), None) => format!("model `{name}` is loading: {stage}"),
            (None, None) => format!("model `{name}` is loading"),
        },
        retry_after_s: wait.unwrap_or(1),
    }
}

/// W3C Server-Timing, in milliseconds.
fn server_timing(stages: &[(Stage, Duration)], total: Duration) -> HeaderValue {
    let ms = |took: &Duration| took.as_secs_f64() * 1e3;
    let mut text = String::new();
    for (stage, took) in stages {
        write!(text, "{};dur={:.3}, ", stage.name(), ms(took))
            .expect("writing to a String cannot fail");
    }
    write!(text, "total;dur={:.3}", ms(&total)).expect("writing to a String cannot fail");
    HeaderValue::from_str(&text).expect("names and numbers fit a header")
}

/// Counts a prediction for as long as it lives.
struct UnderWay(Arc<Shared>);

impl UnderWay {
    fn begin(shared: Arc<Shared>) -> UnderWay {
        shared.predicting.send_modify(|count| *count += 1);
        UnderWay(shared)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.predicting.send_modify(|count| *count -= 1);
    }
}
