//! ONNX's own test cases, through what serving uses: read, load, run.
//! `CONFORMANCE.md` has the tables of what comes of them; `MODELHOST_TEST_WRITE=1` writes anew what the cases are there for.

#![allow(clippy::disallowed_methods, reason = "these are settings of the tests")]

mod about;
mod cases;
mod forms;
mod table;
mod tensors;

use self::cases::{Case, Outcome};
use crate::server::root;
use std::fs;
use std::path::PathBuf;

#[test]
fn every_onnx_case_is_right_or_refused_and_the_tables_say_so() {
    let file = root().join("host/CONFORMANCE.md");
    let written = fs::read_to_string(&file).unwrap_or_default();
    let newer = written.find(table::NEWER).unwrap_or(written.len());
    let mut newer = written[newer..].to_owned();
    let shipped = folder("MODELHOST_TEST_ONNX");
    let shipped = shipped.expect("host/tests/run sets MODELHOST_TEST_ONNX; run the tests with it");
    let shipped = judged(shipped, "onnxruntime.txt");
    if let Some(folder) = folder("MODELHOST_TEST_ONNX_NEWER") {
        newer = table::of(table::NEWER, &judged(folder, "onnxruntime-newer.txt"));
    }
    let tables = table::of(table::SHIPPED, &shipped) + &table::reasons(&shipped) + &newer;
    if std::env::var_os("MODELHOST_TEST_WRITE").is_some() {
        fs::write(&file, &tables).expect("the tables can be written");
    } else {
        assert_eq!(
            written, tables,
            "host/CONFORMANCE.md is not what the cases say; write it with MODELHOST_TEST_WRITE=1"
        );
    }
}

fn folder(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from)
}

/// The cases in `folder`, of which none may be wrong; `list` says what onnxruntime does not have right.
fn judged(folder: PathBuf, list: &str) -> Vec<Case> {
    let known = fs::read_to_string(root().join("host/tests/onnx").join(list));
    let cases = cases::all(&folder, &known.expect("the list is there"));
    let mut wrong = Vec::new();
    for case in &cases {
        for run in &case.runs {
            // Where onnxruntime differs from the file as well, the file is what is wrong.
            let is_wrong = run.outcome == Outcome::Wrong && case.onnxruntime != "wrong";
            if is_wrong || run.outcome == Outcome::Panic {
                wrong.push((&case.name, run));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    cases
}
