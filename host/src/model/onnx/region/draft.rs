//! From tract's operators to steps and views.
//! Must not know which operators are joined.

use super::program::Region;
use super::step::{Binary, Step, Unary};
use super::view::{MOST_AXES, Place, View};
use crate::model::onnx::ops::SUM;
use std::collections::HashMap;
use tract_onnx::prelude::{
    Datum, DatumType, OutletId, TDim, TVec, TractError, TractResult, TypedFact, TypedModel,
    TypedNode,
};
use tract_onnx::tract_core::ops::array::{Gather, MultiBroadcastTo, Slice, TypedConcat};
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::change_axes::AxisOp;
use tract_onnx::tract_core::ops::element_wise::ElementWiseOp;
use tract_onnx::tract_core::ops::math;
use tract_onnx::tract_core::ops::nn::{Reduce, Reducer};
use tract_onnx::tract_core::tract_linalg::routines::Func;

/// Numbers of a value up to which the time goes between operators rather than into them.
const MOST: usize = 1 << 15;

/// Whether `node` can be a part of a region, and is small enough to gain from it.
pub(super) fn is_small(model: &TypedModel, node: &TypedNode) -> TractResult<bool> {
    let (mut inputs, outputs) = model.node_facts(node.id)?;
    if let Some(gather) = node.op_as::<Gather>() {
        if gather.output_type.is_some() || place(&inputs, gather.axis).is_none() {
            return Ok(false);
        }
        inputs.truncate(1);
    }
    let mut facts = inputs.iter().chain(&outputs);
    if outputs.len() != 1 || inputs.is_empty() || !facts.all(|fact| is_small_value(fact)) {
        return Ok(false);
    }
    Ok(match node.op_as::<ElementWiseOp>() {
        Some(ElementWiseOp(operator, dtype)) => {
            dtype.is_none()
                && operator.output_type(DatumType::F32).is_none()
                && operator.operating_datum_type(DatumType::F32) == DatumType::F32
        }
        None => {
            binary(node).is_some()
                || node.op_is::<AxisOp>()
                || node.op_is::<Gather>()
                || (node.op_is::<MultiBroadcastTo>() && repeats(inputs[0], outputs[0]))
                || node.op_is::<TypedConcat>()
                || node.op_as::<Slice>().is_some_and(|it| ends(it).is_ok())
                || node
                    .op_as::<Reduce>()
                    .is_some_and(|it| it.reducer == Reducer::Sum)
        }
    })
}

/// Whether `from` can be repeated to the shape of `to`: tract asks only when it runs.
fn repeats(from: &TypedFact, to: &TypedFact) -> bool {
    let (Some(from), Some(to)) = (from.shape.as_concrete(), to.shape.as_concrete()) else {
        return false;
    };
    let mut last = from.iter().rev().zip(to.iter().rev());
    from.len() <= to.len() && last.all(|(from, to)| *from == 1 || from == to)
}

fn is_small_value(fact: &TypedFact) -> bool {
    let is_small = |shape: &[usize]| {
        let count: usize = shape.iter().product();
        (1..=MOST).contains(&count) && shape.len() <= MOST_AXES
    };
    fact.datum_type == f32::datum_type() && fact.shape.as_concrete().is_some_and(is_small)
}

fn binary(node: &TypedNode) -> Option<Binary> {
    if node.op.name() == SUM {
        return Some(Binary::Add);
    }
    let TypedBinOp(operator, dtype) = node.op_as::<TypedBinOp>()?;
    match operator {
        _ if dtype.is_some_and(|it| it != DatumType::F32) => None,
        it if it.is::<math::Add>() => Some(Binary::Add),
        it if it.is::<math::Sub>() => Some(Binary::Sub),
        it if it.is::<math::Mul>() => Some(Binary::Mul),
        it if it.is::<math::Div>() => Some(Binary::Div),
        it if it.is::<math::Min>() => Some(Binary::Min),
        it if it.is::<math::Max>() => Some(Binary::Max),
        _ => None,
    }
}

fn unary(ElementWiseOp(operator, _): &ElementWiseOp) -> TractResult<Unary> {
    Ok(match operator {
        it if it.is::<math::Abs>() => Unary::Abs,
        it if it.is::<math::Neg>() => Unary::Neg,
        it if it.is::<math::Recip>() => Unary::Recip,
        it if it.is::<math::Rsqrt>() => Unary::Rsqrt,
        it if it.is::<math::Sqrt>() => Unary::Sqrt,
        it if it.is::<math::Square>() => Unary::Square,
        it if it.is::<math::Exp>() => Unary::Routine(Func::Exp.ew_f32()?),
        it if it.is::<math::Ln>() => Unary::Routine(Func::Ln.ew_f32()?),
        other => Unary::Operator(other.clone()),
    })
}

fn unknown(node: &TypedNode) -> TractError {
    TractError::msg(format!("no step does `{}`", node.name))
}

fn ends(slice: &Slice) -> TractResult<(usize, usize)> {
    let end = |dim: &TDim| Ok::<_, TractError>(usize::try_from(dim.to_i64()?)?);
    Ok((end(&slice.start)?, end(&slice.end)?))
}

/// What a gather of these takes from its first input: one place of `axis`, and whether the axis stays.
fn place(inputs: &[&TypedFact], axis: usize) -> Option<(usize, bool)> {
    let size = *inputs.first()?.shape.as_concrete()?.get(axis)?;
    let constant = inputs.get(1)?.konst.as_ref().filter(|it| it.rank() < 2)?;
    let indices = constant.cast_to::<i64>().ok()?;
    let plain = indices.try_as_plain_ram().ok()?;
    let [index] = plain.as_slice::<i64>().ok()? else {
        return None;
    };
    let behind = if *index < 0 {
        i64::try_from(size).ok()?
    } else {
        0
    };
    let index = usize::try_from(*index + behind).ok();
    Some((index.filter(|it| *it < size)?, constant.rank() == 1))
}

fn shape(model: &TypedModel, outlet: OutletId) -> TractResult<TVec<usize>> {
    let fact = model.outlet_fact(outlet)?;
    let shape = fact.shape.as_concrete().map(TVec::from);
    shape.ok_or_else(|| TractError::msg("a size is not known"))
}

/// A region that is being written.
#[derive(Default)]
pub(super) struct Draft {
    views: HashMap<OutletId, View>,
    inputs: Vec<OutletId>,
    constants: Vec<f32>,
    steps: Vec<Step>,
    /// Numbers of each slot.
    slots: Vec<usize>,
}

impl Draft {
    /// Writes what `node` does; those that it takes from, as far as they are of the region, come before.
    pub(super) fn add(&mut self, model: &TypedModel, node: &TypedNode) -> TractResult<()> {
        let view = if let Some(gather) = node.op_as::<Gather>() {
            let facts = model.node_input_facts(node.id)?;
            let (at, stays) = place(&facts, gather.axis).ok_or_else(|| unknown(node))?;
            let one = self.view(model, node.inputs[0])?;
            let one = one.sliced(gather.axis, at, at + 1);
            if stays {
                one
            } else {
                one.without_axis(gather.axis)
            }
        } else {
            let mut from = TVec::new();
            for input in &node.inputs {
                from.push(self.view(model, *input)?);
            }
            let into = shape(model, node.id.into())?;
            self.written(node, from, &into)?
        };
        self.views.insert(node.id.into(), view);
        Ok(())
    }

    fn written(&mut self, node: &TypedNode, from: TVec<View>, into: &[usize]) -> TractResult<View> {
        if let Some(binary) = binary(node) {
            let [a, b] = [0, 1].map(|at| from[at].broadcast(into));
            let whole = self.slot(into);
            self.steps.push(Step::binary(binary, &a, &b, self.last()));
            return Ok(whole);
        }
        if let Some(concat) = node.op_as::<TypedConcat>() {
            let whole = self.slot(into);
            let mut start = 0;
            for part in from {
                let end = start + part.shape[concat.axis];
                let place = whole.clone().sliced(concat.axis, start, end);
                self.steps.push(Step::copy(&part, self.last(), &place));
                start = end;
            }
            return Ok(whole);
        }
        let from = from.into_iter().next();
        let from = from.ok_or_else(|| unknown(node))?;
        if let Some(operator) = node.op_as::<ElementWiseOp>() {
            let whole = self.copied(&from);
            let unary = unary(operator)?;
            self.steps
                .push(Step::unary(unary, self.last(), whole.count()));
            return Ok(whole);
        }
        if let Some(slice) = node.op_as::<Slice>() {
            let (start, end) = ends(slice)?;
            return Ok(from.sliced(slice.axis, start, end));
        }
        if node.op_is::<MultiBroadcastTo>() {
            return Ok(from.broadcast(into));
        }
        if let Some(reduce) = node.op_as::<Reduce>() {
            let whole = self.slot(into);
            let mut place = whole.clone();
            for axis in &reduce.axes {
                (place.shape[*axis], place.strides[*axis]) = (from.shape[*axis], 0);
            }
            let count = whole.count();
            self.steps
                .push(Step::sum(&from, self.last(), &place, count));
            return Ok(whole);
        }
        match node.op_as::<AxisOp>() {
            Some(AxisOp::Add(axis)) => Ok(from.with_axis(*axis)),
            Some(AxisOp::Rm(axis)) => Ok(from.without_axis(*axis)),
            Some(AxisOp::Move(axis, to)) => Ok(from.moved(*axis, *to)),
            Some(AxisOp::Reshape(..)) => {
                let whole = if from.is_whole() {
                    from
                } else {
                    self.copied(&from)
                };
                Ok(View::whole(whole.place, whole.start, into))
            }
            None => Err(unknown(node)),
        }
    }

    /// Where the value of `outlet` lies.
    fn view(&mut self, model: &TypedModel, outlet: OutletId) -> TractResult<View> {
        if let Some(view) = self.views.get(&outlet) {
            return Ok(view.clone());
        }
        let fact = model.outlet_fact(outlet)?;
        let (place, start) = if let Some(constant) = &fact.konst {
            let start = self.constants.len();
            let numbers = constant.try_as_plain_ram()?;
            self.constants.extend_from_slice(numbers.as_slice::<f32>()?);
            (Place::Constants, start)
        } else {
            self.inputs.push(outlet);
            (Place::Input(self.inputs.len() - 1), 0)
        };
        let view = View::whole(place, start, &shape(model, outlet)?);
        self.views.insert(outlet, view.clone());
        Ok(view)
    }

    /// All of a fresh slot, which is [`Draft::last`] then.
    fn slot(&mut self, shape: &[usize]) -> View {
        self.slots.push(shape.iter().product());
        View::whole(Place::Slot(self.last()), 0, shape)
    }

    fn last(&self) -> usize {
        self.slots.len().saturating_sub(1)
    }

    /// The numbers of `from` row by row in a fresh slot.
    fn copied(&mut self, from: &View) -> View {
        let whole = self.slot(&from.shape);
        self.steps.push(Step::copy(from, self.last(), &whole));
        whole
    }

    /// What it takes, and the region that gives the values of `taken`.
    pub(super) fn region(mut self, taken: &[OutletId]) -> TractResult<(Vec<OutletId>, Region)> {
        let mut outputs = Vec::new();
        for outlet in taken {
            let view = self.views.get(outlet).cloned();
            let view = view.ok_or_else(|| TractError::msg("it gives what is not in it"))?;
            outputs.push(if view.is_whole() {
                view
            } else {
                self.copied(&view)
            });
        }
        let region = Region::new(self.constants, self.steps, &self.slots, outputs);
        Ok((self.inputs, region))
    }
}
