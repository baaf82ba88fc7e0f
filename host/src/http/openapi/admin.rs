//! What an operator may do, where there is one.
//! Must not know how it is done.

use super::operation::Operation;
use super::problem::Problem;
use super::{Family, Served, parts};
use serde_json::{Value, json};

const TAG: &str = "Admin";

pub(super) fn family(served: &Served) -> Family {
    if !served.has_admin {
        return Family {
            tags: Vec::new(),
            operations: Vec::new(),
            schemas: Vec::new(),
        };
    }
    let actions = [
        ("rollback", "Go back to the version before"),
        ("promote", "Take the version that is on trial"),
    ];
    let operations = served.models.iter().flat_map(|model| {
        let name = &model.entry.name;
        actions.map(|(action, summary)| {
            Operation::post(
                format!("/admin/models/{name}/{action}"),
                format!("{action}_{name}"),
            )
            .tag(TAG)
            .says(format!("{summary} of {name}"), "")
            .secured([parts::OPERATOR])
            .answers(
                200,
                "Done.",
                parts::json(parts::schema("Done"), Value::Null),
                &[],
            )
            .refuses([Problem::Unauthorized, Problem::NotFound, Problem::Conflict])
        })
    });
    let text = json!({"type": "string"});
    Family {
        tags: vec![(TAG.to_owned(), "For who has the server's token".to_owned())],
        operations: operations.collect(),
        schemas: vec![(
            "Done".to_owned(),
            json!({
                "type": "object",
                "properties": {
                    "model": text,
                    "version": text,
                    "revision": {"type": ["string", "null"]},
                    "sha256": text,
                },
                "required": ["model", "version", "revision", "sha256"],
            }),
        )],
    }
}
