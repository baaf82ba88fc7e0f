//! A graph put into other words before tract sees it: what tract has wrong, said with what it has right.
//! Must not know signatures or plans.

use super::lookup::attribute;
use super::ops::{AVERAGE, CORNERS, GELU, MASK, MAX, PLACES, REQUANTIZE};
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::{AttributeProto, GraphProto, NodeProto, TensorProto};

/// Rewrites `graph` and the graphs inside it.
pub(super) fn rewrite(graph: &mut GraphProto) {
    graph.initializer.iter_mut().for_each(plain);
    for node in std::mem::take(&mut graph.node) {
        graph.node.extend(rewritten(node));
    }
}

fn rewritten(mut node: NodeProto) -> Vec<NodeProto> {
    for attribute in &mut node.attribute {
        attribute.t.iter_mut().for_each(plain);
        attribute.g.iter_mut().for_each(rewrite);
    }
    match node.op_type.as_str() {
        "QLinearMatMul" => q_linear(node, "MatMulInteger", -1),
        "QLinearConv" => q_linear(node, "ConvInteger", 1),
        "AveragePool" if ceils(&node) && (is_valid(&node) || is(&node, "count_include_pad", 1)) => {
            renamed(node, AVERAGE)
        }
        "Gelu" if says(&node, "approximate", "tanh") => renamed(node, GELU),
        "Attention" if node.input.get(3).is_some_and(|mask| !mask.is_empty()) => masked(node),
        "GatherND" | "ScatterND" => counted(node),
        "Resize" if says(&node, "coordinate_transformation_mode", "align_corners") => {
            renamed(node, CORNERS)
        }
        // tract's gives the places of the largest, ours does not.
        "MaxPool" if ceils(&node) && is_valid(&node) && node.output.len() == 1 => {
            renamed(node, MAX)
        }
        _ => vec![node],
    }
}

/// tract reads unsigned numbers only from `raw_data`.
fn plain(tensor: &mut TensorProto) {
    let numbers = std::mem::take(&mut tensor.uint64_data).into_iter();
    let raw: Vec<u8> = match tensor.data_type {
        12 => numbers.flat_map(|n| (n as u32).to_le_bytes()).collect(),
        13 => numbers.flat_map(u64::to_le_bytes).collect(),
        _ => return,
    };
    if !raw.is_empty() {
        tensor.raw_data = raw;
    }
}

/// An exact integer product, and then its scale: tract's own scaling rounds otherwise than ONNX.
fn q_linear(mut node: NodeProto, product: &str, axis: i64) -> Vec<NodeProto> {
    let input = |slot: usize| node.input.get(slot).cloned().unwrap_or_default();
    let name = called(&node);
    let sums = format!("{name}.sums");
    let mut scaled = NodeProto {
        name: name.clone(),
        op_type: REQUANTIZE.to_owned(),
        input: vec![sums.clone(), input(1), input(4), input(6), input(7)],
        output: std::mem::replace(&mut node.output, vec![sums.clone()]),
        attribute: vec![integer("axis", axis)],
        ..NodeProto::default()
    };
    if !input(8).is_empty() {
        scaled.input.push(input(8));
    }
    node.input = vec![input(0), input(3), input(2), input(5)];
    node.name = sums;
    node.op_type = product.to_owned();
    vec![node, scaled]
}

/// A mask that is added, and then what it is added in.
fn masked(mut node: NodeProto) -> Vec<NodeProto> {
    let name = format!("{}.mask", called(&node));
    let mask = std::mem::replace(&mut node.input[3], name.clone());
    let added = NodeProto {
        name: name.clone(),
        op_type: MASK.to_owned(),
        input: vec![mask, node.input[0].clone()],
        output: vec![name],
        attribute: node.attribute.clone(),
        ..NodeProto::default()
    };
    vec![added, node]
}

/// Indices counted from the front, and then what takes them.
fn counted(mut node: NodeProto) -> Vec<NodeProto> {
    let input = |slot: usize| node.input.get(slot).cloned().unwrap_or_default();
    let name = format!("{}.places", called(&node));
    let places = NodeProto {
        name: name.clone(),
        op_type: PLACES.to_owned(),
        input: vec![input(0), input(1)],
        output: vec![name.clone()],
        attribute: node.attribute.clone(),
        ..NodeProto::default()
    };
    if let Some(indices) = node.input.get_mut(1) {
        *indices = name;
    }
    vec![places, node]
}

fn ceils(node: &NodeProto) -> bool {
    is(node, "ceil_mode", 1)
}

fn is(node: &NodeProto, name: &str, value: i64) -> bool {
    attribute(node, name).is_some_and(|it| it.i == value)
}

fn says(node: &NodeProto, name: &str, text: &str) -> bool {
    attribute(node, name).is_some_and(|it| it.s == text.as_bytes())
}

fn is_valid(node: &NodeProto) -> bool {
    says(node, "auto_pad", "VALID")
}

fn renamed(mut node: NodeProto, name: &str) -> Vec<NodeProto> {
    node.op_type = name.to_owned();
    vec![node]
}

fn called(node: &NodeProto) -> String {
    let first = || {
        node.output
            .iter()
            .find(|output| !output.is_empty())
            .cloned()
    };
    if node.name.is_empty() {
        first().unwrap_or_default()
    } else {
        node.name.clone()
    }
}

fn integer(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Int as i32,
        i: value,
        ..AttributeProto::default()
    }
}
