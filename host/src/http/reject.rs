//! Refusals: the only place where a status code is chosen for an error, and the form that errors have in each dialect.
//! Must not know who refuses.
//!
//! | `error_type` | status | when | test in `host/tests/all` |
//! |---|---|---|---|
//! | `malformed` | 400 | the body is not what it claims to be | `predict.rs` `bodies_that_are_no_json_are_told_apart` |
//! | `unauthorized` | 401 | no key of this server came, or on an operator's route no token | `access.rs` `predictions_need_a_key_where_there_are_keys`, `swap/rollout.rs` `nobody_rolls_back_without_the_token` |
//! | `forbidden` | 403 | a page of another site listens | `openapi.rs` `every_error_is_described_where_it_comes` |
//! | `not_found` | 404 | no such route, model, version or action | `predict.rs` `unknown_paths_models_and_methods_are_refused_in_one_shape` |
//! | `method_not_allowed` | 405, `Allow` | the route has other methods | `predict.rs` `unknown_paths_models_and_methods_are_refused_in_one_shape` |
//! | `not_acceptable` | 406 | nothing that `Accept` names is written here | `chart.rs` `only_forecasts_are_drawn` |
//! | `timeout` | 408 | the rest of the body did not come | `process.rs` `clients_that_stall_are_let_go` |
//! | `conflict` | 409 | the model is in no state for that | `openapi.rs` `every_error_is_described_where_it_comes` |
//! | `too_large` | 413 | the body is larger than `limits.body_bytes` | `predict.rs` `a_body_of_10_mb_is_refused_announced_or_chunked` |
//! | `unsupported_media_type` | 415 | a type or encoding that is not read | `predict.rs` `bodies_that_are_no_json_are_told_apart` |
//! | `invalid_input` | 422; 400 of the Open Inference Protocol and OpenAI's | well-formed, and not what the schema or the model takes | `predict.rs` `bad_input_is_refused_with_field_and_fix` |
//! | `overloaded` | 429, `Retry-After` | the queue is full | `plugin/served.rs` `what_finds_the_queue_full_is_told_when_to_come_back` |
//! | `rate_limited` | 429, `Retry-After` | one client asks more often than it may | `access.rs` `each_client_predicts_as_often_as_it_may` |
//! | `internal` | 500 | ours, or a plugin's; the reason is in the log | `plugin/served.rs` `a_plugins_fault_is_answered_without_its_inside_and_logged_with_it` |
//! | `not_ready` | 503, `Retry-After` | the model is not there, or the server is ending | `process.rs` `sigterm_answers_what_is_in_flight_and_exits_with_zero` |
//! | `deadline` | 504 | no answer within `limits.deadline_ms`, or a plugin's | `plugin/served.rs` `a_looping_plugin_is_stopped_at_its_deadline_while_others_are_answered` |
//!
//! The forms of the dialects are in `refusals.rs` `each_dialect_refuses_in_its_own_form`.

use super::dialect::Dialect;
use crate::pipeline;
use crate::plugin::CallError;
use crate::scheduler::Rejected;
use serde_json::Value;
use std::time::Duration;
use warp::http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use warp::http::{Method, StatusCode};
use warp::reply::Response;

/// Why a request is not answered.
#[derive(Debug)]
pub(super) enum Reject {
    /// The body is not what it claims to be.
    Malformed(String),
    /// Well-formed, and not acceptable.
    Invalid {
        message: String,
        field: Option<String>,
    },
    /// An operator's route, and no operator's token.
    Unauthorized,
    /// This server asks for a key, and none of its keys came.
    NoKey(String),
    /// A page of a site that may not ask.
    Forbidden(String),
    /// One client asks more often than it may.
    TooOften { message: String, retry_after_s: u64 },
    /// What is asked cannot be done in the state that the model is in.
    Conflict(String),
    /// No such route or model.
    NotFound(String),
    /// The route exists, not with this method.
    Method { allow: &'static str },
    /// The body is larger than the limit, in bytes.
    TooLarge(u64),
    /// Not a media type that is read here.
    MediaType(String),
    /// Not a media type that is written here.
    NotAcceptable(String),
    /// The client stopped sending.
    ClientTimeout(Duration),
    /// The queue is full.
    Overloaded(String),
    /// No answer in time.
    Deadline(String),
    /// The model is not there (yet).
    NotReady { reason: String, retry_after_s: u64 },
    /// Ours; the reason is for the log alone.
    Internal(String),
}

impl Reject {
    /// Status, `error_type` and message.
    pub(super) fn parts(self) -> (StatusCode, &'static str, String) {
        match self {
            Reject::Malformed(message) => (StatusCode::BAD_REQUEST, "malformed", message),
            Reject::Invalid { message, .. } => {
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid_input", message)
            }
            Reject::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "send `Authorization: Bearer TOKEN` with the token that the server was started with".to_owned(),
            ),
            Reject::NoKey(message) => (StatusCode::UNAUTHORIZED, "unauthorized", message),
            Reject::Forbidden(message) => (StatusCode::FORBIDDEN, "forbidden", message),
            Reject::TooOften { message, .. } => {
                (StatusCode::TOO_MANY_REQUESTS, "rate_limited", message)
            }
            Reject::Conflict(message) => (StatusCode::CONFLICT, "conflict", message),
            Reject::NotFound(message) => (StatusCode::NOT_FOUND, "not_found", message),
            Reject::Method { allow } => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                format!("this route takes {allow}"),
            ),
            Reject::TooLarge(limit) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                format!(
                    "the body is larger than {limit} bytes (`limits.body_bytes` of the manifest)"
                ),
            ),
            Reject::MediaType(message) => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                message,
            ),
            Reject::NotAcceptable(message) => {
                (StatusCode::NOT_ACCEPTABLE, "not_acceptable", message)
            }
            Reject::ClientTimeout(limit) => (
                StatusCode::REQUEST_TIMEOUT,
                "timeout",
                format!(
                    "the rest of the body did not come within {} s",
                    limit.as_secs()
                ),
            ),
            Reject::Overloaded(message) => (StatusCode::TOO_MANY_REQUESTS, "overloaded", message),
            Reject::Deadline(message) => (StatusCode::GATEWAY_TIMEOUT, "deadline", message),
            Reject::NotReady { reason, .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, "not_ready", reason)
            }
            Reject::Internal(reason) => {
                tracing::error!(reason, "cannot answer");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal",
                    "the server failed on this request; its log has the reason under the id in X-Request-Id".to_owned(),
                )
            }
        }
    }

    /// With the place where it is, before its own words.
    pub(super) fn at(self, place: &str) -> Reject {
        match self {
            Reject::Invalid { message, field } => Reject::Invalid {
                message: format!("{place}: {message}"),
                field,
            },
            Reject::Malformed(message) => Reject::Malformed(format!("{place}: {message}")),
            other => other,
        }
    }

    /// What this server's own routes say, for an answer that has begun already.
    pub(super) fn said(self) -> Value {
        let field = match &self {
            Reject::Invalid { field, .. } => field.clone(),
            _ => None,
        };
        let (status, error_type, message) = self.parts();
        Dialect::Ours.body(status, error_type, message, field)
    }

    /// As this server's own routes write it.
    pub(super) fn into_response(self) -> Response {
        self.written_in(Dialect::Ours)
    }

    /// The response, with its status and headers.
    pub(super) fn written_in(self, dialect: Dialect) -> Response {
        let field = match &self {
            Reject::Invalid { field, .. } => field.clone(),
            _ => None,
        };
        let retry_after = match &self {
            Reject::Overloaded(_) => Some(1),
            Reject::NotReady { retry_after_s, .. } | Reject::TooOften { retry_after_s, .. } => {
                Some(*retry_after_s)
            }
            _ => None,
        };
        let allow = match &self {
            Reject::Method { allow } => Some(*allow),
            _ => None,
        };
        let is_unauthorized = matches!(self, Reject::Unauthorized | Reject::NoKey(_));
        let (status, error_type, message) = self.parts();
        let status = dialect.status(status);
        let body = dialect.body(status, error_type, message, field);
        let mut response = Response::new(body.to_string().into());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if is_unauthorized {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(allow) = allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        response
    }

    /// The label of `modelhost_rejected_total`, for what was turned away unread or unanswered.
    pub(super) fn turned_away(&self) -> Option<&'static str> {
        match self {
            Reject::Overloaded(_) => Some("overloaded"),
            Reject::Deadline(_) => Some("deadline"),
            Reject::NotReady { .. } => Some("not_ready"),
            Reject::NoKey(_) => Some("unauthorized"),
            Reject::TooOften { .. } => Some("rate_limited"),
            _ => None,
        }
    }

    /// Whether the client may still be sending a body that nobody reads.
    pub(super) fn leaves_a_body(&self) -> bool {
        matches!(
            self,
            Reject::TooLarge(_)
                | Reject::NotReady { .. }
                | Reject::NoKey(_)
                | Reject::TooOften { .. }
        )
    }

    /// What warp found no route for.
    pub(super) fn of_route(method: &Method, path: &str) -> Reject {
        match super::routes::allowed(path) {
            Some(allow) if !allow.split(", ").any(|name| name == method.as_str()) => {
                Reject::Method { allow }
            }
            _ => Reject::NotFound(
                "there is no such route; there are /, /predict, /models, /models/NAME, /models/NAME/predict, /models/NAME/live, /events, /openapi.json, /docs, /info, /health, /ready and /metrics"
                    .to_owned(),
            ),
        }
    }
}

impl From<pipeline::Error> for Reject {
    fn from(error: pipeline::Error) -> Reject {
        match error {
            pipeline::Error::Malformed(_) => Reject::Malformed(error.to_string()),
            pipeline::Error::MediaType { .. } => Reject::MediaType(error.to_string()),
            pipeline::Error::Invalid { message, field } => Reject::Invalid { message, field },
            pipeline::Error::Plugin {
                fault: CallError::Deadline(_),
                ..
            } => Reject::Deadline(error.to_string()),
            pipeline::Error::Plugin { .. } | pipeline::Error::Model(_) => {
                Reject::Internal(error.to_string())
            }
        }
    }
}

impl From<Rejected> for Reject {
    fn from(rejected: Rejected) -> Reject {
        match rejected {
            Rejected::Full(_) => Reject::Overloaded(rejected.to_string()),
            Rejected::Deadline(_) => Reject::Deadline(rejected.to_string()),
            Rejected::Stopped => Reject::NotReady {
                reason: rejected.to_string(),
                retry_after_s: 1,
            },
            Rejected::Panicked => Reject::Internal(rejected.to_string()),
        }
    }
}
