//! One step of a region: numbers out of numbers, along shapes that are known.
//! Must not know tract's operators, but for those that are not worth a loop of ours.

use super::view::{Place, View, collapsed, walk};
use tract_onnx::prelude::{TVec, Tensor, TractResult};
use tract_onnx::tract_core::ops::element_wise::ElementWiseMiniOp;
use tract_onnx::tract_core::tract_linalg::element_wise::ElementWise;

#[derive(Debug, Clone, Copy)]
pub(super) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Min,
    Max,
}

#[derive(Debug)]
pub(super) enum Unary {
    Abs,
    Neg,
    Recip,
    Rsqrt,
    Sqrt,
    Square,
    /// One of tract's routines.
    Routine(Box<dyn ElementWise<f32>>),
    /// Any other of its operators.
    Operator(Box<dyn ElementWiseMiniOp>),
}

#[derive(Debug)]
enum Work {
    Binary(Binary, Look, Look),
    Copy(Look),
    /// Adds up what falls on the same of so many places.
    Sum(Look, usize),
    /// All of a slot, in place.
    Unary(Unary, usize),
}

/// A view along the step's axes.
#[derive(Debug)]
struct Look {
    place: Place,
    start: usize,
    strides: TVec<usize>,
}

#[derive(Debug)]
pub(super) struct Step {
    work: Work,
    /// What is walked over, the fewest axes.
    dims: TVec<usize>,
    pub(super) slot: usize,
    start: usize,
    strides: TVec<usize>,
}

/// What a step may look at.
pub(super) struct Sources<'a> {
    pub(super) inputs: &'a [&'a [f32]],
    pub(super) constants: &'a [f32],
    pub(super) slots: &'a [Vec<f32>],
}

impl Step {
    /// `into` is a fresh slot, row by row, and both sides have its shape.
    pub(super) fn binary(work: Binary, a: &View, b: &View, slot: usize) -> Step {
        let into = View::whole(Place::Slot(slot), 0, &a.shape);
        let (dims, [strides, of_a, of_b]) =
            collapsed(&into.shape, [&into.strides, &a.strides, &b.strides]);
        Step {
            work: Work::Binary(work, Look::of(a, of_a), Look::of(b, of_b)),
            dims,
            slot,
            start: 0,
            strides,
        }
    }

    /// `into` is a part of a slot, of the same shape.
    pub(super) fn copy(from: &View, slot: usize, into: &View) -> Step {
        let (dims, [strides, of_from]) = collapsed(&from.shape, [&into.strides, &from.strides]);
        Step {
            work: Work::Copy(Look::of(from, of_from)),
            dims,
            slot,
            start: into.start,
            strides,
        }
    }

    /// `into` has stride zero where `from` is added up, to `count` numbers.
    pub(super) fn sum(from: &View, slot: usize, into: &View, count: usize) -> Step {
        let copy = Step::copy(from, slot, into);
        let work = match copy.work {
            Work::Copy(look) => Work::Sum(look, count),
            other => other,
        };
        Step { work, ..copy }
    }

    /// In place, on `count` numbers.
    pub(super) fn unary(work: Unary, slot: usize, count: usize) -> Step {
        Step {
            work: Work::Unary(work, count),
            dims: TVec::new(),
            slot,
            start: 0,
            strides: TVec::new(),
        }
    }

    /// The slots that it looks at.
    pub(super) fn reads(&self) -> impl Iterator<Item = usize> {
        let looks = match &self.work {
            Work::Binary(_, a, b) => [Some(a), Some(b)],
            Work::Copy(from) | Work::Sum(from, _) => [Some(from), None],
            Work::Unary(..) => [None, None],
        };
        looks
            .into_iter()
            .flatten()
            .filter_map(|look| match look.place {
                Place::Slot(slot) => Some(slot),
                Place::Input(_) | Place::Constants => None,
            })
    }

    /// Puts other slots in the place of those that it was made with.
    pub(super) fn rename(&mut self, slots: &[usize]) {
        self.slot = slots[self.slot];
        let looks = match &mut self.work {
            Work::Binary(_, a, b) => [Some(a), Some(b)],
            Work::Copy(from) | Work::Sum(from, _) => [Some(from), None],
            Work::Unary(..) => [None, None],
        };
        for look in looks.into_iter().flatten() {
            if let Place::Slot(slot) = &mut look.place {
                *slot = slots[*slot];
            }
        }
    }

    /// Writes into `out`, which is its slot.
    pub(super) fn run(&self, sources: &Sources<'_>, out: &mut [f32]) -> TractResult<()> {
        match &self.work {
            Work::Binary(binary, a, b) => self.pairs(*binary, sources, a, b, out),
            Work::Copy(from) => {
                let numbers = from.numbers(sources);
                self.rows(from, |count, from, step, to, onto| {
                    let (numbers, out) = (&numbers[from..], &mut out[to..]);
                    match (step, onto) {
                        (1, 1) => out[..count].copy_from_slice(&numbers[..count]),
                        (0, 1) => out[..count].fill(numbers[0]),
                        _ => (0..count).for_each(|at| out[at * onto] = numbers[at * step]),
                    }
                });
            }
            Work::Sum(from, places) => {
                let numbers = from.numbers(sources);
                out[..*places].fill(0.0);
                self.rows(from, |count, from, step, to, onto| {
                    let (numbers, out) = (&numbers[from..], &mut out[to..]);
                    match (step, onto) {
                        (1, 0) => out[0] += sum(&numbers[..count]),
                        (1, 1) => {
                            let pairs = out[..count].iter_mut().zip(numbers);
                            pairs.for_each(|(sum, number)| *sum += number);
                        }
                        _ => (0..count).for_each(|at| out[at * onto] += numbers[at * step]),
                    }
                });
            }
            Work::Unary(unary, count) => unary.apply(&mut out[..*count])?,
        }
        Ok(())
    }

    /// Calls `row` with a count, and with start and stride on both sides.
    fn rows(&self, from: &Look, mut row: impl FnMut(usize, usize, usize, usize, usize)) {
        let last = self.dims.len() - 1;
        let (count, step, onto) = (self.dims[last], from.strides[last], self.strides[last]);
        let strides = [from.strides.as_slice(), &self.strides];
        walk(
            &self.dims,
            strides,
            [from.start, self.start],
            |[from, to]| {
                row(count, from, step, to, onto);
            },
        );
    }

    fn pairs(&self, binary: Binary, sources: &Sources<'_>, a: &Look, b: &Look, out: &mut [f32]) {
        match binary {
            Binary::Add => self.each(sources, a, b, out, |a, b| a + b),
            Binary::Sub => self.each(sources, a, b, out, |a, b| a - b),
            Binary::Mul => self.each(sources, a, b, out, |a, b| a * b),
            Binary::Div => self.each(sources, a, b, out, |a, b| a / b),
            Binary::Min => self.each(sources, a, b, out, f32::min),
            Binary::Max => self.each(sources, a, b, out, f32::max),
        }
    }

    #[inline(always)]
    fn each(
        &self,
        sources: &Sources<'_>,
        a: &Look,
        b: &Look,
        out: &mut [f32],
        of: impl Fn(f32, f32) -> f32,
    ) {
        let last = self.dims.len() - 1;
        let (count, step_a, step_b) = (self.dims[last], a.strides[last], b.strides[last]);
        let strides = [a.strides.as_slice(), &b.strides, &self.strides];
        let (of_a, of_b) = (a.numbers(sources), b.numbers(sources));
        walk(&self.dims, strides, [a.start, b.start, 0], |[a, b, to]| {
            let (a, b, out) = (&of_a[a..], &of_b[b..], &mut out[to..to + count]);
            match (step_a, step_b) {
                (1, 1) => {
                    let pairs = a.iter().zip(b);
                    out.iter_mut()
                        .zip(pairs)
                        .for_each(|(out, (a, b))| *out = of(*a, *b));
                }
                (1, 0) => {
                    let b = b[0];
                    out.iter_mut().zip(a).for_each(|(out, a)| *out = of(*a, b));
                }
                (0, 1) => {
                    let a = a[0];
                    out.iter_mut().zip(b).for_each(|(out, b)| *out = of(a, *b));
                }
                _ => {
                    for (at, out) in out.iter_mut().enumerate() {
                        *out = of(a[at * step_a], b[at * step_b]);
                    }
                }
            }
        });
    }
}

impl Look {
    fn of(view: &View, strides: TVec<usize>) -> Look {
        Look {
            place: view.place,
            start: view.start,
            strides,
        }
    }

    fn numbers<'a>(&self, sources: &Sources<'a>) -> &'a [f32] {
        match self.place {
            Place::Input(input) => sources.inputs[input],
            Place::Constants => sources.constants,
            Place::Slot(slot) => &sources.slots[slot],
        }
    }
}

/// In eight lanes, which is as exact as it is fast.
fn sum(numbers: &[f32]) -> f32 {
    let (parts, rest) = numbers.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for part in parts {
        let pairs = lanes.iter_mut().zip(part);
        pairs.for_each(|(lane, number)| *lane += number);
    }
    lanes.iter().chain(rest).sum()
}

impl Unary {
    fn apply(&self, numbers: &mut [f32]) -> TractResult<()> {
        let each = |numbers: &mut [f32], of: fn(f32) -> f32| {
            numbers.iter_mut().for_each(|it| *it = of(*it));
        };
        match self {
            Unary::Abs => each(numbers, f32::abs),
            Unary::Neg => each(numbers, |it| -it),
            Unary::Recip => each(numbers, f32::recip),
            Unary::Rsqrt => each(numbers, |it| it.sqrt().recip()),
            Unary::Sqrt => each(numbers, f32::sqrt),
            Unary::Square => each(numbers, |it| it * it),
            Unary::Routine(routine) => routine.run(numbers)?,
            Unary::Operator(operator) => {
                let mut tensor = Tensor::from_shape(&[numbers.len()], numbers)?;
                operator.eval_in_place(&mut tensor, None)?;
                numbers.copy_from_slice(tensor.try_as_plain_ram()?.as_slice()?);
            }
        }
        Ok(())
    }
}
