//! Windows and reflections that are larger than what they are laid over: tract answers with zeros or with what it reflects twice.
//! Must not know where a model's inputs come from.

use tract_onnx::prelude::{TractResult, TypedModel, TypedNode};
use tract_onnx::tract_core::ops::array::{Pad, PadMode};
use tract_onnx::tract_core::ops::cnn::{Conv, MaxPool, PaddingSpec, PoolSpec, SumPool};
use tract_onnx::tract_hir::internal::DimLike;

/// Why `model`, all of whose sizes are known, is not run on them, if so.
pub(super) fn refusal(model: &TypedModel) -> TractResult<Option<String>> {
    for node in model.nodes() {
        if let Some(what) = too_large(model, node)? {
            let name = &node.name;
            return Ok(Some(format!("node `{name}` takes {what}")));
        }
    }
    Ok(None)
}

fn too_large(model: &TypedModel, node: &TypedNode) -> TractResult<Option<String>> {
    let (spec, cuts) = if let Some(conv) = node.op_as::<Conv>() {
        (&conv.pool_spec, false)
    } else if let Some(pool) = node.op_as::<MaxPool>() {
        (&pool.pool_spec, true)
    } else if let Some(pool) = node.op_as::<SumPool>() {
        (&pool.pool_spec, true)
    } else if let Some(pad) = node.op_as::<Pad>() {
        let fact = model.outlet_fact(node.inputs[0])?;
        let axes = pad.pads.iter().zip(fact.shape.iter());
        for ((before, after), size) in axes.filter(|_| pad.mode == PadMode::Reflect) {
            let pads = before.max(after);
            if let Ok(size) = size.to_usize()
                && *pads > 0
                && *pads >= size
            {
                return Ok(Some(format!(
                    "a reflection of {pads} over an axis of size {size}"
                )));
            }
        }
        return Ok(None);
    } else {
        return Ok(None);
    };
    let shape = &model.outlet_fact(node.inputs[0])?.shape;
    let shape = spec.data_format.shape(shape.to_tvec())?;
    for (axis, size) in shape.hw_dims().iter().enumerate() {
        if let Ok(size) = size.to_usize()
            && let Some((window, padded)) = beyond(spec, axis, size, cuts)
        {
            return Ok(Some(format!(
                "a window of {window} over {padded}, of which {} are padding",
                padded - size
            )));
        }
    }
    Ok(None)
}

/// The window along `axis`, where it is larger than what is there. A pool may cut its window, by less than a stride.
fn beyond(spec: &PoolSpec, axis: usize, size: usize, cuts: bool) -> Option<(usize, usize)> {
    let window = (spec.kernel_shape[axis] - 1) * spec.dilation(axis) + 1;
    let (padded, may_cut) = match &spec.padding {
        PaddingSpec::Valid => (size, false),
        PaddingSpec::Explicit(before, after) => (size + before[axis] + after[axis], false),
        PaddingSpec::ExplicitOnnxPool(before, after, _) => {
            (size + before[axis] + after[axis], cuts)
        }
        PaddingSpec::SameLower | PaddingSpec::SameUpper => return None,
    };
    let cut = if may_cut { spec.stride(axis) - 1 } else { 0 };
    (padded + cut < window).then_some((window, padded))
}
