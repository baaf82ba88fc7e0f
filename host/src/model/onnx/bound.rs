//! Inputs whose values decide shapes, and a model with such values filled in.
//! Must not know plans.

use super::convert::to_proto;
use super::lookup::maker;
use super::ops::CORNERS;
use crate::tensor::NamedTensor;
use tract_onnx::pb::type_proto::{self, Value};
use tract_onnx::pb::{GraphProto, ModelProto, NodeProto, ValueInfoProto};
use tract_onnx::prelude::TractResult;

/// ONNX's number of bool.
const BOOL: i32 = 9;

/// The slots that tract wants as constants.
const SLOTS: &[(&str, &[usize])] = &[
    ("BatchNormalization", &[1, 2, 3, 4]),
    ("BlackmanWindow", &[0]),
    ("CenterCropPad", &[1]),
    ("ConstantOfShape", &[0]),
    ("DFT", &[1, 2]),
    ("Expand", &[1]),
    ("HammingWindow", &[0]),
    ("HannWindow", &[0]),
    ("If", &[0]),
    ("MelWeightMatrix", &[0, 1, 2, 3, 4]),
    ("OneHot", &[1]),
    ("Pad", &[1, 2, 3]),
    ("Range", &[0, 1, 2]),
    ("Reshape", &[1]),
    ("Resize", &[1, 2, 3]),
    ("STFT", &[1, 2, 3]),
    ("Slice", &[1, 2, 3, 4]),
    ("Split", &[1]),
    ("Squeeze", &[1]),
    ("Tile", &[1]),
    ("TopK", &[1]),
    ("Trilu", &[1]),
    ("Unsqueeze", &[1]),
    (CORNERS, &[2, 3]),
];

/// The inputs of `graph` that decide shapes: small ones that lead to such a slot.
pub(super) fn deciding(graph: &GraphProto) -> Vec<String> {
    let leading = leading(graph, |node| {
        let slots = SLOTS.iter().find(|(name, _)| *name == node.op_type);
        let slots = slots.map_or(&[][..], |(_, slots)| slots);
        if node.op_type.starts_with("Reduce") {
            &[1]
        } else {
            slots
        }
    });
    let names = leading.into_iter().map(|input| input.name.clone());
    names.collect()
}

/// Whether an input of `graph` chooses between branches, whose shapes may be the same for some sizes only.
pub(super) fn chooses(graph: &GraphProto) -> bool {
    let leading = leading(graph, |node| if node.op_type == "If" { &[0] } else { &[] });
    leading.into_iter().any(is_flag)
}

/// Whether an input of `graph` says what a `Slice` keeps: tract fails on some of them where it does not know the values.
pub(super) fn slices(graph: &GraphProto) -> bool {
    let leading = leading(graph, |node| match node.op_type.as_str() {
        "Slice" => &[1, 2, 3, 4],
        _ => &[],
    });
    !leading.is_empty()
}

/// The small inputs of `graph` that lead to the slots that `slots` says of a node.
fn leading(graph: &GraphProto, slots: fn(&NodeProto) -> &'static [usize]) -> Vec<&ValueInfoProto> {
    let mut open: Vec<&str> = graph
        .node
        .iter()
        .flat_map(|node| slots(node).iter().filter_map(|slot| node.input.get(*slot)))
        .map(String::as_str)
        .collect();
    let mut found = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    while let Some(name) = open.pop() {
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        let input = graph.input.iter().find(|it| it.name == name);
        found.extend(input.filter(|input| is_small(input)));
        // Shapes are known where values are not.
        let maker =
            maker(graph, name).filter(|node| !["Shape", "Size"].contains(&node.op_type.as_str()));
        open.extend(
            maker
                .iter()
                .flat_map(|node| &node.input)
                .map(String::as_str),
        );
    }
    found
}

/// A scalar or a list, as far as the file says.
fn is_small(input: &ValueInfoProto) -> bool {
    let shape = tensor(input).and_then(|tensor| tensor.shape.as_ref());
    shape.is_some_and(|shape| shape.dim.len() < 2)
}

fn is_flag(input: &ValueInfoProto) -> bool {
    tensor(input).is_some_and(|tensor| tensor.elem_type == BOOL)
}

fn tensor(input: &ValueInfoProto) -> Option<&type_proto::Tensor> {
    let Value::TensorType(tensor) = input.r#type.as_ref()?.value.as_ref()?;
    Some(tensor)
}

/// `model` with the inputs that `values` names made constants.
pub(super) fn filled(model: &ModelProto, values: &[NamedTensor]) -> TractResult<ModelProto> {
    let mut model = model.clone();
    if let Some(graph) = &mut model.graph {
        let given = |name: &str| values.iter().any(|value| value.name == name);
        graph.input.retain(|input| !given(&input.name));
        graph.initializer.retain(|tensor| !given(&tensor.name));
        for value in values {
            graph.initializer.push(to_proto(value)?);
        }
    }
    Ok(model)
}
