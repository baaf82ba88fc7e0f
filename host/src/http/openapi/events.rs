//! What happens to models, as it happens.
//! Must not know what makes things happen.

use super::operation::Operation;
use super::problem::Problem;
use super::{Family, Served};
use serde_json::json;

const TAG: &str = "Events";

pub(super) fn family(_: &Served) -> Family {
    let stream = json!({"text/event-stream": {
        "schema": {"type": "string"},
        "example": "event: live\ndata: {\"model\":\"retail-demand\",\"kind\":\"live\",\"text\":\"2d2a0afe is live\",\"at\":1763848015.123}\n\n",
    }});
    let listen = Operation::get("/events", "listen")
        .tag(TAG)
        .says(
            "Loads, swaps and refusals as they happen",
            "Server-sent events for as long as the client listens, each an `Event` in its `data`; \
             the same as text frames of JSON after an upgrade to WebSocket. \
             A listener that is too far behind is told how many it `missed`. The server closes the stream when it ends.",
        )
        .answers(200, "The stream, which does not end by itself.", stream, &[])
        .answers(101, "The upgrade to WebSocket.", json!(null), &[])
        .refuses([Problem::Forbidden, Problem::Overloaded]);
    Family {
        tags: vec![(TAG.to_owned(), "What happens to models".to_owned())],
        operations: vec![listen],
        schemas: vec![(
            "Event".to_owned(),
            json!({
                "type": "object",
                "properties": {
                    "model": {"type": "string"},
                    "kind": {
                        "type": "string",
                        "enum": ["stage", "live", "trial", "refused", "rolled_back", "unloaded", "missed"],
                    },
                    "text": {"type": "string", "description": "the same in a sentence"},
                    "at": {"type": "number", "description": "seconds since 1970"},
                    "missed": {"type": "integer", "description": "how many events this listener was too slow for"},
                },
                "required": ["kind"],
            }),
        )],
    }
}
