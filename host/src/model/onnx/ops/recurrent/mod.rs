//! RNN, GRU and LSTM with everything that ONNX says of them: tract ignores `activations`, `clip` and a lone `reverse`.
//! Must not know what one step computes.

mod activation;
mod step;

use self::step::{Kind, Step};
use crate::model::onnx::kernel::{Built, Kernel, operator, required, required_f32};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

#[derive(Debug)]
struct Recurrent {
    kind: Kind,
    /// One for each direction.
    steps: Vec<Step>,
    backwards: Vec<bool>,
    hidden: usize,
    batch_first: bool,
}

pub(super) fn rnn(_context: &ParsingContext, node: &NodeProto) -> Built {
    recurrent(node, Kind::Rnn)
}

pub(super) fn gru(_context: &ParsingContext, node: &NodeProto) -> Built {
    recurrent(node, Kind::Gru)
}

pub(super) fn lstm(_context: &ParsingContext, node: &NodeProto) -> Built {
    recurrent(node, Kind::Lstm)
}

fn recurrent(node: &NodeProto, kind: Kind) -> Built {
    let direction: Option<&str> = node.get_attr_opt("direction")?;
    let backwards = match direction.unwrap_or("forward") {
        "forward" => vec![false],
        "reverse" => vec![true],
        "bidirectional" => vec![false, true],
        other => bail!("its direction `{other}` is not known"),
    };
    let hidden: i64 = node.get_attr("hidden_size")?;
    let hidden = usize::try_from(hidden).context("hidden_size is negative")?;
    let steps = (0..backwards.len()).map(|at| Step::of(node, kind, at, backwards.len(), hidden));
    let steps = steps.collect::<TractResult<Vec<_>>>()?;
    let layout: Option<i64> = node.get_attr_opt("layout")?;
    operator(
        node,
        Recurrent {
            kind,
            steps,
            backwards,
            hidden,
            batch_first: layout == Some(1),
        },
    )
}

/// What `input` holds, in f32.
fn floats(input: Option<&&Tensor>) -> TractResult<Option<Vec<f32>>> {
    let Some(input) = input else { return Ok(None) };
    let values = input.try_as_plain_ram()?.as_slice::<f32>();
    Ok(Some(values.context("only f32 is supported")?.to_vec()))
}

/// `values` of `[a, b, rest]` as `[b, a, rest]`.
fn swapped(values: &[f32], a: usize, b: usize, rest: usize) -> Vec<f32> {
    let row = |at: usize| &values[(at % a * b + at / a) * rest..][..rest];
    (0..a * b).flat_map(row).copied().collect()
}

impl Kernel for Recurrent {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let x = required_f32(inputs, 0)?;
        ensure!(x.rank() == 3, "it needs a sequence of rank 3");
        let (directions, hidden) = (self.steps.len().to_dim(), self.hidden.to_dim());
        let (y, last) = if self.batch_first {
            let (batch, steps) = (x.shape[0].clone(), x.shape[1].clone());
            (
                f32::fact(&[batch.clone(), steps, directions.clone(), hidden.clone()]),
                f32::fact(&[batch, directions, hidden]),
            )
        } else {
            let (steps, batch) = (x.shape[0].clone(), x.shape[1].clone());
            (
                f32::fact(&[steps, directions.clone(), batch.clone(), hidden.clone()]),
                f32::fact(&[directions, batch, hidden]),
            )
        };
        let mut facts = vec![y, last.clone()];
        if self.kind == Kind::Lstm {
            facts.push(last);
        }
        Ok(facts)
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let slot = |index: usize| inputs.get(index).and_then(Option::as_ref);
        let x = *required(inputs, 0)?;
        let [first, second, width] = *x.shape() else {
            bail!("it needs a sequence of rank 3");
        };
        let (time, batch) = if self.batch_first {
            (second, first)
        } else {
            (first, second)
        };
        let (directions, hidden) = (self.steps.len(), self.hidden);
        let given = floats(Some(&x))?.unwrap_or_default();
        let given = if self.batch_first {
            swapped(&given, batch, time, width)
        } else {
            given
        };
        let weights = floats(slot(1))?.context("W is missing")?;
        let recurrence = floats(slot(2))?.context("R is missing")?;
        let bias = floats(slot(3))?;
        let lengths: Vec<usize> = match slot(4) {
            None => vec![time; batch],
            Some(lengths) => {
                let lengths = lengths.cast_to::<i64>()?;
                let lengths = lengths.try_as_plain_ram()?.as_slice::<i64>()?.iter();
                lengths
                    .map(|length| (*length).clamp(0, time as i64) as usize)
                    .collect()
            }
        };
        let state = |index: usize| -> TractResult<Vec<f32>> {
            let state = floats(slot(index))?;
            let state = state.unwrap_or_else(|| vec![0.0; directions * batch * hidden]);
            ensure!(
                state.len() == directions * batch * hidden,
                "an initial state does not fit"
            );
            Ok(if self.batch_first && slot(index).is_some() {
                swapped(&state, batch, directions, hidden)
            } else {
                state
            })
        };
        let mut h = state(5)?;
        let mut c = if self.kind == Kind::Lstm {
            state(6)?
        } else {
            Vec::new()
        };
        let peepholes = if self.kind == Kind::Lstm {
            floats(slot(7))?
        } else {
            None
        };
        let gates = self.kind.gates() * hidden;
        ensure!(
            weights.len() == directions * gates * width
                && recurrence.len() == directions * gates * hidden
                && bias
                    .as_ref()
                    .is_none_or(|bias| bias.len() == directions * gates * 2)
                && peepholes
                    .as_ref()
                    .is_none_or(|p| p.len() == directions * 3 * hidden)
                && lengths.len() == batch,
            "its weights do not fit its hidden_size of {hidden}"
        );
        let mut y = vec![0.0; time * directions * batch * hidden];
        for (direction, step) in self.steps.iter().enumerate() {
            let part = |values: &[f32]| {
                let size = values.len() / directions;
                values[direction * size..(direction + 1) * size].to_vec()
            };
            let mut weights = step.weights(&part(&weights), &part(&recurrence), width);
            weights.bias = bias
                .as_deref()
                .map(part)
                .unwrap_or_else(|| vec![0.0; gates * 2]);
            weights.peepholes = peepholes.as_deref().map(part);
            for (sample, length) in lengths.iter().enumerate() {
                let at = (direction * batch + sample) * hidden;
                let h = &mut h[at..at + hidden];
                let c = c.get_mut(at..at + hidden).unwrap_or_default();
                for turn in 0..*length {
                    let when = if self.backwards[direction] {
                        length - 1 - turn
                    } else {
                        turn
                    };
                    let x = &given[(when * batch + sample) * width..][..width];
                    step.run(&weights, x, h, c);
                    y[((when * directions + direction) * batch + sample) * hidden..][..hidden]
                        .copy_from_slice(h);
                }
            }
        }
        let last = |values: Vec<f32>| {
            if self.batch_first {
                let values = swapped(&values, directions, batch, hidden);
                Tensor::from_shape(&[batch, directions, hidden], &values)
            } else {
                Tensor::from_shape(&[directions, batch, hidden], &values)
            }
        };
        let y = Tensor::from_shape(&[time, directions, batch, hidden], &y)?;
        let y = if self.batch_first {
            y.move_axis(2, 0)?
        } else {
            y
        };
        let mut outputs = vec![y, last(h)?];
        if self.kind == Kind::Lstm {
            outputs.push(last(c)?);
        }
        Ok(outputs)
    }
}
