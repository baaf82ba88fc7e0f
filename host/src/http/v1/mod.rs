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
