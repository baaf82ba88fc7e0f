//! One call of a model, whatever the dialect: who may, its body, its runs, and what is counted of it.
//! Must not know what a body says, nor how an answer or a refusal is written.

mod reply;
mod run;

pub(super) use reply::origin;

use super::access::Peer;
use super::body::{self, Bounds, Incoming};
use super::dialect::Dialect;
use super::reject::Reject;
use super::{Labels, Shared};
use crate::pipeline::Request;
use crate::registry::{Chosen, Entry, Fate};
use crate::service::Service;
use bytes::Bytes;
use serde_json::value::RawValue;
use std::sync::Arc;
use std::time::{Duration, Instant};
use warp::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use warp::http::{HeaderMap, StatusCode};
use warp::reply::Response;

/// What is read and decoded where it arrived; more would keep other connections waiting.
const MOST_AT_ONCE: usize = 16 << 10;

/// What there is of a request before its body is read.
pub(super) struct Head {
    /// Between two parts of the body.
    pub(super) patience: Duration,
    pub(super) peer: Option<Peer>,
    pub(super) headers: HeaderMap,
}

/// A call that has been let in.
pub(super) struct Call {
    pub(super) shared: Arc<Shared>,
    pub(super) entry: Arc<Entry>,
    pub(super) headers: HeaderMap,
    patience: Duration,
    chosen: Chosen,
    start: Instant,
}

/// Has `answer` answer a call of `entry` with the whole body, and counts it under `route`.
pub(super) async fn answer<F>(
    shared: Arc<Shared>,
    route: &'static str,
    entry: Result<Arc<Entry>, Reject>,
    head: Head,
    mut body: Incoming,
    dialect: Dialect,
    answer: impl FnOnce(Call, Bytes) -> F,
) -> Response
where
    F: Future<Output = Result<Response, Reject>>,
{
    let open = match Open::begin(shared, route, entry, dialect) {
        Ok(open) => open,
        Err(response) => {
            body::discard(&mut body).await;
            return *response;
        }
    };
    let answered = async {
        let call = open.admit(head)?;
        let bytes = call.body(&mut body).await?;
        answer(call, bytes).await
    };
    let answered = answered.await;
    open.close(answered, &mut body).await
}

/// A call from its first moment to its last.
pub(super) struct Open {
    shared: Arc<Shared>,
    route: &'static str,
    entry: Arc<Entry>,
    dialect: Dialect,
    start: Instant,
    _under_way: UnderWay,
}

impl Open {
    /// Begins, or says that there is no such model.
    pub(super) fn begin(
        shared: Arc<Shared>,
        route: &'static str,
        entry: Result<Arc<Entry>, Reject>,
        dialect: Dialect,
    ) -> Result<Open, Box<Response>> {
        let refused = |reject: Reject| labelled(String::new(), route, reject.written_in(dialect));
        let entry = entry.map_err(|reject| Box::new(refused(reject)))?;
        let _under_way = UnderWay::begin(shared.clone());
        Ok(Open {
            shared,
            route,
            entry,
            dialect,
            start: Instant::now(),
            _under_way,
        })
    }

    /// Lets the caller in.
    pub(super) fn admit(&self, head: Head) -> Result<Call, Reject> {
        let shared = &self.shared;
        let key = shared.gate.admit(&head.headers, head.peer)?;
        if let Some(key) = key {
            shared.metrics.key_used(&self.entry.name, key);
        }
        if shared.registry.is_draining() {
            return Err(Reject::NotReady {
                reason: "the server is shutting down".to_owned(),
                retry_after_s: 1,
            });
        }
        let chosen = self.entry.choose().ok_or_else(|| not_ready(&self.entry))?;
        Ok(Call {
            shared: shared.clone(),
            entry: self.entry.clone(),
            headers: head.headers,
            patience: head.patience,
            chosen,
            start: self.start,
        })
    }

    /// Ends with what was `answered`; of the `body`, what a refusal leaves unread is thrown away.
    pub(super) async fn close(
        self,
        answered: Result<Response, Reject>,
        body: &mut Incoming,
    ) -> Response {
        let response = match answered {
            Ok(response) => response,
            Err(reject) => {
                if reject.leaves_a_body() {
                    body::discard(body).await;
                }
                if let Some(reason) = reject.turned_away() {
                    self.shared
                        .metrics
                        .request_rejected(&self.entry.name, reason);
                }
                reject.written_in(self.dialect)
            }
        };
        let took = self.start.elapsed();
        self.entry.recent.note(fate(response.status()), took);
        labelled(self.entry.name.clone(), self.route, response)
    }
}

/// The body of a request that names its model in it: no larger, and no longer under way, than any model allows.
pub(super) async fn any_body(
    shared: &Shared,
    head: &mut Head,
    body: &mut Incoming,
) -> Result<Bytes, Reject> {
    let entries = shared.registry.entries();
    let limits = entries.iter().map(|entry| entry.manifest().limits.clone());
    let largest = limits.fold((0, Duration::ZERO), |(bytes, whole), limits| {
        (bytes.max(limits.body_bytes), whole.max(limits.deadline))
    });
    let bounds = Bounds {
        bytes: largest.0,
        patience: head.patience,
        whole: largest.1,
    };
    let read = read(&head.headers, body, bounds).await?;
    // Whoever goes on with it finds it as it is.
    head.headers.remove(CONTENT_ENCODING);
    head.headers.remove(CONTENT_LENGTH);
    Ok(read)
}

/// A body within `bounds`, unpacked.
async fn read(headers: &HeaderMap, body: &mut Incoming, bounds: Bounds) -> Result<Bytes, Reject> {
    let announced = headers.get(CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse().ok());
    let read = body::read(body, announced, bounds).await?;
    body::decoded(headers, read, bounds.bytes)
}

impl Open {
    /// What the response is counted under.
    pub(super) fn labels(&self) -> Labels {
        Labels {
            model: self.entry.name.clone(),
            route: self.route,
        }
    }

    /// Ends well, with an answer that is on its way already.
    pub(super) fn ended(self) {
        let took = self.start.elapsed();
        self.entry.recent.note(Fate::Answered, took);
    }
}

fn labelled(model: String, route: &'static str, mut response: Response) -> Response {
    response.extensions_mut().insert(Labels { model, route });
    response
}

fn fate(status: StatusCode) -> Fate {
    match status {
        StatusCode::TOO_MANY_REQUESTS => Fate::Failed,
        status if status.is_success() => Fate::Answered,
        status if status.is_client_error() => Fate::Refused,
        _ => Fate::Failed,
    }
}

impl Call {
    /// Who answers.
    pub(super) fn service(&self) -> &Arc<Service> {
        &self.chosen.version.service
    }

    /// Whether a version is tried on this call, alone or in secret.
    pub(super) fn is_tried(&self) -> bool {
        self.chosen.instead.is_some() || self.chosen.shadow.is_some()
    }

    /// The id of the request.
    pub(super) fn id(&self) -> String {
        let id = self.headers.get("x-request-id");
        let id = id.and_then(|id| id.to_str().ok());
        id.unwrap_or_default().to_owned()
    }

    /// Whether the body has to be unpacked.
    pub(super) fn is_packed(&self) -> bool {
        let encoding = self.headers.get(CONTENT_ENCODING);
        encoding.is_some_and(|encoding| encoding != "identity")
    }

    /// How much of a body is read.
    pub(super) fn bounds(&self) -> Bounds {
        let limits = &self.service().manifest.limits;
        Bounds {
            bytes: limits.body_bytes,
            patience: self.patience,
            whole: limits.deadline,
        }
    }

    /// When the answer has to be there.
    pub(super) fn end(&self) -> Instant {
        self.start + self.service().manifest.limits.deadline
    }

    async fn body(&self, stream: &mut Incoming) -> Result<Bytes, Reject> {
        read(&self.headers, stream, self.bounds()).await
    }

    /// What `work` makes, on a worker where it has many `bytes` to read.
    pub(super) async fn worked<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Reject> {
        if bytes <= MOST_AT_ONCE {
            return Ok(work());
        }
        let within = self.end().saturating_duration_since(Instant::now());
        Ok(self.entry.queue.run(within, work).await?.value)
    }

    /// Shows a shadow what was asked and what was answered.
    pub(super) fn mirror(&self, request: Request, outputs: Box<RawValue>) {
        if let Some(shadow) = &self.chosen.shadow {
            self.entry.mirror(shadow.clone(), request, outputs);
        }
    }

    /// Whether anybody looks at what is given to [`Call::mirror`].
    pub(super) fn has_shadow(&self) -> bool {
        self.chosen.shadow.is_some()
    }
}

/// Why a model does not answer, and when it may.
pub(super) fn not_ready(entry: &Entry) -> Reject {
    let loading = entry.loading();
    let wait = loading
        .retry_at
        .map(|at| at.saturating_duration_since(Instant::now()).as_secs() + 1);
    let name = &entry.name;
    Reject::NotReady {
        reason: match (&loading.stage, &loading.error) {
            (None, Some(error)) => format!("model `{name}` could not be loaded: {error}"),
            (Some(stage), Some(error)) => {
                format!("model `{name}` could not be loaded: {error}; trying again: {stage}")
            }
            (Some(stage), None) => format!("model `{name}` is loading: {stage}"),
            (None, None) => format!("model `{name}` is loading"),
        },
        retry_after_s: wait.unwrap_or(1),
    }
}

/// Counts a prediction for as long as it lives.
struct UnderWay(Arc<Shared>);

impl UnderWay {
    fn begin(shared: Arc<Shared>) -> UnderWay {
        shared.predicting.send_modify(|count| *count += 1);
        UnderWay(shared)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.predicting.send_modify(|count| *count -= 1);
    }
}
