//! `POST /v1/models/{name}:predict`: KServe's version 1, `{"instances"}` in, `{"predictions"}` out.
//! Must not know the stages.

use crate::http::body::Incoming;
use crate::http::call::{self, Call, Head};
use crate::http::dialect::Dialect;
use crate::http::object::Object;
use crate::http::reject::Reject;
use crate::http::{Shared, find, row};
use bytes::Bytes;
use futures_util::future::try_join_all;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use warp::reply::Response;

/// More instances belong into several calls.
const MOST: usize = 1024;

#[derive(Deserialize)]
struct Asked {
    instances: Vec<Value>,
    parameters: Option<Value>,
}

/// Answers each instance by itself; they share runs of the model.
pub(in crate::http) async fn predict(
    shared: Arc<Shared>,
    verb: String,
    head: Head,
    body: Incoming,
) -> Response {
    let entry = match verb.rsplit_once(':') {
        Some((name, "predict")) => find::named(&shared, name),
        _ => Err(Reject::NotFound(
            "there is no such route; there is /v1/models/NAME:predict".to_owned(),
        )),
    };
    call::answer(
        shared,
        "v1_predict",
        entry,
        head,
        body,
        Dialect::Inference,
        answer,
    )
    .await
}

async fn answer(call: Call, body: Bytes) -> Result<Response, Reject> {
    let asked: Result<Object<Asked>, _> = serde_json::from_slice(&body);
    let Object(asked) = asked.map_err(|error| {
        Reject::Malformed(format!("the body is not `{{\"instances\": […]}}`: {error}"))
    })?;
    let count = asked.instances.len();
    if !(1..=MOST).contains(&count) {
        let message = format!("`instances` has {count}; send 1 to {MOST}");
        let field = Some("/instances".to_owned());
        return Err(Reject::Invalid { message, field });
    }
    let instances = asked.instances.into_iter().enumerate();
    let answers = instances.map(async |(index, instance)| {
        let request = row::request(call.service(), instance, asked.parameters.as_ref());
        let ran = call.run(&request, |_, answer| {
            row::alone(&answer.outputs.into_json())
        });
        ran.await
            .map_err(|reject| reject.at(&format!("instance {index}")))
    });
    let ran = try_join_all(answers).await?;
    let Some(first) = ran.first() else {
        return Err(Reject::Internal("no instance was run".to_owned()));
    };
    let (service, timing) = (first.service.clone(), first.timing.clone());
    let predictions: Vec<Value> = ran.into_iter().map(|ran| ran.value).collect();
    let body = json!({"predictions": predictions}).to_string();
    Ok(call
        .respond(&service, "application/json", body.into(), &timing)
        .await)
}
