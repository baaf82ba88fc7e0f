//! Whole numbers as sizes, all 64 bits of them, and what mixes both: tract's cast keeps 32.
//! Must not know what the sizes are of.

use crate::model::onnx::kernel::{Built, Kernel, required, wired};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::ops::binary::BinMiniOp;
use tract_onnx::tract_core::ops::math::{Max, Min};
use tract_onnx::tract_hir::internal::*;
use tract_onnx::tract_hir::ops::array::Concat;
use tract_onnx::tract_hir::ops::binary::{InferenceBinOp, Nary, wire_cast};
use tract_onnx::tract_hir::ops::logic::{CompGT, CompGTE, CompLT, CompLTE, Iff};

#[derive(Debug)]
struct Size;

/// As tract's `wire_cast`, but that nothing is lost.
pub(super) fn cast_all(
    prefix: &str,
    model: &mut TypedModel,
    inputs: &[OutletId],
    dtype: DatumType,
) -> TractResult<TVec<OutletId>> {
    if dtype == TDim::datum_type() {
        let wires = sized(prefix, model, inputs)?;
        return wire_cast(prefix, model, &wires, dtype);
    }
    wire_cast(prefix, model, inputs, dtype)
}

/// What is whole among `inputs`, made sizes.
fn sized(prefix: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
    let mut wires: TVec<OutletId> = inputs.into();
    for (at, wire) in wires.iter_mut().enumerate() {
        if model.outlet_fact(*wire)?.datum_type.is_integer() {
            *wire = wired(Size, &format!("{prefix}.size.{at}"), model, &[*wire])?[0];
        }
    }
    Ok(wires)
}

/// An operator of tract's, whose inputs are all made sizes where one is.
#[derive(Debug, Clone)]
struct Mixed<E>(E);

pub(super) fn concat(_context: &ParsingContext, node: &NodeProto) -> Built {
    let concat = Concat::new(node.get_attr("axis")?);
    Ok((expand(Mixed(concat)), vec![]))
}

pub(super) fn greater(_context: &ParsingContext, _node: &NodeProto) -> Built {
    compared(CompGT)
}

pub(super) fn greater_or_equal(_context: &ParsingContext, _node: &NodeProto) -> Built {
    compared(CompGTE)
}

pub(super) fn less(_context: &ParsingContext, _node: &NodeProto) -> Built {
    compared(CompLT)
}

pub(super) fn less_or_equal(_context: &ParsingContext, _node: &NodeProto) -> Built {
    compared(CompLTE)
}

pub(super) fn largest(_context: &ParsingContext, node: &NodeProto) -> Built {
    extreme(node, Max)
}

pub(super) fn least(_context: &ParsingContext, node: &NodeProto) -> Built {
    extreme(node, Min)
}

/// Of more or fewer than two, which are hardly sizes, tract's own.
fn extreme(node: &NodeProto, of_two: impl BinMiniOp) -> Built {
    if node.input.len() == 2 {
        return compared(of_two);
    }
    Ok((Box::new(Nary(Box::new(of_two), false)), vec![]))
}

pub(super) fn either(_context: &ParsingContext, _node: &NodeProto) -> Built {
    Ok((expand(Mixed(Iff)), vec![]))
}

fn compared(comparison: impl BinMiniOp) -> Built {
    let comparison = InferenceBinOp(Box::new(comparison));
    Ok((expand(Mixed(comparison)), vec![]))
}

impl<E: Expansion + Clone> Expansion for Mixed<E> {
    fn name(&self) -> StaticName {
        self.0.name()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        self.0.rules(solver, inputs, outputs)
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        for input in inputs {
            if model.outlet_fact(*input)?.datum_type == TDim::datum_type() {
                let wires = sized(prefix, model, inputs)?;
                return self.0.wire(prefix, model, &wires);
            }
        }
        self.0.wire(prefix, model, inputs)
    }
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
