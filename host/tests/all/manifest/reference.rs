//! Claims about the table of fields: the code reads what it lists, and `manifests/README.md` says what it says.
//! Must not know the meaning of any field.

use std::fs;
use std::path::Path;

use modelhost::manifest::schema::{self, Kind, Otherwise};
use modelhost::manifest::{Error, Manifest};
use serde_json::json;

use super::parse_text;

/// A manifest in which every block stands.
fn whole() -> serde_json::Value {
    let step = json!({"plugin": {"repo": "a/b", "file": "c.wasm"}});
    json!({
        "name": "a", "model": {"repo": "a/b"}, "preprocess": step, "postprocess": step,
        "examples": [{"name": "One", "request": {}, "expect": {"value": 1}}], "limits": {"plugin": {}}, "batching": {}, "cache": {},
        "rollout": {"shadow": true},
    })
}

fn problems(manifest: &serde_json::Value) -> Vec<(String, String)> {
    match parse_text(&manifest.to_string()) {
        Ok(_) => Vec::new(),
        Err(Error::Invalid { problems, .. }) => {
            problems.into_iter().map(|p| (p.path, p.message)).collect()
        }
        Err(other) => panic!("{other}"),
    }
}

/// Every field with the place of its block, as in `examples[0].expect`.
fn places() -> Vec<(String, &'static schema::Field)> {
    let blocks = schema::BLOCKS.iter().flat_map(|block| {
        block
            .at
            .iter()
            .map(move |at| (at.replace("[]", "[0]"), block))
    });
    blocks
        .flat_map(|(at, block)| block.fields.iter().map(move |field| (at.clone(), field)))
        .collect()
}

fn pointer(at: &str) -> String {
    let path = at.replace("[0]", ".0").replace('.', "/");
    if path.is_empty() {
        path
    } else {
        format!("/{path}")
    }
}

fn path_of(at: &str, name: &str) -> String {
    if at.is_empty() {
        name.to_owned()
    } else {
        format!("{at}.{name}")
    }
}

/// The table is the truth: what it lists is read where it says, and what it calls required is missed.
#[test]
fn every_field_of_the_schema_is_read() {
    assert_eq!(problems(&whole()), []);
    for (at, field) in places() {
        let mut manifest = whole();
        let block = manifest
            .pointer_mut(&pointer(&at))
            .unwrap()
            .as_object_mut()
            .unwrap();
        let wrong = match field.kind {
            Kind::Text(_) | Kind::Plugin(_) => json!(1),
            Kind::Any => json!({"<<": 1}),
            _ => json!("wrong"),
        };
        block.insert(field.name.to_owned(), wrong);
        let path = path_of(&at, field.name);
        let found = problems(&manifest);
        let noticed = |(at, message): &(String, String)| {
            at.starts_with(&path) && !message.starts_with("no such field")
        };
        assert!(found.iter().any(noticed), "`{path}` is not read: {found:?}");

        let block = manifest
            .pointer_mut(&pointer(&at))
            .unwrap()
            .as_object_mut()
            .unwrap();
        block.remove(field.name);
        let missed = problems(&manifest)
            .iter()
            .any(|(at, message)| *at == path && message.starts_with("is missing"));
        assert_eq!(
            missed,
            matches!(field.otherwise, Otherwise::Required),
            "`{path}`"
        );
    }
}

fn reference() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../manifests/README.md");
    fs::read_to_string(file).unwrap()
}

/// The rows of the reference: the block's heading, then name, type and default.
fn documented() -> Vec<[String; 4]> {
    let mut rows = Vec::new();
    let mut heading = String::new();
    for line in reference().lines() {
        if let Some(title) = line.strip_prefix("### ") {
            heading = title.to_owned();
        } else if let Some(row) = line.strip_prefix("| `") {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let name = cells[0].trim_end_matches('`');
            rows.push([
                heading.clone(),
                name.to_owned(),
                cells[1].to_owned(),
                cells[2].to_owned(),
            ]);
            assert!(
                !cells[3].is_empty() && !cells[4].is_empty(),
                "a cell is empty: {line}"
            );
        }
    }
    rows
}

#[test]
fn the_errors_of_the_reference_are_what_its_mistakes_are_answered_with() {
    let text = reference();
    let mut shown = text
        .split("```text\n")
        .skip(1)
        .map(|rest| rest.split("```\n").next().unwrap());
    let mistakes = shown.next().unwrap();
    let answer =
        Manifest::parse(Path::new("manifests/retail.yaml"), mistakes.as_bytes()).unwrap_err();
    assert_eq!(shown.next(), Some(format!("{answer}\n").as_str()));
}

/// Both ways at once: no field is left out of the reference, and it names none that does not exist.
#[test]
fn the_reference_lists_exactly_the_fields_of_the_schema() {
    let rows = schema::BLOCKS.iter().flat_map(|block| {
        block.fields.iter().map(|field| {
            [
                block.title(),
                field.name.to_owned(),
                field.kind.label(),
                field.otherwise.label(),
            ]
        })
    });
    assert_eq!(documented(), rows.collect::<Vec<_>>());
}

#[test]
fn the_examples_of_the_reference_are_accepted_and_show_every_field() {
    let text = reference();
    let mut blocks = text
        .split("```yaml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap());
    let minimal = blocks.next().unwrap();
    let full = blocks.next().unwrap();
    let shadow = blocks.next().unwrap();
    assert_eq!(blocks.next(), None);
    assert_eq!(minimal.lines().count(), 4);
    for example in [minimal, full, shadow] {
        parse_text(example).unwrap_or_else(|error| panic!("{error}"));
    }
    for (_, field) in places() {
        let shown = format!("{}:", field.name);
        assert!(
            format!("{minimal}{full}{shadow}").contains(&shown),
            "no example shows `{}`",
            field.name
        );
    }
}
