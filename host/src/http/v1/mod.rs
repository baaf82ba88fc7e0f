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

use super::body::{self, Incoming};
use super::call::{self, Call, Head};
use super::dialect::Dialect;
use super::object::Object;
use super::reject::Reject;
use super::{Shared, find};
use bytes::Bytes;
use serde::Deserialize;
use std::sync::Arc;
use warp::reply::Response;

/// The one field that has to be known before the rest is read.
#[derive(Deserialize)]
struct Named {
    model: Option<String>,
}

/// Has `answer` answer a call of the model that the body names, which is counted under `route`.
///
/// The call is begun with a body that has been read, so it is read within the limits of the largest model, and held
/// against the model's own afterwards. What else is wrong with it is said when its caller has been let in.
async fn answer_named<F>(
    shared: Arc<Shared>,
    route: &'static str,
    mut head: Head,
    mut body: Incoming,
    dialect: Dialect,
    answer: impl FnOnce(Call, Bytes) -> F,
) -> Response
where
    F: Future<Output = Result<Response, Reject>>,
{
    let bytes = match call::any_body(&shared, &mut head, &mut body).await {
        Ok(bytes) => bytes,
        Err(reject) => {
            body::discard(&mut body).await;
            return reject.written_in(dialect);
        }
    };
    let named: Result<Object<Named>, _> = serde_json::from_slice(&bytes);
    let name = named.ok().and_then(|Object(named)| named.model);
    let entry = find::asked(&shared, name.as_deref());
    let body = body::whole(bytes);
    call::answer(shared, route, entry, head, body, dialect, answer).await
}
