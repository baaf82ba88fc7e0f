//! The table of what comes of the cases, by operator, opset and dtype.

use super::cases::{Case, Outcome, Run};
use super::forms::Form;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What stands above the cases that a package has as files.
pub(crate) const SHIPPED: &str = "# Conformance

What modelhost answers to the test cases that ship with `onnx` 1.16.2, beside onnxruntime 1.31.1.
Made by `MODELHOST_TEST_WRITE=1 host/tests/run conformance`; the [newer cases](#newer-cases) are further down.

- right: within 1e-3 of what the case expects, whole numbers exactly
- refused: at load, with a reason
- failed: at a run, with a reason
- not finite: NaN or infinity goes in or comes out, which modelhost refuses
- disputed: neither modelhost nor onnxruntime gives what the case expects
- panic: the engine broke off; the tests fail when there is one
- wrong: modelhost alone gives something else; the tests fail when there is one
";

/// What stands above those that a newer one makes.
pub(crate) const NEWER: &str = "
# Newer cases

The same for the cases that `onnx` 1.23.2 makes, up to opset 28; modelhost refuses what is above opset 23.
Made by `MODELHOST_TEST_ONNX_NEWER=1 MODELHOST_TEST_WRITE=1 host/tests/run conformance`.
";

/// Every way to plan, as the model says it.
const PLANS: [&str; 3] = ["symbolic", "per shape", "per value"];

/// What a case can come to.
const OUTCOMES: [&str; 7] = [
    "right",
    "refused",
    "failed",
    "not finite",
    "disputed",
    "panic",
    "wrong",
];

/// Everything by numbers.
pub(crate) fn of(head: &str, cases: &[Case]) -> String {
    let mut text = head.to_owned();
    section(&mut text, "All", "", cases, |_| "all".to_owned());
    plain(&mut text, cases);
    open(&mut text, cases);
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
    text
}

/// The cases that are not right, and why.
pub(crate) fn reasons(cases: &[Case]) -> String {
    let mut text = String::new();
    text.push_str("\n## Not right\n\nWhere onnxruntime is.\n\n| case | |\n|---|---|\n");
    let missing = cases.iter().filter(|case| {
        let outcome = case.fixed().outcome;
        case.onnxruntime == "right" && !matches!(outcome, Outcome::Right | Outcome::NotFinite)
    });
    for case in missing {
        let reason = short(&case.fixed().reason);
        line(&mut text, &[&case.name, &reason]);
    }
    text.push_str("\n## Right with fixed dims only\n\n| case | dims | |\n|---|---|---|\n");
    for case in cases {
        if case.fixed().outcome != Outcome::Right {
            continue;
        }
        for run in case.runs.iter().filter(|run| run.outcome != Outcome::Right) {
            let reason = short(&run.reason);
            line(&mut text, &[&case.name, said(run.form), &reason]);
        }
    }
    text
}

/// What most models are made of.
fn plain(text: &mut String, cases: &[Case]) {
    let is_plain = |case: &&Case| case.is_plain && (7..=22).contains(&case.opset);
    let theirs = cases.iter().filter(is_plain);
    let theirs: Vec<&Case> = theirs.filter(|case| case.onnxruntime == "right").collect();
    let is_right = |case: &&&Case| case.fixed().outcome == Outcome::Right;
    let ours = theirs.iter().filter(is_right).count();
    writeln!(
        text,
        "\nOf opsets 7 to 22, with no dtypes but f32, i64, i32, bool, i8 and u8, onnxruntime has {} right; of these modelhost has {ours} right, {:.1} %.",
        theirs.len(),
        100.0 * ours as f64 / theirs.len() as f64
    )
    .expect("a String takes everything");
}

/// What the cases come to as they are, and where only requests say how large inputs are.
fn open(text: &mut String, cases: &[Case]) {
    text.push_str(
        "\n## By dims of the inputs

- fixed: as the cases have them
- named: those above 1 have names, the same where they are the same, as exporters write them
- unnamed: none is said

Right, by how the model is planned; cases that have no dims to open are only among the fixed.

",
    );
    let head = ["dims", "cases"].into_iter().chain(PLANS);
    let rest = OUTCOMES.into_iter().skip(1);
    header(text, &head.chain(rest).collect::<Vec<_>>());
    for form in [Form::Fixed, Form::Named, Form::Unnamed] {
        let mut row = [0; 10];
        for case in cases {
            for run in case.runs.iter().filter(|run| run.form == form) {
                row[0] += 1;
                row[match column(case, run) {
                    0 => 1 + PLANS.iter().position(|plan| *plan == run.plan).unwrap_or(0),
                    other => 3 + other,
                }] += 1;
            }
        }
        numbers(text, said(form), &row);
    }
    let runs = cases.iter().flat_map(|case| &case.runs);
    let fused = runs.filter(|run| run.is_fused).count();
    writeln!(
        text,
        "\nOf these runs {fused} are fused in part, and come to the same when no operator is fused.",
    )
    .expect("a String takes everything");
}

fn section(text: &mut String, title: &str, key: &str, cases: &[Case], of: fn(&Case) -> String) {
    let mut rows: BTreeMap<String, [usize; 9]> = BTreeMap::new();
    for case in cases {
        let row = rows.entry(of(case)).or_default();
        row[0] += 1;
        row[1 + column(case, case.fixed())] += 1;
        row[8] += usize::from(case.onnxruntime == "right");
    }
    write!(text, "\n## {title}\n\n").expect("a String takes everything");
    let head = [key, "cases"].into_iter().chain(OUTCOMES);
    let head: Vec<&str> = head.chain(["onnxruntime right"]).collect();
    header(text, &head);
    for (name, row) in rows {
        numbers(text, &name, &row);
    }
}

/// Which column of outcomes a run counts in.
fn column(case: &Case, run: &Run) -> usize {
    match run.outcome {
        Outcome::Right => 0,
        Outcome::Refused => 1,
        Outcome::Failed => 2,
        Outcome::NotFinite => 3,
        Outcome::Wrong if case.onnxruntime == "wrong" => 4,
        Outcome::Panic => 5,
        Outcome::Wrong => 6,
    }
}

fn said(form: Form) -> &'static str {
    match form {
        Form::Fixed => "fixed",
        Form::Named => "named",
        Form::Unnamed => "unnamed",
    }
}

fn short(reason: &str) -> String {
    let reason = reason.replace('|', "\\|").replace('\n', " ");
    reason.chars().take(160).collect()
}

fn header(text: &mut String, cells: &[&str]) {
    line(text, cells);
    line(text, &vec!["---"; cells.len()]);
}

fn numbers(text: &mut String, name: &str, row: &[usize]) {
    let cells: Vec<String> = row.iter().map(usize::to_string).collect();
    let cells = [name].into_iter().chain(cells.iter().map(String::as_str));
    line(text, &cells.collect::<Vec<_>>());
}

fn line(text: &mut String, cells: &[&str]) {
    writeln!(text, "| {} |", cells.join(" | ")).expect("a String takes everything");
}
