//! What a model's weights say of inputs that the file leaves open: the ids that a table has, the sizes that a product takes.
//! Must not know how a model is planned or run.

use super::file::{FORMS, MOST_FORMS};
use super::lookup::{attribute, maker};
use crate::model::signature::{Dim, Port};
use tract_onnx::pb::{GraphProto, NodeProto, TensorProto};

/// Operators that make numbers of a quantised table, whose first input it is.
const UNPACKING: [&str; 6] = ["Identity", "Cast", "DequantizeLinear", "Mul", "Sub", "Add"];

/// Fills in what the weights of `graph` decide about `input`.
pub(super) fn decide(graph: &GraphProto, input: &mut Port) {
    input.rows = rows(graph, &input.name);
    let Some(shape) = &mut input.shape else {
        return;
    };
    let readers = graph.node.iter();
    for node in readers.filter(|node| node.input.first().is_some_and(|it| *it == input.name)) {
        if let Some((axis, size)) = size(graph, node, shape.len())
            && let Some(dim @ (Dim::Any | Dim::Symbol(_))) = shape.get_mut(axis)
        {
            *dim = Dim::Fixed(size);
        }
    }
}

/// The axis of its first input, of `rank`, whose size the weights of `node` decide, and that size.
fn size(graph: &GraphProto, node: &NodeProto, rank: usize) -> Option<(usize, usize)> {
    let attribute = |name: &str| attribute(node, name);
    let weights = graph
        .initializer
        .iter()
        .find(|tensor| Some(&tensor.name) == node.input.get(1))?;
    let dims = &weights.dims;
    let (axis, size) = match node.op_type.as_str() {
        "Conv" => (
            1,
            dims.get(1)? * attribute("group").map_or(1, |group| group.i),
        ),
        "MatMul" => {
            let summed = dims.len().saturating_sub(2);
            (rank.checked_sub(1)?, *dims.get(summed)?)
        }
        "Gemm" if attribute("transA").is_none_or(|it| it.i == 0) => {
            let turned = attribute("transB").is_some_and(|it| it.i != 0);
            (1, *dims.get(usize::from(turned))?)
        }
        "BatchNormalization" | "InstanceNormalization" => (1, *dims.first()?),
        "LayerNormalization" if dims.len() == 1 && dims[0] > 1 => (rank.checked_sub(1)?, dims[0]),
        "RNN" | "GRU" | "LSTM" => (2, *dims.get(2)?),
        _ => return None,
    };
    Some((axis, usize::try_from(size).ok()?))
}

/// The rows of the constant table that `input` indexes in a `Gather` on axis 0, the least where there are several.
fn rows(graph: &GraphProto, input: &str) -> Option<usize> {
    let mut names = vec![input];
    // Behind those that only change the form of the indices.
    for node in &graph.node {
        let is_form = FORMS.contains(&node.op_type.as_str());
        let reads = node
            .input
            .first()
            .is_some_and(|it| names.contains(&it.as_str()));
        if is_form && reads && names.len() < MOST_FORMS {
            names.extend(node.output.iter().map(String::as_str));
        }
    }
    let by = |node: &&NodeProto| {
        let indices = node.input.get(1);
        node.op_type == "Gather" && indices.is_some_and(|it| names.contains(&it.as_str()))
    };
    graph
        .node
        .iter()
        .filter(by)
        .filter(|node| attribute(node, "axis").is_none_or(|axis| axis.i == 0))
        .filter_map(|node| {
            let table = table(graph, node.input.first()?)?;
            usize::try_from(*table.dims.first()?).ok()
        })
        .min()
}

/// The constant that `name` is, or that it is unpacked from: quantised tables are scaled before rows are taken.
fn table<'a>(graph: &'a GraphProto, name: &str) -> Option<&'a TensorProto> {
    if let Some(table) = constant(graph, name) {
        return Some(table);
    }
    let mut name = name;
    for _ in 0..MOST_FORMS {
        let node = maker(graph, name)?;
        if !UNPACKING.contains(&node.op_type.as_str()) {
            return None;
        }
        name = node.input.first()?;
        if let Some(table) = constant(graph, name) {
            // One row would be spread over those of another operand.
            let is_table = table.dims.len() == 2 && table.dims[0] > 1;
            return is_table.then_some(table);
        }
    }
    None
}

fn constant<'a>(graph: &'a GraphProto, name: &str) -> Option<&'a TensorProto> {
    let inside = graph.initializer.iter().find(|it| it.name == name);
    inside.or_else(|| {
        let node = maker(graph, name).filter(|node| node.op_type == "Constant")?;
        node.attribute.iter().find_map(|it| it.t.as_ref())
    })
}
