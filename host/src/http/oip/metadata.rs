//! What the protocol tells of a server and its models: names, versions, tensors, whether they answer, and how often they did.
//! Must not know how any of them is run.

use super::{datatype, version};
use crate::http::dialect::Dialect;
use crate::http::health::json_response;
use crate::http::reject::Reject;
use crate::http::{Shared, call, find};
use crate::model::{Dim, Port};
use crate::registry::{Entry, Summary};
use crate::service::Service;
use serde_json::{Value, json};
use std::sync::Arc;
use warp::http::StatusCode;
use warp::reply::Response;

const EXTENSIONS: [&str; 5] = [
    "binary_tensor_data",
    "model_configuration",
    "model_repository",
    "model_repository(unload_dependents)",
    "statistics",
];

/// `GET /v2`.
pub(in crate::http) fn server() -> Response {
    let server = json!({
        "name": "modelhost",
        "version": env!("CARGO_PKG_VERSION"),
        "extensions": EXTENSIONS,
    });
    json_response(StatusCode::OK, &server)
}

/// `GET /v2/health/live`.
pub(in crate::http) fn live() -> Response {
    json_response(StatusCode::OK, &json!({"live": true}))
}

/// `GET /v2/health/ready`: as `/ready` has it.
pub(in crate::http) fn ready(shared: &Shared) -> Response {
    let is_ready = shared.registry.is_ready();
    let status = match is_ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    json_response(status, &json!({"live": true, "ready": is_ready}))
}

/// `GET /v2/models/{name}/ready`.
pub(in crate::http) fn model_ready(shared: &Shared, name: &str, asked: Option<&str>) -> Response {
    let entry = match found(shared, name, asked) {
        Ok(entry) => entry,
        Err(reject) => return reject.written_in(Dialect::Inference),
    };
    let is_ready = entry.live().is_some() && !shared.registry.is_draining();
    let status = match is_ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    json_response(status, &json!({"name": entry.name, "ready": is_ready}))
}

/// `GET /v2/models/{name}`: its tensors; an open axis is -1.
pub(in crate::http) fn model(shared: &Shared, name: &str, asked: Option<&str>) -> Response {
    told(shared, name, asked, |_, service| {
        let signature = service.pipeline.model().signature();
        json!({
            "name": service.manifest.name,
            "versions": [service.version],
            "platform": "onnx_onnxv1",
            "inputs": ports(&signature.inputs),
            "outputs": ports(&signature.outputs),
        })
    })
}

/// `GET /v2/models/{name}/config`: what Triton's clients read of a model's configuration.
pub(in crate::http) fn config(shared: &Shared, name: &str, asked: Option<&str>) -> Response {
    told(shared, name, asked, |_, service| {
        let signature = service.pipeline.model().signature();
        let typed = |ports: &[Port]| -> Vec<Value> {
            let port = |port: &Port| {
                let data_type = match datatype::name(port.dtype) {
                    "BYTES" => "TYPE_STRING".to_owned(),
                    name => format!("TYPE_{name}"),
                };
                json!({"name": port.name, "data_type": data_type, "dims": dims(port)})
            };
            ports.iter().map(port).collect()
        };
        json!({
            "name": service.manifest.name,
            "platform": "onnx_onnxv1",
            "backend": "tract",
            "version_policy": {"latest": {"num_versions": 1}},
            // Shapes are whole: the first axis is among the dims, whether requests share runs or not.
            "max_batch_size": 0,
            "input": typed(&signature.inputs),
            "output": typed(&signature.outputs),
        })
    })
}

/// `GET /v2/models/stats`, or of one model.
pub(in crate::http) fn statistics(
    shared: &Shared,
    name: Option<&str>,
    asked: Option<&str>,
) -> Response {
    let entries = match name {
        None => shared.registry.entries(),
        Some(name) => match found(shared, name, asked) {
            Ok(entry) => vec![entry],
            Err(reject) => return reject.written_in(Dialect::Inference),
        },
    };
    let stats: Vec<Value> = entries.iter().map(|entry| statistic(entry)).collect();
    json_response(StatusCode::OK, &json!({"model_stats": stats}))
}

fn statistic(entry: &Entry) -> Value {
    let live = entry.live();
    let version = live.as_ref().map_or("", |live| live.name());
    let Summary {
        answered,
        refused,
        failed,
        spent,
        ..
    } = entry.recent.summary();
    let ns = u64::try_from(spent.as_nanos()).unwrap_or(u64::MAX);
    json!({
        "name": entry.name,
        "version": version,
        "inference_count": answered,
        "execution_count": answered,
        "inference_stats": {
            "success": {"count": answered, "ns": ns},
            "fail": {"count": refused + failed, "ns": 0},
        },
    })
}

fn told(
    shared: &Shared,
    name: &str,
    asked: Option<&str>,
    tell: impl FnOnce(&Entry, &Service) -> Value,
) -> Response {
    let told = found(shared, name, asked).and_then(|entry| {
        let service = entry.service().ok_or_else(|| call::not_ready(&entry))?;
        Ok(tell(&entry, &service))
    });
    match told {
        Ok(told) => json_response(StatusCode::OK, &told),
        Err(reject) => reject.written_in(Dialect::Inference),
    }
}

fn found(shared: &Shared, name: &str, asked: Option<&str>) -> Result<Arc<Entry>, Reject> {
    let entry = find::named(shared, name)?;
    version::check(&entry, asked)?;
    Ok(entry)
}

fn ports(ports: &[Port]) -> Vec<Value> {
    let port = |port: &Port| json!({"name": port.name, "datatype": datatype::name(port.dtype), "shape": dims(port)});
    ports.iter().map(port).collect()
}

/// A shape that the file leaves open is one open axis.
fn dims(port: &Port) -> Vec<i64> {
    let dim = |dim: &Dim| match dim {
        Dim::Fixed(size) => i64::try_from(*size).unwrap_or(i64::MAX),
        Dim::Symbol(_) | Dim::Any => -1,
    };
    let shape = port.shape.as_deref();
    shape.map_or_else(|| vec![-1], |dims| dims.iter().map(dim).collect())
}
