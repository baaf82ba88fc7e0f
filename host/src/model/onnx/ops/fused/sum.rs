//! The sum of two values, row by row, in a plan that does not know shapes.
//! Must not know where its inputs come from.

use super::rows::{Rows, sum as sum_of};
use crate::model::onnx::kernel::{Built, Kernel, operator, required, required_f32};
use crate::model::onnx::output::filled;
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::broadcast::multi_broadcast;
use tract_onnx::tract_hir::internal::*;

#[derive(Debug)]
struct Sum;

pub(crate) fn sum(_context: &ParsingContext, node: &NodeProto) -> Built {
    operator(node, Sum)
}

impl Kernel for Sum {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let (a, b) = (required_f32(inputs, 0)?, required_f32(inputs, 1)?);
        let is_wide =
            |it: &TypedFact, other: &TypedFact| match (it.shape.last(), other.shape.last()) {
                (Some(width), Some(other)) => width == other || other.is_one(),
                _ => false,
            };
        ensure!(
            is_wide(a, b) || is_wide(b, a),
            "its inputs are of different widths"
        );
        let shape = multi_broadcast(&[a.shape.dims(), b.shape.dims()])?;
        Ok(vec![f32::fact(shape)])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let (a, b) = (*required(inputs, 0)?, *required(inputs, 1)?);
        let shape = multi_broadcast(&[a.shape(), b.shape()])?;
        let (of_a, of_b) = (a.try_as_plain_ram()?, b.try_as_plain_ram()?);
        let (of_a, of_b) = (of_a.as_slice()?, of_b.as_slice()?);
        let (a, b) = (
            Rows::new(of_a, a.shape(), &shape),
            Rows::new(of_b, b.shape(), &shape),
        );
        let width = shape.last().copied().context("it needs an axis")?;
        let output = filled(&shape, width, |row, piece| {
            Ok(sum_of(a.row(row), b.row(row), piece))
        });
        Ok(vec![output?])
    }
}
