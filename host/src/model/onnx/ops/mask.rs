//! The mask of an Attention as numbers that are added: tract's takes no truths.
//! Must not know what is masked.

use crate::model::onnx::kernel::{Built, Kernel, operator, required};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

/// The name that it goes by in a rewritten graph.
pub(in crate::model::onnx) const MASK: &str = "modelhost.Mask";

#[derive(Debug)]
struct Mask {
    /// Whether what comes later is hidden as well.
    causal: bool,
}

pub(super) fn mask(_context: &ParsingContext, node: &NodeProto) -> Built {
    let causal = node.get_attr_opt::<i64>("is_causal")? == Some(1);
    operator(node, Mask { causal })
}

impl Kernel for Mask {
    /// Of the dtype of what it is added to, the second input.
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let (mask, query) = (required(inputs, 0)?, required(inputs, 1)?);
        Ok(vec![query.datum_type.fact(mask.shape.clone())])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let (mask, query) = (*required(inputs, 0)?, *required(inputs, 1)?);
        if let ([.., rows, _], [_, _, length, _]) = (mask.shape(), query.shape()) {
            ensure!(
                rows == length,
                "a mask of {rows} rows for {length} is not supported"
            );
        }
        let mut added = mask.cast_to::<f32>()?.into_owned();
        let width = mask.shape().last().copied().unwrap_or_default();
        let height = mask.shape().iter().rev().nth(1).copied().unwrap_or(1);
        let mut plain = added.try_as_plain_ram_mut()?;
        let values = plain.as_slice_mut::<f32>()?;
        if mask.datum_type() == bool::datum_type() {
            let hidden = |value: &mut f32| {
                *value = if *value == 0.0 {
                    f32::NEG_INFINITY
                } else {
                    0.0
                }
            };
            values.iter_mut().for_each(hidden);
        }
        for (row, values) in values.chunks(width.max(1)).enumerate() {
            let seen = if self.causal { row % height + 1 } else { width };
            // tract makes something up then, where onnxruntime answers with zeros.
            ensure!(
                values
                    .iter()
                    .take(seen)
                    .any(|value| *value > f32::NEG_INFINITY),
                "row {row} of its mask hides all, which is not supported"
            );
        }
        Ok(vec![added.cast_to_dt(query.datum_type())?.into_owned()])
    }
}
