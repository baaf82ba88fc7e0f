//! TreeEnsembleClassifier and TreeEnsembleRegressor.
//! Must not know how a tree is walked.

use super::labels::Labels;
use super::linear::largest;
use super::rows::Rows;
use super::transform::{Transform, logistic};
use super::tree::Forest;
use crate::model::onnx::kernel::{Built, Kernel, operator, required};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

#[derive(Debug)]
enum Aggregate {
    Sum,
    Average,
    Min,
    Max,
}

#[derive(Debug)]
struct Regressor {
    forest: Forest,
    base: Vec<f32>,
    targets: usize,
    aggregate: Aggregate,
    transform: Transform,
}

pub(in crate::model::onnx::ops) fn tree_ensemble_regressor(
    _context: &ParsingContext,
    node: &NodeProto,
) -> Built {
    let name: Option<&str> = node.get_attr_opt("aggregate_function")?;
    let aggregate = match name.unwrap_or("SUM") {
        "SUM" => Aggregate::Sum,
        "AVERAGE" => Aggregate::Average,
        "MIN" => Aggregate::Min,
        "MAX" => Aggregate::Max,
        other => bail!("its aggregate_function `{other}` is not supported"),
    };
    let forest = Forest::of(node, "target")?;
    let targets: i64 = node.get_attr_opt("n_targets")?.unwrap_or(1);
    let targets = usize::try_from(targets).context("n_targets is negative")?;
    let base: Vec<f32> = node.get_attr_opt_vec("base_values")?.unwrap_or_default();
    ensure!(
        forest.all().all(|(target, _)| target < targets),
        "a leaf names a target that is not there"
    );
    ensure!(
        base.is_empty() || base.len() == targets,
        "its base_values do not fit its targets"
    );
    let transform = Transform::of(node)?;
    operator(
        node,
        Regressor {
            forest,
            base,
            targets,
            aggregate,
            transform,
        },
    )
}

impl Kernel for Regressor {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let count = Rows::count_in(required(inputs, 0)?);
        Ok(vec![f32::fact(&[count, self.targets.to_dim()])])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let rows = Rows::of(required(inputs, 0)?)?;
        let mut values = Vec::new();
        for row in rows.iter() {
            let mut totals: Vec<Option<f32>> = vec![None; self.targets];
            let leaves = self.forest.leaves(row)?;
            for (target, weight) in leaves.iter().copied().flatten() {
                let total = &mut totals[*target];
                *total = Some(match (&self.aggregate, *total) {
                    (_, None) => *weight,
                    (Aggregate::Sum | Aggregate::Average, Some(total)) => total + weight,
                    (Aggregate::Min, Some(total)) => total.min(*weight),
                    (Aggregate::Max, Some(total)) => total.max(*weight),
                });
            }
            let trees = match self.aggregate {
                Aggregate::Average => leaves.len() as f32,
                _ => 1.0,
            };
            let base = |at| self.base.get(at).copied().unwrap_or(0.0);
            let totals = totals.into_iter().enumerate();
            let mut scores: Vec<f32> = totals
                .map(|(at, total)| total.unwrap_or(0.0) / trees + base(at))
                .collect();
            self.transform.apply(&mut scores);
            values.extend(scores);
        }
        let shape = [rows.count, self.targets];
        Ok(vec![Tensor::from_shape(&shape, &values)?])
    }
}

#[derive(Debug)]
struct Classifier {
    forest: Forest,
    base: Vec<f32>,
    labels: Labels,
    transform: Transform,
    /// Two labels, and leaves that speak of the first class only.
    binary: bool,
    /// Two labels, and leaves that speak of one class only.
    single: bool,
    positive: bool,
}

pub(in crate::model::onnx::ops) fn tree_ensemble_classifier(
    _context: &ParsingContext,
    node: &NodeProto,
) -> Built {
    let labels = Labels::of(node, "classlabels_strings", "classlabels_int64s")?;
    let forest = Forest::of(node, "class")?;
    let mut classes: Vec<usize> = forest.all().map(|(class, _)| class).collect();
    classes.sort_unstable();
    classes.dedup();
    ensure!(
        labels.len() > 1 && classes.iter().all(|class| *class < labels.len()),
        "a leaf names a class that is not there"
    );
    let base: Vec<f32> = node.get_attr_opt_vec("base_values")?.unwrap_or_default();
    let transform = Transform::of(node)?;
    let binary = labels.len() == 2 && classes == [0];
    let two = labels.len() == 2 && !binary;
    ensure!(
        base.is_empty() || (!two && base.len() == if binary { 1 } else { labels.len() }),
        "its base_values do not fit its classes"
    );
    ensure!(
        !two || (labels.at(0), labels.at(1)) == (0, 1),
        "its two classes are not called 0 and 1, which is not supported"
    );
    let positive = forest.all().all(|(_, weight)| weight >= 0.0);
    operator(
        node,
        Classifier {
            forest,
            base,
            labels,
            transform,
            binary,
            single: classes.len() == 1,
            positive,
        },
    )
}

impl Classifier {
    /// The class and the scores of one row.
    fn decide(&self, row: &[f32]) -> TractResult<(usize, Vec<f32>)> {
        let mut scores = vec![0.0; if self.binary { 1 } else { self.labels.len() }];
        let mut scored = vec![!self.base.is_empty(); scores.len()];
        for (class, weight) in self.forest.leaves(row)?.into_iter().flatten() {
            scores[*class] += weight;
            scored[*class] = true;
        }
        for (score, base) in scores.iter_mut().zip(&self.base) {
            *score += base;
        }
        let class = match scores[..] {
            [score] => usize::from(score > self.threshold()),
            [first, second] => {
                usize::from(if scored[1] { second } else { first } > self.threshold())
            }
            _ => {
                let least =
                    |(score, scored): (&f32, &bool)| if *scored { *score } else { f32::MIN };
                let counted: Vec<f32> = scores.iter().zip(&scored).map(least).collect();
                largest(&counted)
            }
        };
        if let [score] = scores[..] {
            scores = match self.transform {
                Transform::Logistic => vec![logistic(-score), logistic(score)],
                _ if self.positive => vec![1.0 - score, score],
                _ => vec![-score, score],
            };
        } else {
            self.transform.apply(&mut scores);
        }
        Ok((class, scores))
    }

    /// Above it the second of two classes is chosen.
    fn threshold(&self) -> f32 {
        if self.single && self.positive {
            0.5
        } else {
            0.0
        }
    }
}

impl Kernel for Classifier {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let count = Rows::count_in(required(inputs, 0)?);
        let scores = [count.clone(), self.labels.len().to_dim()];
        Ok(vec![i64::fact([count]), f32::fact(&scores)])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let rows = Rows::of(required(inputs, 0)?)?;
        let (mut labels, mut values) = (Vec::new(), Vec::new());
        for row in rows.iter() {
            let (class, scores) = self.decide(row)?;
            labels.push(self.labels.at(class));
            values.extend(scores);
        }
        Ok(vec![
            Tensor::from_shape(&[rows.count], &labels)?,
            Tensor::from_shape(&[rows.count, self.labels.len()], &values)?,
        ])
    }
}
