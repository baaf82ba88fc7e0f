//! Flatten: tract's takes no two sizes that are not known yet.
//! Must not know where its input comes from.

use crate::model::onnx::kernel::Built;
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

#[derive(Debug, Clone, Hash, PartialEq, Eq)]
struct Flatten(i64);

pub(super) fn flatten(_context: &ParsingContext, node: &NodeProto) -> Built {
    let axis = node.get_attr_opt("axis")?.unwrap_or(1);
    Ok((expand(Flatten(axis)), vec![]))
}

impl Flatten {
    fn shape(&self, shape: &[TDim]) -> TractResult<TVec<TDim>> {
        let rank = shape.len() as i64;
        let axis = if self.0 < 0 { self.0 + rank } else { self.0 };
        ensure!((0..=rank).contains(&axis), "`axis` is not one of its input");
        let (rows, columns) = shape.split_at(axis as usize);
        Ok(tvec!(rows.iter().product(), columns.iter().product()))
    }
}

impl Expansion for Flatten {
    fn name(&self) -> StaticName {
        "Flatten".into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, 1)?;
        check_output_arity(outputs, 1)?;
        solver.equals(&outputs[0].datum_type, &inputs[0].datum_type)?;
        solver.given(&inputs[0].shape, move |solver, shape| {
            solver.equals(&outputs[0].shape, self.shape(&shape)?)
        })
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let from = model.outlet_fact(inputs[0])?.shape.to_tvec();
        let to = self.shape(&from)?;
        model.wire_node(prefix, AxisOp::Reshape(0, from, to), inputs)
    }
}
