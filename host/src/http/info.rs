//! `GET /info` and `/models/{name}/info`: a model in a few words, under the names that Hugging Face's endpoints give them.
//! Must not know how it is served.

use super::reject::Reject;
use super::{Shared, find};
use crate::manifest::Source;
use serde_json::{Value, json};

pub(super) fn info(shared: &Shared, name: Option<&str>) -> Result<Value, Reject> {
    let entry = find::asked(shared, name)?;
    let manifest = entry.manifest();
    let live = entry.live();
    let service = live.as_deref().map(|live| &live.service);
    let model_id = match &manifest.model.source {
        Source::Hub { repo, .. } => repo.to_string(),
        Source::Local(_) => entry.name.clone(),
    };
    Ok(json!({
        "model_id": model_id,
        "model_sha": service.and_then(|service| service.revision.clone()),
        "model_pipeline_tag": manifest.task.as_ref().map(|task| task.as_str()),
        "max_concurrent_requests": manifest.limits.queue,
        "max_batch_size": service.map(|service| service.pipeline.batching().most_rows()),
        "version": env!("CARGO_PKG_VERSION"),
    }))
}
