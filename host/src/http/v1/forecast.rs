//! `POST /v1/timeseries/forecast`, as KServe has it: several series in, a mean and quantiles for each out.
//! Must not know how a forecast is made.

use super::answer_named;
use crate::http::Shared;
use crate::http::body::Incoming;
use crate::http::call::{Call, Head};
use crate::http::dialect::Dialect;
use crate::http::health::json_response;
use crate::http::object::Object;
use crate::http::reject::Reject;
use crate::pipeline::Request;
use crate::registry::Entry;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use warp::http::StatusCode;
use warp::reply::Response;

const TASK: &str = "time-series-forecasting";
const KIND: &str = "univariate_time_series";

/// As written.
#[derive(Deserialize)]
struct Asked {
    model: String,
    inputs: Vec<Series>,
    options: Object<Options>,
}

#[derive(Deserialize)]
struct Series {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    series: Vec<Value>,
    frequency: String,
    start_timestamp: Option<String>,
    /// What this model knows beside the series, such as `past` and `future`.
    #[serde(flatten)]
    more: Map<String, Value>,
}

#[derive(Deserialize)]
struct Options {
    horizon: u64,
    quantiles: Option<Vec<f64>>,
}

/// As the pipelines of forecasts answer.
#[derive(Deserialize)]
struct Forecast {
    dates: Option<Vec<String>>,
    mean: Vec<f64>,
    quantiles: Map<String, Value>,
}

/// `GET /v1/timeseries/models`: the names of those that forecast.
pub(in crate::http) fn forecasting(shared: &Shared) -> Response {
    let entries = shared.registry.entries();
    let forecasts = entries.iter().filter(|entry| forecasts(entry));
    let names: Vec<&str> = forecasts.map(|entry| entry.name.as_str()).collect();
    json_response(StatusCode::OK, &json!(names))
}

fn forecasts(entry: &Entry) -> bool {
    let task = entry.manifest().task;
    task.is_some_and(|task| task.as_str() == TASK)
}

/// Answers with the model that the body names.
pub(in crate::http) async fn forecast(shared: Arc<Shared>, head: Head, body: Incoming) -> Response {
    answer_named(shared, "forecast", head, body, Dialect::Forecast, answer).await
}

async fn answer(call: Call, body: Bytes) -> Result<Response, Reject> {
    let asked: Result<Object<Asked>, _> = serde_json::from_slice(&body);
    let Object(asked) = asked.map_err(|error| {
        Reject::Malformed(format!(
            "the body is not a forecast request of KServe: {error}"
        ))
    })?;
    if !forecasts(&call.entry) {
        return Err(Reject::NotFound(format!(
            "model `{}` makes no forecasts: its manifest does not say `task: {TASK}`",
            asked.model
        )));
    }
    let named: Vec<(String, String)> = asked
        .inputs
        .iter()
        .map(|series| (series.name.clone(), series.frequency.clone()))
        .collect();
    let request = request(asked.inputs, &asked.options.0)?;
    let ran = call
        .run(&request, |_, answer| answer.outputs.into_json())
        .await?;
    let forecasts: Vec<Forecast> = serde_json::from_str(ran.value.get()).map_err(|error| {
        Reject::Internal(format!("the answer is no list of forecasts: {error}"))
    })?;
    let content: Vec<Value> = named
        .into_iter()
        .zip(forecasts)
        .map(|((name, frequency), forecast)| {
            let start = forecast.dates.and_then(|dates| dates.into_iter().next());
            json!({
                "type": KIND,
                "name": name,
                "mean_forecast": forecast.mean,
                "frequency": frequency,
                // Where the series has no date, its forecast has none.
                "start_timestamp": start.unwrap_or_default(),
                "quantiles": forecast.quantiles,
            })
        })
        .collect();
    let id = call.id();
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let body = json!({
        "id": id,
        "created_at": now.map_or(0, |now| now.as_secs()),
        "status": "completed",
        "error": null,
        "model": ran.service.manifest.name,
        "outputs": [{
            "type": "time_series_forecast",
            "id": id,
            "status": "completed",
            "content": content,
            "error": null,
        }],
        "usage": null,
    });
    let body = body.to_string().into();
    Ok(call
        .respond(&ran.service, "application/json", body, &ran.timing)
        .await)
}

fn request(series: Vec<Series>, options: &Options) -> Result<Request, Reject> {
    let refused = |field: String, message: String| Reject::Invalid {
        message,
        field: Some(field),
    };
    let inputs = series.into_iter().enumerate().map(|(index, series)| {
        let at = |name: &str| format!("/inputs/{index}/{name}");
        if series.kind != KIND {
            let message = format!("`type` must be `{KIND}`, not `{}`", series.kind);
            return Err(refused(at("type"), message));
        }
        let mut item = series.more;
        item.insert("item".to_owned(), json!(series.name));
        item.insert("series".to_owned(), json!(series.series));
        item.insert("frequency".to_owned(), json!(code(&series.frequency)));
        if let Some(start) = series.start_timestamp {
            // A day is what the models count in.
            let day = start.split(['T', ' ']).next().unwrap_or_default();
            item.insert("start".to_owned(), json!(day));
        }
        Ok(Value::Object(item))
    });
    let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
    let mut parameters = json!({"horizon": options.horizon});
    if let Some(quantiles) = &options.quantiles {
        parameters["quantiles"] = json!(quantiles);
    }
    Ok(Request::json(
        json!({"inputs": inputs, "parameters": parameters}).to_string(),
    ))
}

/// The short name of a frequency.
fn code(frequency: &str) -> &str {
    match frequency {
        "second" => "S",
        "minute" => "T",
        "hour" => "H",
        "day" => "D",
        "week" => "W",
        "month" => "M",
        "quarter" => "Q",
        "year" => "Y",
        other => other,
    }
}
