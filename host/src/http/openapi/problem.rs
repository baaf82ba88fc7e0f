//! The errors of the API as the document has them: one for each `error_type` that `http/reject.rs` writes.
//! Must not know which operation has which.

use super::operation::references;
use crate::http::dialect::Dialect;
use serde_json::{Map, Value, json};
use warp::http::StatusCode;

/// A kind of error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    Malformed,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    NotAcceptable,
    Timeout,
    Conflict,
    TooLarge,
    MediaType,
    Invalid,
    Overloaded,
    RateLimited,
    Internal,
    NotReady,
    Deadline,
}

/// Status, `error_type`, when it comes, its own headers, and an example of its words.
type Row = (
    u16,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
);

impl Problem {
    const ALL: [Problem; 16] = [
        Problem::Malformed,
        Problem::Unauthorized,
        Problem::Forbidden,
        Problem::NotFound,
        Problem::MethodNotAllowed,
        Problem::NotAcceptable,
        Problem::Timeout,
        Problem::Conflict,
        Problem::TooLarge,
        Problem::MediaType,
        Problem::Invalid,
        Problem::Overloaded,
        Problem::RateLimited,
        Problem::Internal,
        Problem::NotReady,
        Problem::Deadline,
    ];

    #[rustfmt::skip]
    fn row(self) -> Row {
        match self {
            Problem::Malformed => (400, "malformed", "The body is not what it claims to be.", &[], "expected `,` or `}` at line 1 column 12"),
            Problem::Unauthorized => (401, "unauthorized", "No key or token of this server came.", &["WWW-Authenticate"], "send `Authorization: Bearer KEY` with a key of this server"),
            Problem::Forbidden => (403, "forbidden", "A page of another site asks, and `MODELHOST_CORS` does not name that site.", &[], "pages of this site may not listen here; name the site in MODELHOST_CORS"),
            Problem::NotFound => (404, "not_found", "There is no such route, model or action.", &[], "there is no such model; there are: retail-demand"),
            Problem::MethodNotAllowed => (405, "method_not_allowed", "The route has other methods.", &["Allow"], "this route takes GET, HEAD"),
            Problem::NotAcceptable => (406, "not_acceptable", "Nothing that `Accept` names is written here.", &[], "only forecasts are answered as an image; accept application/json"),
            Problem::Timeout => (408, "timeout", "The rest of the body did not come in time.", &[], "the rest of the body did not come within 20 s"),
            Problem::Conflict => (409, "conflict", "The model is in no state for that.", &[], "there is no earlier version to go back to"),
            Problem::TooLarge => (413, "too_large", "The body is larger than the manifest's `limits.body_bytes`.", &[], "the body is larger than 2097152 bytes (`limits.body_bytes` of the manifest)"),
            Problem::MediaType => (415, "unsupported_media_type", "A media type or encoding that is not read here.", &[], "Content-Type `text/plain` is not read here; send application/json"),
            Problem::Invalid => (422, "invalid_input", "Well-formed, and not what the schema or the model takes; `field` says where.", &[], "`series` must have at least 14 items, it has 3"),
            Problem::Overloaded => (429, "overloaded", "The queue is full.", &["Retry-After"], "256 requests are waiting already"),
            Problem::RateLimited => (429, "rate_limited", "One client asks more often than it may.", &["Retry-After", "RateLimit", "RateLimit-Policy"], "at most 10 requests in 1 s from one client"),
            Problem::Internal => (500, "internal", "The server failed; its log has the reason under the id in `X-Request-Id`.", &[], "the server failed on this request; its log has the reason under the id in X-Request-Id"),
            Problem::NotReady => (503, "not_ready", "The model is not there yet, or the server is ending.", &["Retry-After"], "model `retail-demand` is loading: fetching model.onnx"),
            Problem::Deadline => (504, "deadline", "No answer within the manifest's `limits.deadline_ms`.", &[], "no answer within 10000 ms"),
        }
    }

    /// As `dialect` has it.
    pub(super) fn status(self, dialect: Dialect) -> StatusCode {
        let status = StatusCode::from_u16(self.row().0);
        dialect.status(status.expect("the table has only statuses"))
    }

    fn error_type(self) -> &'static str {
        self.row().1
    }

    /// The name under which the response of these, all of one status, is kept.
    pub(super) fn reference(problems: &[Problem], dialect: Dialect, is_rated: bool) -> String {
        let names = problems.iter().map(|problem| problem.error_type());
        let dialect = match dialect {
            Dialect::Ours => None,
            dialect => Some(schema_name(dialect)),
        };
        let rated = is_rated.then_some("rated");
        let parts: Vec<&str> = names.chain(dialect).chain(rated).collect();
        parts.join(".")
    }

    /// The response of these, all of one status.
    pub(super) fn response(problems: &[Problem], dialect: Dialect, is_rated: bool) -> Value {
        let rows: Vec<Row> = problems.iter().map(|problem| problem.row()).collect();
        let types: Vec<&str> = rows.iter().map(|row| row.1).collect();
        let when: Vec<String> = rows
            .iter()
            .map(|row| format!("`{}`: {}", row.1, row.2))
            .collect();
        let rate: &[&str] = match is_rated {
            true => &["RateLimit", "RateLimit-Policy"],
            false => &[],
        };
        let own = rows.iter().flat_map(|row| row.3).chain(rate);
        let examples = problems
            .iter()
            .map(|problem| (problem.error_type().to_owned(), problem.example(dialect)));
        let of_these = match dialect {
            Dialect::Ours => Some(json!({"error_type": {"enum": types}})),
            Dialect::OpenAi => Some(json!({"error": {"properties": {"code": {"enum": types}}}})),
            Dialect::Forecast => Some(json!({"error": {"properties": {"type": {"enum": types}}}})),
            Dialect::Inference => None,
        };
        let mut schemas = vec![super::parts::schema(schema_name(dialect))];
        schemas.extend(of_these.map(|properties| json!({ "properties": properties })));
        json!({
            "description": when.join(" "),
            "headers": references(own.chain(&["X-Request-Id"])),
            "content": {"application/json": {
                "schema": {"allOf": schemas},
                "examples": examples.collect::<Map<_, _>>(),
            }},
        })
    }

    fn example(self, dialect: Dialect) -> Value {
        let (_, error_type, _, _, error) = self.row();
        let field = match self {
            Problem::Invalid => Some("/inputs/series".to_owned()),
            _ => None,
        };
        let status = self.status(dialect);
        json!({"value": dialect.body(status, error_type, error.to_owned(), field)})
    }
}

/// What the schema of errors in `dialect` is called.
fn schema_name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Ours => "Error",
        Dialect::Inference => "InferenceError",
        Dialect::OpenAi => "OpenAiError",
        Dialect::Forecast => "ForecastError",
    }
}

/// The shape of errors in each dialect, by name.
pub(super) fn schemas() -> [(String, Value); 4] {
    let types = Problem::ALL.map(Problem::error_type);
    let text = json!({"type": "string", "minLength": 1});
    let parameter = json!({
        "type": ["string", "null"],
        "description": "the place in the request that is to be mended",
    });
    let within = |properties: Value| {
        let required: Vec<&String> = properties
            .as_object()
            .into_iter()
            .flat_map(Map::keys)
            .collect();
        let error = json!({"type": "object", "properties": properties, "required": required});
        json!({"type": "object", "properties": {"error": error}, "required": ["error"]})
    };
    let ours = json!({
        "type": "object",
        "description": "What is wrong, in a sentence for people and a word for programs.",
        "properties": {
            "error": text,
            "error_type": {"type": "string", "enum": types},
            "field": {
                "type": "string",
                "format": "json-pointer",
                "description": "the place in the request that is to be mended",
            },
        },
        "required": ["error", "error_type"],
    });
    let inference = json!({
        "type": "object",
        "description": "As the Open Inference Protocol has it.",
        "properties": {"error": text},
        "required": ["error"],
    });
    let kinds = json!({"enum": ["invalid_request_error", "authentication_error", "rate_limit_error", "server_error"]});
    let openai = within(
        json!({"message": text, "type": kinds, "param": parameter, "code": {"enum": types}}),
    );
    let forecast = within(
        json!({"message": text, "type": {"enum": types}, "param": parameter, "code": {"type": "string"}}),
    );
    [
        (Dialect::Ours, ours),
        (Dialect::Inference, inference),
        (Dialect::OpenAi, openai),
        (Dialect::Forecast, forecast),
    ]
    .map(|(dialect, schema)| (schema_name(dialect).to_owned(), schema))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::reject::Reject;
    use std::time::Duration;

    fn refusals() -> Vec<Reject> {
        let text = || String::from("why");
        let (message, field, retry_after_s) = (text(), Some(text()), 1);
        let reason = text();
        vec![
            Reject::Malformed(text()),
            Reject::Unauthorized,
            Reject::NoKey(text()),
            Reject::Forbidden(text()),
            Reject::NotFound(text()),
            Reject::Method { allow: "GET" },
            Reject::NotAcceptable(text()),
            Reject::ClientTimeout(Duration::ZERO),
            Reject::Conflict(text()),
            Reject::TooLarge(1),
            Reject::MediaType(text()),
            Reject::Invalid { message, field },
            Reject::Overloaded(text()),
            Reject::TooOften {
                message: text(),
                retry_after_s,
            },
            Reject::Internal(text()),
            Reject::NotReady {
                reason,
                retry_after_s,
            },
            Reject::Deadline(text()),
        ]
    }

    /// What is refused, and what is said of it, are the same.
    #[test]
    fn every_refusal_is_described_as_it_is_written() {
        let mut described = Vec::new();
        for (reject, same) in refusals().into_iter().zip(refusals()) {
            let shown = format!("{reject:?}");
            let (status, error_type, _) = same.parts();
            let found = Problem::ALL
                .into_iter()
                .find(|problem| problem.error_type() == error_type);
            let problem = found.unwrap_or_else(|| panic!("{shown} is not described"));
            let response = reject.into_response();
            assert_eq!(
                (problem.status(Dialect::Ours), response.status()),
                (status, status)
            );
            // Those of a rate come from the gate.
            let of_gate = |name: &&&str| name.starts_with("RateLimit");
            for name in problem.row().3.iter().filter(|name| !of_gate(name)) {
                assert!(response.headers().contains_key(*name), "{shown}: {name}");
            }
            described.push(problem);
        }
        for problem in Problem::ALL {
            assert!(described.contains(&problem), "{problem:?} is never written");
        }
    }
}
