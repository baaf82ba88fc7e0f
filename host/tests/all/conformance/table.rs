//! The table of what comes of the cases, by operator, opset and dtype.

use super::cases::{Case, Outcome};
use std::collections::BTreeMap;
use std::fmt::Write;

const HEAD: &str = "# Conformance

What modelhost answers to the test cases that ship with `onnx` 1.16.2, beside onnxruntime 1.31.1.
Made by `MODELHOST_TEST_WRITE=1 host/tests/run conformance`.

- right: within 1e-3 of what the case expects, whole numbers exactly
- refused: at load, with a reason
- failed: at a run, with a reason
- not finite: NaN or infinity goes in or comes out, which modelhost refuses
- disputed: neither modelhost nor onnxruntime gives what the case expects
- wrong: modelhost alone gives something else; the tests fail when there is one
";

pub(crate) fn of(cases: &[Case]) -> String {
    let mut text = HEAD.to_owned();
    section(&mut text, "All", "", cases, |_| "all".to_owned());
    section(&mut text, "By opset", "opset", cases, |case| {
        format!("{:02}", case.opset)
    });
    section(
        &mut text,
        "By dtype of the first input",
        "dtype",
        cases,
        |case| case.dtype.clone(),
    );
    section(&mut text, "By operator", "operator", cases, |case| {
        case.operator.clone()
    });
    text.push_str("\n## Not right\n\nWhere onnxruntime is.\n\n| case | |\n|---|---|\n");
    let missing = cases.iter().filter(|case| {
        case.onnxruntime == "right" && !matches!(case.outcome, Outcome::Right | Outcome::NotFinite)
    });
    for case in missing {
        let reason = case.reason.replace('|', "\\|").replace('\n', " ");
        let reason: String = reason.chars().take(160).collect();
        writeln!(text, "| {} | {reason} |", case.name).expect("a String takes everything");
    }
    text
}

fn section(text: &mut String, title: &str, key: &str, cases: &[Case], of: fn(&Case) -> String) {
    let mut rows: BTreeMap<String, [usize; 8]> = BTreeMap::new();
    for case in cases {
        let row = rows.entry(of(case)).or_default();
        row[0] += 1;
        row[match case.outcome {
            Outcome::Right => 1,
            Outcome::Refused => 2,
            Outcome::Failed => 3,
            Outcome::NotFinite => 4,
            Outcome::Wrong if case.onnxruntime == "wrong" => 5,
            Outcome::Wrong => 6,
        }] += 1;
        row[7] += usize::from(case.onnxruntime == "right");
    }
    write!(
        text,
        "\n## {title}\n\n| {key} | cases | right | refused | failed | not finite | disputed | wrong | onnxruntime right |\n|---|---|---|---|---|---|---|---|---|\n"
    )
    .expect("a String takes everything");
    for (name, row) in rows {
        let cells: Vec<String> = row.iter().map(usize::to_string).collect();
        writeln!(text, "| {name} | {} |", cells.join(" | ")).expect("a String takes everything");
    }
}
