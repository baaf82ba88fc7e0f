//! One step of an RNN, GRU or LSTM for one sample.
//! Must not know sequences, batches or directions.

use super::activation::Activation;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Rnn,
    Gru,
    Lstm,
}

impl Kind {
    pub(super) fn gates(self) -> usize {
        match self {
            Kind::Rnn => 1,
            Kind::Gru => 3,
            Kind::Lstm => 4,
        }
    }

    fn defaults(self) -> &'static [&'static str] {
        match self {
            Kind::Rnn => &["Tanh"],
            Kind::Gru => &["Sigmoid", "Tanh"],
            Kind::Lstm => &["Sigmoid", "Tanh", "Tanh"],
        }
    }
}

#[derive(Debug)]
pub(super) struct Step {
    kind: Kind,
    hidden: usize,
    activations: Vec<Activation>,
    clip: Option<f32>,
    reset_after: bool,
    coupled: bool,
}

/// The weights of one direction, turned so that a step runs along memory.
pub(super) struct Weights {
    input: Vec<f32>,
    recurrence: Vec<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) peepholes: Option<Vec<f32>>,
}

fn turned(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let at = |index: usize| values[index % rows * columns + index / rows];
    (0..rows * columns).map(at).collect()
}

/// Adds `x` times the columns `from..` of `weights`, whose rows are `width` long, to `sums`.
fn add_product(sums: &mut [f32], x: &[f32], weights: &[f32], width: usize, from: usize) {
    let to = from + sums.len();
    // Four rows at a time: the sums are what memory would wait for.
    let (fours, rest) = x.as_chunks::<4>();
    let (blocks, tail) = weights.split_at(fours.len() * 4 * width);
    for ([a, b, c, d], block) in fours.iter().zip(blocks.chunks_exact(4 * width)) {
        let row = |which: usize| &block[which * width + from..which * width + to];
        let rows = row(0).iter().zip(row(1)).zip(row(2)).zip(row(3));
        for (sum, (((w, x), y), z)) in sums.iter_mut().zip(rows) {
            *sum += a * w + b * x + c * y + d * z;
        }
    }
    for (value, row) in rest.iter().zip(tail.chunks_exact(width)) {
        for (sum, weight) in sums.iter_mut().zip(&row[from..to]) {
            *sum += value * weight;
        }
    }
}

impl Step {
    pub(super) fn of(
        node: &NodeProto,
        kind: Kind,
        direction: usize,
        directions: usize,
        hidden: usize,
    ) -> TractResult<Step> {
        let named: Vec<&str> = node.get_attr_opt_vec("activations")?.unwrap_or_default();
        let named = if named.is_empty() {
            kind.defaults().repeat(directions)
        } else {
            named
        };
        let each = kind.defaults().len();
        ensure!(
            named.len() == each * directions,
            "it names {} activations instead of {}",
            named.len(),
            each * directions
        );
        let numbers = |name: &str| -> TractResult<std::vec::IntoIter<f32>> {
            Ok(node.get_attr_opt_vec(name)?.unwrap_or_default().into_iter())
        };
        let (mut alphas, mut betas) = (numbers("activation_alpha")?, numbers("activation_beta")?);
        let activations = named
            .into_iter()
            .map(|name| Activation::take(name, &mut alphas, &mut betas))
            .collect::<TractResult<Vec<_>>>()?;
        let is_set = |name: &str| -> TractResult<bool> {
            Ok(node.get_attr_opt::<i64>(name)?.unwrap_or(0) != 0)
        };
        Ok(Step {
            kind,
            hidden,
            activations: activations[direction * each..(direction + 1) * each].to_vec(),
            clip: node.get_attr_opt("clip")?.filter(|clip| *clip > 0.0),
            reset_after: is_set("linear_before_reset")?,
            coupled: is_set("input_forget")?,
        })
    }

    pub(super) fn weights(&self, input: &[f32], recurrence: &[f32], width: usize) -> Weights {
        let gates = self.kind.gates() * self.hidden;
        Weights {
            input: turned(input, gates, width),
            recurrence: turned(recurrence, gates, self.hidden),
            bias: Vec::new(),
            peepholes: None,
        }
    }

    fn activate(&self, which: usize, sum: f32) -> f32 {
        let sum = self.clip.map_or(sum, |clip| sum.clamp(-clip, clip));
        self.activations[which].apply(sum)
    }

    /// From the state before to the state after `x`.
    pub(super) fn run(&self, weights: &Weights, x: &[f32], h: &mut [f32], c: &mut [f32]) {
        let gates = self.kind.gates() * self.hidden;
        let (first, second) = weights.bias.split_at(gates);
        let mut sums = first.to_vec();
        add_product(&mut sums, x, &weights.input, gates, 0);
        match self.kind {
            Kind::Rnn => {
                sums.iter_mut()
                    .zip(second)
                    .for_each(|(sum, bias)| *sum += bias);
                add_product(&mut sums, h, &weights.recurrence, gates, 0);
                for (h, sum) in h.iter_mut().zip(&sums) {
                    *h = self.activate(0, *sum);
                }
            }
            Kind::Gru => self.gru(weights, sums, second, h),
            Kind::Lstm => {
                sums.iter_mut()
                    .zip(second)
                    .for_each(|(sum, bias)| *sum += bias);
                add_product(&mut sums, h, &weights.recurrence, gates, 0);
                self.lstm(weights.peepholes.as_deref(), &sums, h, c);
            }
        }
    }

    /// Gates in ONNX's order: update, reset, hidden.
    fn gru(&self, weights: &Weights, mut sums: Vec<f32>, bias: &[f32], h: &mut [f32]) {
        let hidden = self.hidden;
        let gates = 3 * hidden;
        let both = 2 * hidden;
        let (gated, candidate) = sums.split_at_mut(both);
        gated
            .iter_mut()
            .zip(bias)
            .for_each(|(sum, bias)| *sum += bias);
        add_product(gated, h, &weights.recurrence, gates, 0);
        let gated: Vec<f32> = gated.iter().map(|sum| self.activate(0, *sum)).collect();
        let (update, reset) = gated.split_at(hidden);
        if self.reset_after {
            let mut inner = bias[both..].to_vec();
            add_product(&mut inner, h, &weights.recurrence, gates, both);
            for ((sum, inner), reset) in candidate.iter_mut().zip(inner).zip(reset) {
                *sum += reset * inner;
            }
        } else {
            let kept: Vec<f32> = h.iter().zip(reset).map(|(h, reset)| h * reset).collect();
            candidate
                .iter_mut()
                .zip(&bias[both..])
                .for_each(|(sum, bias)| *sum += bias);
            add_product(candidate, &kept, &weights.recurrence, gates, both);
        }
        for ((h, sum), update) in h.iter_mut().zip(candidate).zip(update) {
            *h = (1.0 - update) * self.activate(1, *sum) + update * *h;
        }
    }

    /// Gates in ONNX's order: input, output, forget, cell; peepholes: input, output, forget.
    fn lstm(&self, peepholes: Option<&[f32]>, sums: &[f32], h: &mut [f32], c: &mut [f32]) {
        let hidden = self.hidden;
        for at in 0..hidden {
            let gate = |which: usize| sums[which * hidden + at];
            let peep = |which: usize| peepholes.map_or(0.0, |p| p[which * hidden + at]);
            let input = self.activate(0, gate(0) + peep(0) * c[at]);
            let forget = if self.coupled {
                1.0 - input
            } else {
                self.activate(0, gate(2) + peep(2) * c[at])
            };
            c[at] = forget * c[at] + input * self.activate(1, gate(3));
            let output = self.activate(0, gate(1) + peep(1) * c[at]);
            h[at] = output * self.activations[2].apply(c[at]);
        }
    }
}
