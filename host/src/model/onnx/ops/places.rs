//! Indices into a tensor, counted from its front: tract's GatherND and ScatterND know none that are negative.
//! Must not know what is read or written there.

use crate::model::onnx::kernel::{Built, Kernel, operator, required};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

/// The name that it goes by in a rewritten graph.
pub(in crate::model::onnx) const PLACES: &str = "modelhost.Places";

/// Of the axes that the indices are for, those before are shared with the indices themselves.
#[derive(Debug)]
struct Places {
    shared: usize,
}

pub(super) fn places(_context: &ParsingContext, node: &NodeProto) -> Built {
    let shared: i64 = node.get_attr_opt("batch_dims")?.unwrap_or(0);
    let shared = usize::try_from(shared).context("`batch_dims` is negative")?;
    operator(node, Places { shared })
}

impl Kernel for Places {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let indices = required(inputs, 1)?;
        Ok(vec![i64::fact(indices.shape.clone())])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let sizes = required(inputs, 0)?.shape();
        let sizes = sizes.get(self.shared..).unwrap_or_default();
        let mut places = required(inputs, 1)?.cast_to::<i64>()?.into_owned();
        let width = places.shape().last().copied().unwrap_or_default();
        ensure!(
            width <= sizes.len(),
            "its indices have {width} axes, and there are {}",
            sizes.len()
        );
        let mut plain = places.try_as_plain_ram_mut()?;
        let values = plain.as_slice_mut::<i64>()?;
        for place in values.chunks_mut(width.max(1)) {
            for (index, size) in place.iter_mut().zip(sizes) {
                let size = *size as i64;
                ensure!(
                    (-size..size).contains(index),
                    "its index {index} is outside of an axis of size {size}"
                );
                *index += if *index < 0 { size } else { 0 };
            }
        }
        Ok(vec![places])
    }
}
