//! Inputs whose values decide shapes, and a model with such values filled in.
//! Must not know plans.

use super::convert::to_proto;
use crate::tensor::NamedTensor;
use tract_onnx::pb::{GraphProto, ModelProto, ValueInfoProto, type_proto};
use tract_onnx::prelude::TractResult;

/// The slots that tract wants as constants.
const SLOTS: &[(&str, &[usize])] = &[
    ("BatchNormalization", &[1, 2, 3, 4]),
    ("BlackmanWindow", &[0]),
    ("CenterCropPad", &[1]),
    ("ConstantOfShape", &[0]),
    ("CumSum", &[1]),
    ("DFT", &[1, 2]),
    ("Expand", &[1]),
    ("HammingWindow", &[0]),
    ("HannWindow", &[0]),
    ("If", &[0]),
    ("MelWeightMatrix", &[0, 1, 2, 3, 4]),
    ("OneHot", &[1, 2]),
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
];

/// The inputs of `graph` that decide shapes: small ones that lead to such a slot.
pub(super) fn deciding(graph: &GraphProto) -> Vec<String> {
    let mut open: Vec<&str> = graph
        .node
        .iter()
        .flat_map(|node| {
            let slots = SLOTS.iter().find(|(name, _)| *name == node.op_type);
            let slots = slots.map_or(&[][..], |(_, slots)| slots);
            let slots = if node.op_type.starts_with("Reduce") {
                &[1]
            } else {
                slots
            };
            slots.iter().filter_map(|slot| node.input.get(*slot))
        })
        .map(String::as_str)
        .collect();
    let mut found: Vec<String> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    while let Some(name) = open.pop() {
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        if graph.input.iter().any(|it| it.name == name && is_small(it)) {
            found.push(name.to_owned());
        }
        let makes = |node: &&tract_onnx::pb::NodeProto| node.output.iter().any(|it| it == name);
        // Shapes are known where values are not.
        let maker = graph.node.iter().find(makes);
        let maker = maker.filter(|node| !["Shape", "Size"].contains(&node.op_type.as_str()));
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
    let kind = input.r#type.as_ref().and_then(|kind| kind.value.as_ref());
    let Some(type_proto::Value::TensorType(tensor)) = kind else {
        return false;
    };
    tensor
        .shape
        .as_ref()
        .is_some_and(|shape| shape.dim.len() < 2)
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
