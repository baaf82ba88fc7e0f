//! One run of a plan, in which a node that breaks off is named.
//! Must not know signatures or how plans are made.

use super::plan::Plan;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tract_onnx::prelude::{TValue, TVec, TractError, TractResult};
use tract_onnx::tract_core::plan::eval;

pub(super) fn run(plan: &Plan, values: TVec<TValue>) -> TractResult<TVec<TValue>> {
    plan.spawn()?
        .run_plan_with_eval(values, |context, state, node, inputs| {
            let evaluated = AssertUnwindSafe(|| eval(context, state, node, inputs));
            catch_unwind(evaluated).unwrap_or_else(|panic| {
                let said = said(&*panic);
                Err(TractError::msg(format!("node `{}`: {said}", node.name)))
            })
        })
}

/// What a panic of tract says.
pub(super) fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("it does not say why");
    format!("the engine panicked: {text}")
}
