//! A region as it runs: its steps, one after the other, in buffers that are used again.
//! Must not know what the steps do.

use super::step::{Sources, Step};
use super::view::{Place, View};
use crate::model::onnx::kernel::{Kernel, required};
use crate::model::onnx::output::filled;
use std::cell::RefCell;
use std::fmt::{self, Debug, Formatter};
use tract_onnx::tract_hir::internal::*;

thread_local! {
    /// The buffers of whichever region runs on this thread.
    static SLOTS: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Steps over values whose shapes are known.
pub(super) struct Region {
    constants: Vec<f32>,
    steps: Vec<Step>,
    /// Numbers of each slot.
    slots: Vec<usize>,
    /// Each lies row by row.
    outputs: Vec<View>,
}

impl Region {
    /// `sizes` are those of the slots that `steps` and `outputs` name, each of which is written for one value.
    pub(super) fn new(
        constants: Vec<f32>,
        mut steps: Vec<Step>,
        sizes: &[usize],
        mut outputs: Vec<View>,
    ) -> Region {
        let (places, slots) = shared(&steps, sizes, &outputs);
        steps.iter_mut().for_each(|step| step.rename(&places));
        for output in &mut outputs {
            if let Place::Slot(slot) = &mut output.place {
                *slot = places[*slot];
            }
        }
        Region {
            constants,
            steps,
            slots,
            outputs,
        }
    }
}

/// For each slot a place that nothing else needs at the same time, and the sizes of these places.
fn shared(steps: &[Step], sizes: &[usize], outputs: &[View]) -> (Vec<usize>, Vec<usize>) {
    let mut last = vec![0; sizes.len()];
    for (at, step) in steps.iter().enumerate() {
        step.reads()
            .chain([step.slot])
            .for_each(|slot| last[slot] = at);
    }
    for output in outputs {
        if let Place::Slot(slot) = output.place {
            last[slot] = steps.len();
        }
    }
    let (mut places, mut shared) = (vec![usize::MAX; sizes.len()], Vec::new());
    let mut free: Vec<usize> = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        if places[step.slot] == usize::MAX {
            let size = sizes[step.slot];
            // The one that has to grow least, or else the largest.
            let fitting = free
                .iter()
                .copied()
                .min_by_key(|place| size.abs_diff(shared[*place]));
            let place = fitting.unwrap_or(shared.len());
            free.retain(|it| *it != place);
            if place == shared.len() {
                shared.push(0);
            }
            shared[place] = shared[place].max(size);
            places[step.slot] = place;
        }
        let mut ended: Vec<usize> = step.reads().chain([step.slot]).collect();
        ended.sort_unstable();
        ended.dedup();
        ended.retain(|slot| last[*slot] == at);
        free.extend(ended.into_iter().map(|slot| places[slot]));
    }
    (places, shared)
}

impl Debug for Region {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Region({} steps)", self.steps.len())
    }
}

impl Kernel for Region {
    fn facts(&self, _inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let fact = |output: &View| f32::fact(&output.shape);
        Ok(self.outputs.iter().map(fact).collect())
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let mut plain = TVec::new();
        for at in 0..inputs.len() {
            plain.push(required(inputs, at)?.try_as_plain_ram()?);
        }
        let inputs: TVec<&[f32]> = plain
            .iter()
            .map(|it| it.as_slice())
            .collect::<TractResult<_>>()?;
        SLOTS.with_borrow_mut(|slots| {
            if slots.len() < self.slots.len() {
                slots.resize_with(self.slots.len(), Vec::new);
            }
            for step in &self.steps {
                let mut out = std::mem::take(&mut slots[step.slot]);
                let size = self.slots[step.slot];
                if out.len() < size {
                    out.resize(size, 0.0);
                }
                let sources = Sources {
                    inputs: &inputs,
                    constants: &self.constants,
                    slots,
                };
                let done = step.run(&sources, &mut out);
                slots[step.slot] = out;
                done?;
            }
            let output = |view: &View| {
                let numbers = match view.place {
                    Place::Input(input) => inputs[input],
                    Place::Constants => &self.constants,
                    Place::Slot(slot) => &slots[slot],
                };
                let numbers = &numbers[view.start..view.start + view.count()];
                filled(&view.shape, numbers.len(), |_, all| {
                    Ok(all.write_copy_of_slice(numbers))
                })
            };
            self.outputs.iter().map(output).collect()
        })
    }

    fn varying(&self) -> usize {
        usize::MAX
    }
}
