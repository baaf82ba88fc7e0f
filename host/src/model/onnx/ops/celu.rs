//! Celu: tract's leaves `alpha` out on the negative side.
//! Must not know where its input comes from.

use crate::model::onnx::kernel::{Built, Kernel, operator, required, required_f32};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

#[derive(Debug)]
struct Celu(f32);

pub(super) fn celu(_context: &ParsingContext, node: &NodeProto) -> Built {
    operator(node, Celu(node.get_attr_opt("alpha")?.unwrap_or(1.0)))
}

impl Kernel for Celu {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let input = required_f32(inputs, 0)?;
        Ok(vec![input.without_value()])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let input = *required(inputs, 0)?;
        let celu = |x: &f32| x.max(0.0) + (self.0 * ((x / self.0).exp() - 1.0)).min(0.0);
        let values: Vec<f32> = input
            .try_as_plain_ram()?
            .as_slice::<f32>()?
            .iter()
            .map(celu)
            .collect();
        Ok(vec![Tensor::from_shape(input.shape(), &values)?])
    }
}
