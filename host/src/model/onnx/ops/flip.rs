//! A tensor with one axis turned round.
//! Must not know what lies along the axis.

use super::log_softmax::axis_in;
use crate::model::onnx::kernel::{Built, Kernel, operator, required};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

/// The name that it goes by in a rewritten graph.
pub(in crate::model::onnx) const FLIP: &str = "modelhost.Flip";

#[derive(Debug)]
struct Flip(i64);

pub(super) fn flip(_context: &ParsingContext, node: &NodeProto) -> Built {
    operator(node, Flip(node.get_attr("axis")?))
}

impl Kernel for Flip {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        Ok(vec![required(inputs, 0)?.clone()])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let input = *required(inputs, 0)?;
        let axis = axis_in(self.0, input.rank())?;
        let size = input.shape()[axis];
        if size == 0 {
            return Ok(vec![input.clone()]);
        }
        let slices = (0..size).rev().map(|at| input.slice(axis, at, at + 1));
        let slices = slices.collect::<TractResult<Vec<_>>>()?;
        Ok(vec![Tensor::stack_tensors(axis, &slices)?])
    }
}
