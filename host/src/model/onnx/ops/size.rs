//! Whole numbers as sizes, all 64 bits of them: tract's cast keeps 32.
//! Must not know what the sizes are of.

use crate::model::onnx::kernel::{Kernel, required, wired};
use tract_onnx::tract_hir::internal::*;
use tract_onnx::tract_hir::ops::binary::wire_cast;

#[derive(Debug)]
struct Size;

/// As tract's `wire_cast`, but that nothing is lost.
pub(super) fn cast_all(
    prefix: &str,
    model: &mut TypedModel,
    inputs: &[OutletId],
    dtype: DatumType,
) -> TractResult<TVec<OutletId>> {
    let mut wires: TVec<OutletId> = inputs.into();
    if dtype == TDim::datum_type() {
        for (at, wire) in wires.iter_mut().enumerate() {
            if model.outlet_fact(*wire)?.datum_type.is_integer() {
                *wire = wired(Size, &format!("{prefix}.size.{at}"), model, &[*wire])?[0];
            }
        }
    }
    wire_cast(prefix, model, &wires, dtype)
}

impl Kernel for Size {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let shape = required(inputs, 0)?.shape.clone();
        Ok(vec![TDim::datum_type().fact(shape)])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let input = *required(inputs, 0)?;
        let values = input.cast_to::<i64>()?;
        let values = values.try_as_plain_ram()?.as_slice::<i64>()?.iter();
        let sizes = values.map(|value| value.to_dim()).collect();
        let sizes = tract_ndarray::ArrayD::from_shape_vec(input.shape(), sizes)?;
        Ok(vec![sizes.into_tensor()])
    }
}
