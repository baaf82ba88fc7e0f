//! What several operations share: headers, schemes of security, what every call of a model has, and the words before all of them.
//! Must not know which operation shares what.

use super::Served;
use super::operation::Operation;
use super::problem::Problem;
use serde_json::{Map, Value, json};

/// Markdown.
pub(super) const ABOUT: &str = "\
Every answer carries `X-Request-Id`: the one that the request came with, where it is fit to be logged, or a new one. \
`traceparent` and `tracestate` (W3C Trace Context) are taken up and sent back.

Every error is `{\"error\", \"error_type\"}`, with `field`, a JSON pointer, where one place of the request is at fault; \
under `/v1` and `/v2` it has the form that the clients of those routes read. \
Any path that is not here answers 404 (`not_found`), any other method of a path 405 (`method_not_allowed`) with `Allow`. \
`HEAD` answers what `GET` does, without its body.";

/// `Authorization: Bearer KEY`, for predictions.
pub(super) const KEY: &str = "key";
/// The same key in `X-API-Key`.
pub(super) const KEY_HEADER: &str = "key_in_header";
/// The operator's token.
pub(super) const OPERATOR: &str = "operator";

/// None where nobody has to show anything.
pub(super) fn security_schemes(has_keys: bool, has_admin: bool) -> Option<Value> {
    let mut schemes = Map::new();
    let mut add = |name: &str, scheme: Value| schemes.insert(name.to_owned(), scheme);
    if has_keys {
        let what = "a key of `MODELHOST_API_KEYS`";
        add(
            KEY,
            json!({"type": "http", "scheme": "bearer", "description": what}),
        );
        add(
            KEY_HEADER,
            json!({"type": "apiKey", "in": "header", "name": "X-API-Key", "description": what}),
        );
    }
    if has_admin {
        let what = "the token of `MODELHOST_ADMIN_TOKEN`";
        add(
            OPERATOR,
            json!({"type": "http", "scheme": "bearer", "description": what}),
        );
    }
    (!schemes.is_empty()).then(|| schemes.into())
}

pub(super) fn headers() -> Value {
    let text = |description: &str, example: &str| {
        json!({
            "description": description,
            "schema": {"type": "string"},
            "example": example,
        })
    };
    let seconds = json!({
        "description": "after how many seconds to try again",
        "schema": {"type": "integer", "minimum": 0},
        "example": 1,
    });
    json!({
        "X-Request-Id": text("the id of this request in the log", "b7ad6b7169203331"),
        "Server-Timing": text(
            "milliseconds of each stage (W3C Server Timing)",
            "queue;dur=0.012, preprocess;dur=0.040, model;dur=0.310, postprocess;dur=0.025, total;dur=0.420",
        ),
        "X-Model-Name": text("the model that answered", "retail-demand"),
        "X-Model-Version": text("its version", "2d2a0afe-1"),
        "X-Model-Revision": text("the commit of its repo; absent where it is a local file", "1dfd5e1"),
        "X-Model-Sha256": text("the digest of its file", "2d2a0afe"),
        "X-Cache": text("`hit` where the answer was kept from an earlier request, else `miss`", "miss"),
        "Inference-Header-Content-Length": text(
            "where the JSON ends and binary data begins; absent where all is JSON",
            "148",
        ),
        "ETag": text("for `If-None-Match`", "\"5a105e8b9d40\""),
        "Retry-After": seconds,
        "RateLimit": text("what is left to this client, and when more is (IETF draft)", "\"client\";r=9;t=1"),
        "RateLimit-Policy": text("how many in how many seconds (IETF draft)", "\"client\";q=10;w=1"),
        "WWW-Authenticate": text("how to show a key or token", "Bearer"),
        "Allow": text("the methods of this path", "GET, HEAD"),
    })
}

/// What answers of a model say of themselves.
const ORIGIN: [&str; 5] = [
    "Server-Timing",
    "X-Model-Name",
    "X-Model-Version",
    "X-Model-Revision",
    "X-Model-Sha256",
];

/// `operation` as a call of a model, which answers with `content` and the headers `more`: with its key, rate and refusals.
pub(super) fn call(
    served: &Served,
    operation: Operation,
    content: Value,
    more: &[&str],
) -> Operation {
    let mut headers = [&ORIGIN, more].concat();
    let mut problems = vec![
        Problem::Malformed,
        Problem::Timeout,
        Problem::TooLarge,
        Problem::MediaType,
        Problem::Invalid,
        Problem::Overloaded,
        Problem::Internal,
        Problem::NotReady,
        Problem::Deadline,
    ];
    if served.has_rate {
        headers.extend(["RateLimit", "RateLimit-Policy"]);
        problems.push(Problem::RateLimited);
    }
    if served.has_keys {
        problems.push(Problem::Unauthorized);
    }
    let operation = operation
        .answers(200, "The answer.", content, &headers)
        .refuses(problems)
        .rated(served.has_rate);
    match served.has_keys {
        true => operation.secured([KEY, KEY_HEADER]),
        false => operation,
    }
}

/// `schema` and an example as the only content, JSON.
pub(super) fn json(schema: Value, example: Value) -> Value {
    let mut content = json!({"application/json": {"schema": schema}});
    if !example.is_null() {
        content["application/json"]["example"] = example;
    }
    content
}

/// A reference to the schema called `name`.
pub(super) fn schema(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}
