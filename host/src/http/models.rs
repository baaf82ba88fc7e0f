//! `GET /models` and `GET /models/{name}`: what is served, from what, how it is doing.
//! Must not know how it was loaded.

use super::Shared;
use super::predict::unknown;
use super::reject::Reject;
use crate::manifest::Source;
use crate::model::{Dim, Port, Signature};
use crate::plugin::Plugin;
use crate::registry::{Entry, Loading};
use crate::service::Service;
use serde_json::{Value, json};
use std::path::{Component, Path};
use std::time::Instant;

/// All models, a few words each.
pub(super) fn list(shared: &Shared) -> Value {
    let models: Vec<Value> = shared
        .registry
        .entries()
        .iter()
        .map(|entry| {
            let service = entry.service();
            json!({
                "name": entry.manifest.name,
                "title": entry.manifest.title,
                "default": entry.is_default,
                "state": state(&entry.loading(), service.as_deref()),
                "task": task(entry),
                "revision": service.as_ref().and_then(|service| service.revision.clone()),
                "sha256": service.as_ref().map(|service| service.artifact.sha256.clone()),
            })
        })
        .collect();
    json!({ "models": models })
}

/// Everything about the model called `name`.
pub(super) fn one(shared: &Shared, name: &str) -> Result<Value, Reject> {
    let entry = shared.registry.find(name).ok_or_else(|| unknown(shared))?;
    let manifest = &entry.manifest;
    let loading = entry.loading();
    let service = entry.service();
    let service = service.as_deref();
    let retry_in = loading.retry_at.map(|at| {
        at.saturating_duration_since(Instant::now())
            .as_secs_f64()
            .ceil()
    });
    let examples: Vec<Value> = manifest
        .examples
        .iter()
        .map(|example| {
            json!({"name": example.name, "request": example.request, "actual": example.actual})
        })
        .collect();
    Ok(json!({
        "name": manifest.name,
        "title": manifest.title,
        "description": manifest.description,
        "default": entry.is_default,
        "task": task(entry),
        "state": state(&loading, service),
        "stage": loading.stage,
        "error": loading.error,
        "retry_in_s": retry_in,
        "source": match &manifest.model.source {
            Source::Local(folder) => json!({"path": folder_name(folder)}),
            Source::Hub { repo, revision } => json!({
                "repo": repo.to_string(),
                "requested_revision": revision,
            }),
        },
        "revision": service.and_then(|service| service.revision.clone()),
        "file": manifest.model.file,
        "sha256": service.map(|service| &service.artifact.sha256),
        "bytes": service.map(|service| service.artifact.bytes),
        "signature": service.map(|service| signature(service.pipeline.model().signature())),
        "media_types": service.map(|service| service.pipeline.media_types()),
        "bare": service.is_some_and(Service::answers_bare),
        "plan": service.map(|service| service.pipeline.model().plan_kind()),
        "plugins": {
            "preprocess": service.and_then(|service| plugin(service.pipeline.preprocess())),
            "postprocess": service.and_then(|service| plugin(service.pipeline.postprocess())),
        },
        "request_schema": service.map(|service| &service.pipeline.schemas().request),
        "response_schema": service.map(response_schema),
        "examples": examples,
        "card": service.and_then(|service| service.card.as_ref()).map(|card| json!({
            "front_matter": card.front_matter,
            "markdown": card.markdown,
        })),
        "evaluation": service.and_then(|service| service.evaluation.as_ref()),
        "limits": {
            "deadline_ms": manifest.limits.deadline.as_millis() as u64,
            "queue": manifest.limits.queue,
            "body_bytes": manifest.limits.body_bytes,
            "plugin": {
                "deadline_ms": manifest.limits.plugin.deadline.as_millis() as u64,
                "memory_mib": manifest.limits.plugin.memory_bytes >> 20,
            },
        },
        "load_ms": service.map(|service| service.took.as_millis() as u64),
    }))
}

fn state(loading: &Loading, service: Option<&Service>) -> &'static str {
    match service {
        Some(_) => "ready",
        None if loading.error.is_some() => "failed",
        None => "loading",
    }
}

/// The folder's own name: where it lies on the server is nobody's business.
fn folder_name(folder: &Path) -> String {
    let name = folder.components().next_back();
    match name {
        Some(Component::Normal(name)) => name.to_string_lossy().into_owned(),
        _ => "local folder".to_owned(),
    }
}

fn task(entry: &Entry) -> Option<&str> {
    entry.manifest.task.as_ref().map(|task| task.as_str())
}

fn plugin(plugin: Option<&Plugin>) -> Option<Value> {
    plugin.map(|plugin| {
        let limits = plugin.limits();
        json!({
            "name": plugin.name(),
            "sha256": plugin.sha256(),
            "code": plugin.code().name(),
            "limits": {
                "deadline_ms": limits.deadline.as_millis() as u64,
                "memory_bytes": limits.memory_bytes,
                "output_bytes": limits.output_bytes,
                "log_bytes": limits.log_bytes,
            },
        })
    })
}

fn response_schema(service: &Service) -> &Value {
    let whole = &service.pipeline.schemas().response;
    match service.answers_bare() {
        true => &whole["properties"]["outputs"],
        false => whole,
    }
}

fn signature(signature: &Signature) -> Value {
    let ports = |ports: &[Port]| -> Vec<Value> { ports.iter().map(port).collect() };
    json!({"inputs": ports(&signature.inputs), "outputs": ports(&signature.outputs)})
}

fn port(port: &Port) -> Value {
    let dim = |dim: &Dim| match dim {
        Dim::Fixed(size) => json!(size),
        Dim::Symbol(name) => json!(name),
        Dim::Any => Value::Null,
    };
    json!({
        "name": port.name,
        "dtype": port.dtype.name(),
        "shape": port.shape.as_ref().map(|dims| dims.iter().map(dim).collect::<Vec<_>>()),
    })
}
