//! Whose form an error has: the statuses and bodies that the clients of each dialect read.
//! Must not know what is wrong.

use serde_json::{Value, json};
use warp::http::StatusCode;

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

    /// What `status` is here.
    pub(super) fn status(self, status: StatusCode) -> StatusCode {
        match (self, status) {
            // These know no other for what the caller did wrong.
            (Dialect::Inference | Dialect::OpenAi, StatusCode::UNPROCESSABLE_ENTITY) => {
                StatusCode::BAD_REQUEST
            }
            (_, status) => status,
        }
    }

    /// The body of an error.
    pub(super) fn body(
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
