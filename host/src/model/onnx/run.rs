//! One run of a plan, in which a node that breaks off is named.
//! Must not know signatures or how plans are made.

use super::convert::{from_tract, to_tract};
use super::plan::Plan;
use crate::tensor::{NamedTensor, Tensor};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tract_onnx::prelude::{IntoTValue, TVec, TractError, TractResult};
use tract_onnx::tract_core::plan::eval;

/// The outputs of `plan` on `inputs`, which are in its order.
pub(super) fn run(plan: &Plan, inputs: Vec<NamedTensor>) -> TractResult<Vec<Tensor>> {
    let values = inputs
        .into_iter()
        .map(|input| Ok(to_tract(input.tensor)?.into_tvalue()))
        .collect::<TractResult<TVec<_>>>()?;
    let outputs = plan
        .spawn()?
        .run_plan_with_eval(values, |context, state, node, inputs| {
            let evaluated = AssertUnwindSafe(|| eval(context, state, node, inputs));
            catch_unwind(evaluated).unwrap_or_else(|panic| {
                let said = said(&*panic);
                Err(TractError::msg(format!("node `{}`: {said}", node.name)))
            })
        })?;
    outputs.iter().map(|value| from_tract(value)).collect()
}

/// What a panic of tract says.
pub(super) fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("it does not say why");
    format!("the engine panicked: {text}")
}
