//! What other servers have under `/v1`: OpenAI's embeddings and models, KServe's predictions and forecasts.
//! Must not know the stages.

mod embeddings;
mod forecast;
mod models;
mod predict;

pub(super) use embeddings::embeddings;
pub(super) use forecast::{forecast, forecasting};
pub(super) use models::{list, one};
pub(super) use predict::predict;

use serde::Deserialize;

/// The one field that has to be known before the rest is read.
#[derive(Deserialize)]
struct Named {
    model: Option<String>,
}

/// The model that a body names; what else is wrong with it is said when its caller has been let in.
fn named_in(body: &[u8]) -> Option<String> {
    let named: Named = serde_json::from_slice(body).ok()?;
    named.model
}
