//! `GET /models` and `GET /models/{name}`: what is served, from what, how it is doing, and what was tried.
//! Must not know how it was loaded.

use super::reject::Reject;
use super::{Shared, find};
use crate::manifest::{Manifest, Rollout, Source};
use crate::model::{Dim, Port, Signature};
use crate::pipeline::Batching;
use crate::plugin::Plugin;
use crate::registry::{Attempt, Loading, Trial, Version};
use crate::service::Service;
use serde_json::{Value, json};
use std::path::{Component, Path};
use std::time::{Duration, Instant};

/// All models, a few words each, and what is wrong with manifests that no model was made of.
pub(super) fn list(shared: &Shared) -> Value {
    let registry = &shared.registry;
    let models: Vec<Value> = registry
        .entries()
        .iter()
        .map(|entry| {
            let live = entry.live();
            let live = live.as_deref();
            let manifest = entry.manifest();
            let loading = entry.loading();
            json!({
                "name": entry.name,
                "title": manifest.title,
                "default": registry.is_default(entry),
                "state": state(&loading, live),
                "error": loading.error,
                "task": task(&manifest),
                "version": live.map(Version::name),
                "revision": live.and_then(|live| live.service.revision.clone()),
                "sha256": live.map(|live| live.service.artifact.sha256.clone()),
            })
        })
        .collect();
    let problems: Vec<Value> = registry
        .problems()
        .iter()
        .map(|problem| {
            let name = problem.file.file_name();
            json!({
                "file": name.map(|name| name.to_string_lossy()),
                "error": problem.text,
            })
        })
        .collect();
    json!({ "models": models, "problems": problems })
}

/// Everything about the model called `name`.
pub(super) fn one(shared: &Shared, name: &str) -> Result<Value, Reject> {
    let entry = find::named(shared, name)?;
    let manifest = entry.manifest();
    let loading = entry.loading();
    let live = entry.live();
    let service = live.as_deref().map(|live| &*live.service);
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
    let attempts: Vec<Value> = entry.attempts().iter().rev().map(attempt).collect();
    let mut whole = json!({
        "name": entry.name,
        "title": manifest.title,
        "description": manifest.description,
        "default": shared.registry.is_default(&entry),
        "task": task(&manifest),
        "state": state(&loading, live.as_deref()),
        "stage": loading.stage,
        "error": loading.error,
        "retry_in_s": retry_in,
        "version": live.as_deref().map(version),
        "previous": entry.previous().as_deref().map(version),
        "trial": entry.trial().as_deref().map(trial),
        "attempts": attempts,
        "source": match &manifest.model.source {
            Source::Local(folder) => json!({"path": folder_name(folder)}),
            Source::Hub { repo, revision } => json!({
                "repo": repo.to_string(),
                "requested_revision": revision,
            }),
        },
        "revision": service.and_then(|service| service.revision.clone()),
        "file": manifest.model.file,
        "examples": examples,
        "limits": {
            "deadline_ms": manifest.limits.deadline.as_millis() as u64,
            "queue": manifest.limits.queue,
            "body_bytes": manifest.limits.body_bytes,
            "plugin": {
                "deadline_ms": manifest.limits.plugin.deadline.as_millis() as u64,
                "memory_mib": manifest.limits.plugin.memory_bytes >> 20,
            },
        },
    });
    let of_service = of_service(service);
    if let (Value::Object(whole), Value::Object(more)) = (&mut whole, of_service) {
        whole.extend(more);
    }
    Ok(whole)
}

/// How the model called `name` is doing: few enough words to be asked for every second.
pub(super) fn live(shared: &Shared, name: &str) -> Result<Value, Reject> {
    let entry = find::named(shared, name)?;
    let recent = entry.recent.summary();
    let ms = |time: Option<Duration>| time.map(|time| time.as_secs_f64() * 1e3);
    let live = entry.live();
    let loading = entry.loading();
    Ok(json!({
        "name": entry.name,
        "state": state(&loading, live.as_deref()),
        "stage": loading.stage,
        "answered": recent.answered,
        "refused": recent.refused,
        "failed": recent.failed,
        "timed": recent.timed,
        "p50_ms": ms(recent.p50),
        "p99_ms": ms(recent.p99),
        "waiting": entry.queue.depth(),
        "queue": entry.manifest().limits.queue,
        "version": live.as_deref().map(Version::name),
        "since": live.as_deref().map(|live| seconds(live.since)),
    }))
}

/// What only a loaded model can tell; null until then.
fn of_service(service: Option<&Service>) -> Value {
    json!({
        "sha256": service.map(|service| &service.artifact.sha256),
        "bytes": service.map(|service| service.artifact.bytes),
        "signature": service.map(|service| signature(service.pipeline.model().signature())),
        "media_types": service.map(|service| service.pipeline.media_types()),
        "bare": service.is_some_and(Service::answers_bare),
        "plan": service.map(|service| service.pipeline.model().plan_kind()),
        "fused": service.map(|service| service.pipeline.model().fusion().operators),
        "batching": service.map(|service| batching(service.pipeline.batching())),
        "unfused": service.and_then(|service| service.pipeline.model().fusion().left_out.as_ref()),
        "plugins": {
            "preprocess": service.and_then(|service| plugin(service.pipeline.preprocess())),
            "postprocess": service.and_then(|service| plugin(service.pipeline.postprocess())),
        },
        "request_schema": service.map(|service| &service.pipeline.schemas().request),
        "response_schema": service.map(response_schema),
        "card": service.and_then(|service| service.card.as_ref()).map(|card| json!({
            "front_matter": card.front_matter,
            "markdown": card.markdown,
        })),
        "evaluation": service.and_then(|service| service.evaluation.as_ref()),
        "load_ms": service.map(|service| service.took.as_millis() as u64),
    })
}

fn version(version: &Version) -> Value {
    let service = &version.service;
    let gate: Vec<Value> = service
        .proofs
        .iter()
        .map(|proof| {
            json!({
                "example": proof.example,
                "ms": proof.took.as_secs_f64() * 1e3,
                "compared": proof.is_compared,
            })
        })
        .collect();
    json!({
        "id": version.name(),
        "revision": service.revision,
        "sha256": service.artifact.sha256,
        "since": seconds(version.since),
        "answered": version.answered(),
        "failed": version.failed(),
        "gate": gate,
        "reference": service.agreement.map(|agreement| json!({
            "values": agreement.values,
            "largest_difference": agreement.largest,
        })),
    })
}

fn trial(trial: &Trial) -> Value {
    let mut shown = version(&trial.version);
    match trial.rollout {
        Rollout::Canary {
            percent,
            max_error_rate,
            ..
        } => {
            shown["canary_percent"] = json!(percent);
            shown["max_error_rate"] = json!(max_error_rate);
            shown["remaining_s"] = json!(trial.remaining().map(|left| left.as_secs_f64().ceil()));
        }
        Rollout::Shadow => {
            let shadow = trial.shadow();
            shown["shadow"] = json!({
                "compared": shadow.compared,
                "failed": shadow.failed,
                "unlike": shadow.unlike,
                "largest_difference": shadow.largest,
            });
        }
    }
    shown
}

fn attempt(attempt: &Attempt) -> Value {
    json!({
        "at": seconds(attempt.at),
        "result": attempt.outcome.name(),
        "reason": attempt.reason,
        "version": attempt.version,
        "revision": attempt.revision,
        "sha256": attempt.sha256,
        "load_ms": attempt.took.map(|took| took.as_millis() as u64),
    })
}

/// Since 1970, to the millisecond.
fn seconds(time: Duration) -> f64 {
    time.as_millis() as f64 / 1e3
}

fn state(loading: &Loading, live: Option<&Version>) -> &'static str {
    match live {
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

fn task(manifest: &Manifest) -> Option<&str> {
    manifest.task.as_ref().map(|task| task.as_str())
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

pub(super) fn response_schema(service: &Service) -> &Value {
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

/// Whether requests share runs of the model, and if not, why.
fn batching(batching: &Batching) -> Value {
    let most_rows = batching.most_rows();
    match batching {
        Batching::Off { reason } => json!({"max_size": most_rows, "reason": reason}),
        Batching::On(joining) => json!({
            "max_size": most_rows,
            "padded": joining.padding.is_ok(),
            "reason": joining.padding.as_ref().err(),
        }),
    }
}
