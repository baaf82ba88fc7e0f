//! Gemm: tract's has factors of 32 bits only.
//! Must not know where its inputs come from.

use crate::model::onnx::kernel::Built;
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::math;
use tract_onnx::tract_hir::internal::*;
use tract_onnx::tract_hir::ops::logic::wire_with_rank_broadcast;

#[derive(Debug, Clone)]
struct Gemm {
    alpha: f32,
    beta: f32,
    turns_a: bool,
    turns_b: bool,
}

pub(super) fn gemm(_context: &ParsingContext, node: &NodeProto) -> Built {
    let is = |name| Ok::<_, TractError>(node.get_attr_opt::<i64>(name)?.unwrap_or(0) != 0);
    let gemm = Gemm {
        alpha: node.get_attr_opt("alpha")?.unwrap_or(1.0),
        beta: node.get_attr_opt("beta")?.unwrap_or(1.0),
        turns_a: is("transA")?,
        turns_b: is("transB")?,
    };
    Ok((expand(gemm), vec![]))
}

impl Expansion for Gemm {
    fn name(&self) -> StaticName {
        "Gemm".into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_output_arity(outputs, 1)?;
        for input in inputs {
            solver.equals(&input.datum_type, &outputs[0].datum_type)?;
        }
        for matrix in inputs.iter().take(2).chain(outputs) {
            solver.equals(&matrix.rank, 2)?;
        }
        let (a, b) = (usize::from(self.turns_a), usize::from(self.turns_b));
        solver.equals(&inputs[0].shape[a], &outputs[0].shape[0])?;
        solver.equals(&inputs[0].shape[1 - a], &inputs[1].shape[b])?;
        solver.equals(&inputs[1].shape[1 - b], &outputs[0].shape[1])
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let dtype = model.outlet_fact(inputs[0])?.datum_type;
        let axes = AxesMapping::for_numpy_matmul(2, self.turns_a, self.turns_b, false)?;
        let product = EinSum::new(axes, dtype);
        let mut wire = model.wire_node(format!("{prefix}.product"), product, &inputs[..2])?[0];
        let scaled = |model: &mut TypedModel, what: &str, by: f32, wire| -> TractResult<OutletId> {
            if by == 1.0 {
                return Ok(wire);
            }
            let by = tensor0(by).cast_to_dt(dtype)?.into_owned();
            let by = model.add_const(format!("{prefix}.{what}"), by)?;
            let name = format!("{prefix}.{what}.scaled");
            Ok(wire_with_rank_broadcast(name, model, math::mul(), &[wire, by])?[0])
        };
        wire = scaled(model, "alpha", self.alpha, wire)?;
        if let Some(sum) = inputs.get(2).filter(|_| self.beta != 0.0) {
            let sum = scaled(model, "beta", self.beta, *sum)?;
            wire = wire_with_rank_broadcast(prefix, model, math::add(), &[wire, sum])?[0];
        }
        Ok(tvec!(wire))
    }
}
