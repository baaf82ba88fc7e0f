//! `POST /v2/models/{name}/infer`: tensors in, tensors out; or requests in, answers out, through the plugins.
//! Must not know how bytes become tensors.

use super::request::{Elements, Infer, Input, Wanted};
use super::response::{self, Written};
use super::version;
use crate::http::body::Incoming;
use crate::http::call::{self, Call, Head};
use crate::http::dialect::Dialect;
use crate::http::reject::Reject;
use crate::http::{Shared, find};
use crate::pipeline::{Body, Outputs, Request, Stage};
use crate::service::Service;
use crate::tensor::{Data, NamedTensor, Tensor};
use bytes::Bytes;
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use warp::http::HeaderValue;
use warp::reply::Response;

/// Where the JSON of a body ends, if something comes behind it.
const HEADER_LENGTH: &str = "inference-header-content-length";
/// Requests for the plugins in one call; more belong into several.
const MOST_STAGED: usize = 1024;

type Timing = Vec<(Stage, Duration)>;

/// Answers with the model called `name`, in its version `version` where one is named.
pub(in crate::http) async fn infer(
    shared: Arc<Shared>,
    name: String,
    version: Option<String>,
    head: Head,
    body: Incoming,
) -> Response {
    let entry = find::named(&shared, &name);
    let entry = entry.and_then(|entry| version::check(&entry, version.as_deref()).map(|()| entry));
    call::answer(
        shared,
        "infer",
        entry,
        head,
        body,
        Dialect::Inference,
        answer,
    )
    .await
}

async fn answer(call: Call, body: Bytes) -> Result<Response, Reject> {
    let json = json_length(&call)?;
    let service = call.service().clone();
    let length = body.len();
    let read = call.worked(length, move || match json {
        Some(0) => Infer::raw(body, service.pipeline.model().signature()),
        json => Infer::read(&body, json),
    });
    let asked = read.await?.map_err(invalid)?;
    let Infer {
        id,
        is_staged,
        inputs,
        outputs: wanted,
        is_binary,
    } = asked;
    let (service, outputs, timing) = match is_staged {
        true => staged(&call, inputs).await?,
        false => bare(&call, inputs, &wanted).await?,
    };
    let size: usize = outputs
        .iter()
        .map(|output| output.tensor.data().len())
        .sum();
    let written = {
        let service = service.clone();
        let work = move || {
            let chosen = response::chosen(&outputs, &wanted, is_binary).map_err(invalid)?;
            let (name, version) = (&service.manifest.name, &service.version);
            response::write(name, version, id.as_deref(), &chosen)
                .map_err(|error| Reject::Internal(error.to_string()))
        };
        call.worked(size, work).await??
    };
    let Written { body, json } = written;
    let media_type = match json {
        Some(_) => "application/octet-stream",
        None => "application/json",
    };
    let mut response = call
        .respond(&service, media_type, body.into(), &timing)
        .await;
    if let Some(length) = json {
        response
            .headers_mut()
            .insert(HEADER_LENGTH, HeaderValue::from(length));
    }
    Ok(response)
}

fn invalid(message: String) -> Reject {
    Reject::Invalid {
        message,
        field: None,
    }
}

fn json_length(call: &Call) -> Result<Option<usize>, Reject> {
    let Some(given) = call.headers.get(HEADER_LENGTH) else {
        return Ok(None);
    };
    let length = given.to_str().ok().and_then(|text| text.parse().ok());
    let length = length.ok_or_else(|| {
        invalid(format!(
            "Inference-Header-Content-Length {given:?} is no number of bytes"
        ))
    })?;
    Ok(Some(length))
}

/// The model alone.
async fn bare(
    call: &Call,
    inputs: Vec<Input>,
    wanted: &[Wanted],
) -> Result<(Arc<Service>, Vec<NamedTensor>, Timing), Reject> {
    let outputs = &call.service().pipeline.model().signature().outputs;
    // Before the model is run for nothing.
    if let Some(unknown) = wanted
        .iter()
        .find(|it| outputs.iter().all(|port| port.name != it.name))
    {
        let names: Vec<&str> = outputs.iter().map(|port| port.name.as_str()).collect();
        let (name, names) = (&unknown.name, names.join(", "));
        return Err(invalid(format!(
            "there is no output `{name}`; there are: {names}"
        )));
    }
    let tensors = inputs
        .into_iter()
        .map(Input::tensor)
        .collect::<Result<_, _>>();
    let request = Request::Tensors(tensors.map_err(invalid)?);
    let has_shadow = call.has_shadow();
    let ran = call
        .run(&request, move |_, answer| match answer.outputs {
            Outputs::Tensors(tensors) => {
                let shown = has_shadow.then(|| Outputs::Tensors(tensors.clone()).into_json());
                Ok((tensors, shown))
            }
            Outputs::Json(_) => Err("a plugin answered for the model"),
        })
        .await?;
    let (tensors, shown) = ran.value.map_err(|bug| Reject::Internal(bug.to_owned()))?;
    if let Some(outputs) = shown {
        call.mirror(request, outputs);
    }
    Ok((ran.service, tensors, ran.timing))
}

/// Each element of the only input is a request for all stages, and each answer one of the output `outputs`.
async fn staged(
    call: &Call,
    inputs: Vec<Input>,
) -> Result<(Arc<Service>, Vec<NamedTensor>, Timing), Reject> {
    let Ok([input]) = <[Input; 1]>::try_from(inputs) else {
        return Err(invalid(
            "`pipeline` takes one BYTES input, each element of which is a request".to_owned(),
        ));
    };
    let Elements::Parts(parts) = input.elements else {
        return Err(invalid(format!(
            "input `{}`: `pipeline` takes BYTES, each element of which is a request",
            input.name
        )));
    };
    if parts.len() > MOST_STAGED || parts.is_empty() {
        return Err(invalid(format!(
            "input `{}`: {} requests in one call; send 1 to {MOST_STAGED}",
            input.name,
            parts.len()
        )));
    }
    let content_type = input.content_type.as_deref();
    let answers = parts.iter().enumerate().map(async |(index, part)| {
        let request = request(part, content_type);
        let ran = call.run(&request, |_, answer| answer.outputs.into_json());
        ran.await
            .map_err(|reject| reject.at(&format!("element {index}")))
    });
    let ran = try_join_all(answers).await?;
    let Some(first) = ran.first() else {
        return Err(Reject::Internal("no request was run".to_owned()));
    };
    let (service, timing) = (first.service.clone(), first.timing.clone());
    let texts: Vec<String> = ran.iter().map(|ran| ran.value.get().to_owned()).collect();
    let shape = match input.shape.iter().product::<usize>() == texts.len() {
        true => input.shape,
        false => vec![texts.len()],
    };
    let tensor = Tensor::new(shape, Data::Text(texts));
    let tensor = tensor.map_err(|error| Reject::Internal(error.to_string()))?;
    let name = "outputs".to_owned();
    Ok((service, vec![NamedTensor { name, tensor }], timing))
}

/// A whole request where it is JSON with `inputs`, a file where its type is said, and else a text.
fn request(part: &Bytes, content_type: Option<&str>) -> Request {
    if let Some(content_type) = content_type
        && content_type.contains('/')
        && content_type != "application/json"
    {
        return Request::Body(Body {
            content_type: content_type.to_owned(),
            bytes: part.clone(),
        });
    }
    let is_request = serde_json::from_slice(part)
        .is_ok_and(|json: Value| json.get("inputs").is_some() || json.get("table").is_some());
    match is_request {
        true => Request::json(part.clone()),
        false => {
            let text = String::from_utf8_lossy(part);
            Request::json(json!({"inputs": text}).to_string())
        }
    }
}
