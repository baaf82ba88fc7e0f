//! ONNX's own test cases, through what serving uses: read, load, run.
//! `CONFORMANCE.md` is the table of what comes of them; `MODELHOST_TEST_WRITE=1` writes it anew.

#![allow(clippy::disallowed_methods, reason = "these are settings of the tests")]

mod about;
mod cases;
mod forms;
mod table;
mod tensors;

use self::cases::Outcome;
use crate::server::root;
use std::fs;
use std::path::PathBuf;

fn folder() -> PathBuf {
    std::env::var_os("MODELHOST_TEST_ONNX")
        .expect("host/tests/run sets MODELHOST_TEST_ONNX; run the tests with it")
        .into()
}

#[test]
fn every_onnx_case_is_right_or_refused_and_the_table_says_so() {
    let known = fs::read_to_string(root().join("host/tests/onnx/onnxruntime.txt"));
    let cases = cases::all(&folder(), &known.expect("the list is there"));
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
    let table = table::of(&cases);
    let file = root().join("host/CONFORMANCE.md");
    if std::env::var_os("MODELHOST_TEST_WRITE").is_some() {
        fs::write(&file, &table).expect("the table can be written");
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        written, table,
        "host/CONFORMANCE.md is not what the cases say; write it with MODELHOST_TEST_WRITE=1"
    );
}
