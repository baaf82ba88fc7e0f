//! Which models may run rows of several requests at once: the self-check lets those through whose rows are each other's business
//! in nothing, and says of the others why not.

use super::{F32, model, node, open, value, whole};
use modelhost::model::{File, Model};
use modelhost::pipeline::{Batching, Beside, Joining, Pipeline, Request};
use serde_json::{Value, json};
use std::sync::Arc;
use tract_onnx::pb::tensor_shape_proto::dimension::Value as Size;
use tract_onnx::pb::{AttributeProto, NodeProto, ValueInfoProto, attribute_proto::AttributeType};

fn checked(model: Model, example: Value) -> Batching {
    let mut pipeline =
        Pipeline::new(Arc::new(model), None, None, None, Beside::default()).expect("joins");
    let request = Request::json(json!({ "inputs": example }).to_string());
    pipeline.check_batching(&[request], 16);
    pipeline.batching().clone()
}

fn joining(batching: Batching) -> Joining {
    match batching {
        Batching::On(joining) => joining,
        Batching::Off { reason } => panic!("runs alone: {reason}"),
    }
}

fn reason(batching: Batching) -> String {
    match batching {
        Batching::Off { reason } => reason,
        Batching::On(_) => panic!("shares runs"),
    }
}

fn encoder(name: &str) -> Model {
    let path = crate::server::root().join(format!("host/tests/data/fuse/{name}.onnx"));
    let file = File::read(&std::fs::read(path).expect("reads")).expect("a model");
    Model::load(file).expect("it loads")
}

fn text() -> Value {
    json!({"input_ids": [[4, 19, 13, 2, 3, 7]], "attention_mask": [[1, 1, 1, 1, 1, 1]]})
}

/// A node that sums or averages over `axes`, which stay.
fn over(operator: &str, axes: &[i64], output: &str) -> NodeProto {
    let axes = AttributeProto {
        name: "axes".to_owned(),
        r#type: AttributeType::Ints as i32,
        ints: axes.to_vec(),
        ..AttributeProto::default()
    };
    NodeProto {
        attribute: vec![axes],
        ..node(operator, &["x"], output)
    }
}

/// `x`, any number of rows of so many numbers.
fn rows(columns: i64) -> ValueInfoProto {
    let rows = Size::DimParam("rows".to_owned());
    value("x", F32, &[rows, Size::DimValue(columns)])
}

fn numbers() -> Value {
    json!({"x": [[1.0, -2.0, 3.5, 0.25]]})
}

#[test]
fn encoders_with_a_mask_share_runs_and_are_filled_up() {
    for name in [
        "sdpa-script17",
        "eager-dynamo20",
        "sdpa-bool-dynamo23",
        "eager-pre-script17",
    ] {
        let joining = joining(checked(encoder(name), text()));
        let padding = joining
            .padding
            .unwrap_or_else(|why| panic!("{name}: {why}"));
        assert_eq!(padding.inputs, [Some(1), Some(1)], "{name}");
        assert_eq!(padding.outputs, [vec![1]], "{name}");
    }
}

#[test]
fn an_encoder_without_a_mask_shares_runs_of_one_length() {
    let example = json!({"input_ids": [[4, 19, 13, 2, 3, 7]]});
    let joining = joining(checked(encoder("eager-none-script17"), example));
    let why = joining
        .padding
        .expect_err("nothing hides what is filled up");
    assert!(why.contains("is off by"), "{why}");
}

/// What is quantised as it comes has one scale for all rows of a run.
#[test]
fn a_model_that_quantises_as_it_goes_runs_each_alone() {
    let why = reason(checked(encoder("int8"), text()));
    let is_seen = why.contains("is off by") && why.contains("when other rows run beside it");
    // A CPU without exact dot products of bytes runs it unfused, where it is not even asked.
    let is_unfused = why == "each shape of its inputs takes a plan of its own";
    assert!(is_seen || is_unfused, "{why}");
}

#[test]
fn rows_that_are_a_set_run_alone() {
    for operator in ["ReduceMean", "ReduceMax"] {
        let nodes = vec![over(operator, &[0], "all"), node("Sub", &["x", "all"], "y")];
        let why = reason(checked(model(nodes, &[], vec![rows(4)]), numbers()));
        assert!(
            why.starts_with("its output `y` is off by"),
            "{operator}: {why}"
        );
    }
}

#[test]
fn outputs_whose_first_axis_is_another_run_alone() {
    let turned = model(vec![node("Transpose", &["x"], "y")], &[], vec![rows(4)]);
    let why = reason(checked(turned, numbers()));
    assert!(
        why.starts_with("its output `y` has the shape [4, "),
        "{why}"
    );
    let summed = model(vec![over("ReduceSum", &[0], "y")], &[], vec![rows(4)]);
    let why = reason(checked(summed, numbers()));
    assert!(why.contains("rows go in"), "{why}");
}

/// Exported with a dynamic axis and a constant in the middle.
#[test]
fn a_declared_batch_that_fails_at_two_runs_alone() {
    let mut shape = whole("shape", &[2], 1);
    shape.int64_data = vec![1, 4];
    let nodes = vec![
        node("Reshape", &["x", "shape"], "one"),
        node("Neg", &["one"], "y"),
    ];
    let why = reason(checked(model(nodes, &[shape], vec![rows(4)]), numbers()));
    assert!(why.contains("with 3 rows"), "{why}");
}

#[test]
fn inputs_that_are_no_rows_run_alone() {
    let count = || Size::DimParam("rows".to_owned());
    let cases = [
        (
            vec![value("s", F32, &[]), open("x")],
            "its input `s` is a scalar",
        ),
        (
            vec![value("s", F32, &[Size::DimValue(1)]), open("x")],
            "its input `s` takes 1 rows, always",
        ),
        (
            vec![
                value(
                    "s",
                    F32,
                    &[Size::DimParam("others".to_owned()), Size::DimValue(1)],
                ),
                open("x"),
            ],
            "its inputs `s` and `x` count their rows apart",
        ),
        (
            vec![value("s", F32, &[count(), count()]), open("x")],
            "another axis of its input `s` is as long as there are rows",
        ),
    ];
    for (inputs, expected) in cases {
        let model = model(vec![node("Add", &["s", "x"], "y")], &[], inputs);
        assert_eq!(
            reason(checked(model, json!({"s": 1.0, "x": [[1.0]]}))),
            expected
        );
    }
}

/// A plan for each pair of sizes would cost more than sharing it gains.
#[test]
fn a_model_that_needs_a_plan_for_each_shape_runs_each_alone() {
    let each = model(vec![node("Neg", &["x"], "y")], &[], vec![open("x")]);
    let why = reason(checked(each, numbers()));
    assert_eq!(why, "each shape of its inputs takes a plan of its own");
    let each = model(vec![node("Neg", &["x"], "y")], &[], vec![rows(4)]);
    assert!(joining(checked(each, numbers())).in_powers);
}

/// No example is needed where inputs can be made up.
#[test]
fn a_model_without_an_example_is_checked_all_the_same() {
    let each = model(vec![node("Neg", &["x"], "y")], &[], vec![rows(4)]);
    let mut pipeline =
        Pipeline::new(Arc::new(each), None, None, None, Beside::default()).expect("joins");
    pipeline.check_batching(&[], 16);
    assert!(matches!(pipeline.batching(), Batching::On(_)));
    pipeline.check_batching(&[], 1);
    assert!(matches!(pipeline.batching(), Batching::Off { reason } if reason.contains("max_size")));
}
