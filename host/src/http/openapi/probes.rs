//! Whether the server lives, is ready, and what it counts.
//! Must not know models.

use super::operation::Operation;
use super::problem::Problem;
use super::{Family, Served, parts};
use serde_json::json;

const TAG: &str = "Probes";

pub(super) fn family(_: &Served) -> Family {
    let alive = json!({
        "type": "object",
        "properties": {"status": {"const": "ok"}},
        "required": ["status"],
    });
    let example = json!({"ready": true, "draining": false, "models": {"retail-demand": "ready"}});
    let ready = || parts::json(parts::schema("Ready"), example.clone());
    let text = json!({"text/plain": {"schema": {"type": "string"}}});
    let operations = vec![
        Operation::get("/health", "health")
            .says(
                "Whether the process lives",
                "Only a restart helps where this fails.",
            )
            .answers(
                200,
                "It does.",
                parts::json(parts::schema("Alive"), json!({"status": "ok"})),
                &[],
            ),
        Operation::get("/ready", "ready")
            .says(
                "Whether every model answers",
                "Says of each that does not what is missing.",
            )
            .answers(200, "All answer.", ready(), &[])
            .answers(503, "One does not, or the server is ending.", ready(), &[]),
        Operation::get("/metrics", "metrics")
            .says("Counters and times", "In Prometheus' text format 0.0.4.")
            .answers(200, "The metrics.", text, &[])
            .refuses([Problem::Internal]),
    ];
    Family {
        tags: vec![(TAG.to_owned(), "For who runs the server".to_owned())],
        operations: operations.into_iter().map(|one| one.tag(TAG)).collect(),
        schemas: vec![
            ("Alive".to_owned(), alive),
            (
                "Ready".to_owned(),
                json!({
                    "type": "object",
                    "properties": {
                        "ready": {"type": "boolean"},
                        "draining": {"type": "boolean", "description": "whether the process is ending"},
                        "models": {
                            "type": "object",
                            "description": "`ready`, or what is missing, by model",
                            "additionalProperties": {"type": "string"},
                        },
                    },
                    "required": ["ready", "draining", "models"],
                }),
            ),
        ],
    }
}
