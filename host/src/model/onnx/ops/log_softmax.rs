//! LogSoftmax as x - max - log(sum(exp(x - max))): the log of a softmax underflows to -inf.
//! Must not know where its input comes from.

use crate::model::onnx::kernel::{Built, Kernel, axis_in, operator, required};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::tract_data::half::f16;
use tract_onnx::tract_hir::internal::*;

#[derive(Debug)]
struct LogSoftmax {
    axis: i64,
    /// Before opset 13 everything from the axis on is one row.
    flattened: bool,
}

pub(super) fn log_softmax(context: &ParsingContext, node: &NodeProto) -> Built {
    let flattened = context.onnx_operator_set_version < 13;
    let axis = node.get_attr_opt("axis")?;
    let axis = axis.unwrap_or(if flattened { 1 } else { -1 });
    operator(node, LogSoftmax { axis, flattened })
}

impl Kernel for LogSoftmax {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        Ok(vec![required(inputs, 0)?.clone()])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let input = required(inputs, 0)?;
        Ok(vec![log_softmax_of(input, self.axis, self.flattened)?])
    }
}

/// Along one axis, or, `flattened`, along all from there on.
pub(super) fn log_softmax_of(input: &Tensor, axis: i64, flattened: bool) -> TractResult<Tensor> {
    let shape = input.shape();
    let rank = shape.len();
    let axis = axis_in(axis, rank.max(1))?;
    let outer: usize = shape.iter().take(axis).product();
    let inner: usize = if flattened {
        1
    } else {
        shape.iter().skip(axis + 1).product()
    };
    // f64 in between: sums of long rows keep f32's precision.
    let mut values = input
        .cast_to::<f64>()?
        .try_as_plain_ram()?
        .as_slice::<f64>()?
        .to_vec();
    let count = values.len() / (outer * inner).max(1);
    for start in (0..outer).flat_map(|o| (0..inner).map(move |i| o * count * inner + i)) {
        let row = || (0..count).map(|k| start + k * inner);
        let max = row().fold(f64::NEG_INFINITY, |max, at| max.max(values[at]));
        let sum: f64 = row().map(|at| (values[at] - max).exp()).sum();
        for at in row() {
            values[at] -= max + sum.ln();
        }
    }
    match input.datum_type() {
        DatumType::F16 => {
            let values: Vec<f16> = values.into_iter().map(f16::from_f64).collect();
            Tensor::from_shape(shape, &values)
        }
        DatumType::F32 => {
            let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
            Tensor::from_shape(shape, &values)
        }
        _ => Tensor::from_shape(shape, &values),
    }
}
