//! Refusals: the only place where a status code is chosen for an error, and the one shape that errors have.
//! Must not know who refuses.

use crate::pipeline;
use crate::plugin::CallError;
use crate::scheduler::Rejected;
use serde_json::{Value, json};
use std::time::Duration;
use warp::http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use warp::http::{Method, StatusCode};
use warp::reply::Response;

/// Whose form an error has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `{"error", "error_type", "field"?}`: Hugging Face's clients read the first.
    Ours,
    /// `{"error"}`, of the Open Inference Protocol, and of KServe's version 1.
    Inference,
    /// `{"error": {"message", "type", "param", "code"}}`, of OpenAI.
    OpenAi,
    /// The same of KServe's forecasts, where the code is the status.
    Forecast,
}

impl Dialect {
    /// Of a path that may have no route.
    pub(super) fn of(path: &str) -> Dialect {
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        match segments.as_slice() {
            ["v2", ..] => Dialect::Inference,
            ["v1", "models", name] if name.contains(':') => Dialect::Inference,
            ["v1", "timeseries", ..] => Dialect::Forecast,
            ["v1", ..] => Dialect::OpenAi,
            _ => Dialect::Ours,
        }
    }

    fn status(self, status: StatusCode) -> StatusCode {
        match (self, status) {
            // These know no other for what the caller did wrong.
            (Dialect::Inference | Dialect::OpenAi, StatusCode::UNPROCESSABLE_ENTITY) => {
                StatusCode::BAD_REQUEST
            }
            (_, status) => status,
        }
    }

    fn body(
        self,
        status: StatusCode,
        error_type: &str,
        message: String,
        field: Option<String>,
    ) -> Value {
        match self {
            Dialect::Ours => {
                let mut body = json!({"error": message, "error_type": error_type});
                if let Some(field) = field {
                    body["field"] = json!(field);
                }
                body
            }
            Dialect::Inference => json!({"error": message}),
            Dialect::OpenAi => {
                let kind = match status {
                    StatusCode::UNAUTHORIZED => "authentication_error",
                    StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
                    status if status.is_client_error() => "invalid_request_error",
                    _ => "server_error",
                };
                let field = field.as_deref().map(parameter);
                json!({"error": {"message": message, "type": kind, "param": field, "code": error_type}})
            }
            Dialect::Forecast => {
                let code = status.as_str();
                let field = field.as_deref().map(parameter);
                json!({"error": {"message": message, "type": error_type, "param": field, "code": code}})
            }
        }
    }
}

/// `/input/0` as `input.0`.
fn parameter(field: &str) -> String {
    field.trim_start_matches('/').replace('/', ".")
}

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
