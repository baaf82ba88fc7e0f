//! Cast: tract's makes sizes of all that becomes i64, and what is no size is then no number to most operators.
//! Must not know where its input comes from.

use crate::model::onnx::kernel::Built;
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::ops::cast;
use tract_onnx::tract_hir::internal::*;

#[derive(Debug, Clone, Hash, PartialEq, Eq)]
struct Cast(DatumType);

pub(super) fn cast(_context: &ParsingContext, node: &NodeProto) -> Built {
    Ok((expand(Cast(node.get_attr("to")?)), vec![]))
}

impl Cast {
    /// Sizes may not be known yet.
    fn target(&self, from: DatumType) -> DatumType {
        match self.0 == i64::datum_type() && from == TDim::datum_type() {
            true => TDim::datum_type(),
            false => self.0,
        }
    }
}

impl Expansion for Cast {
    fn name(&self) -> StaticName {
        "Cast".into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, 1)?;
        check_output_arity(outputs, 1)?;
        solver.equals(&outputs[0].rank, &inputs[0].rank)?;
        solver.equals(&outputs[0].shape, &inputs[0].shape)?;
        solver.given(&inputs[0].datum_type, move |solver, from| {
            solver.equals(&outputs[0].datum_type, self.target(from))
        })
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let from = model.outlet_fact(inputs[0])?.datum_type;
        model.wire_node(prefix, cast::cast(self.target(from)), inputs)
    }
}
