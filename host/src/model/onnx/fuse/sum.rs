//! Sums of two values that vary, of which one is known to be of 32-bit numbers.
//! Must not know shapes.

use super::index::{Index, is};
use super::{Fused, node};
use crate::model::onnx::ops::{ATTENTION, FUSED_GELU, LINEAR, NORM, QUANTISED, SUM};
use tract_onnx::pb::NodeProto;

pub(super) fn find(index: &Index<'_>) -> Vec<Fused> {
    let sums = index
        .nodes()
        .filter(|(_, it)| is(it, "Add") && it.input.len() == 2);
    let varies = |name: &String| index.constant(name).is_none();
    let sums = sums.filter(|(_, it)| it.input.iter().all(varies));
    let mut found: Vec<Fused> = Vec::new();
    for (at, sum) in sums {
        let of_sum = |name: &String| found.iter().any(|it| it.node.output.contains(name));
        if sum.input.iter().any(|it| of_sum(it) || is_f32(index, it)) {
            let inputs = [sum.input[0].as_str(), sum.input[1].as_str()];
            found.push(Fused {
                at,
                node: node(SUM, sum, &inputs, Vec::new()),
            });
        }
    }
    found
}

/// Whether `name` is made by an operator that gives nothing else, or is a row of a table of such numbers.
fn is_f32(index: &Index<'_>, name: &str) -> bool {
    let makes = |operator: &&str| index.made(name, operator).is_some();
    let is_row = |gather: &NodeProto| index.weights(&gather.input[0], 2).is_some();
    [ATTENTION, FUSED_GELU, LINEAR, NORM, QUANTISED]
        .iter()
        .any(makes)
        || index.maker(name, "Gather").is_some_and(is_row)
}
