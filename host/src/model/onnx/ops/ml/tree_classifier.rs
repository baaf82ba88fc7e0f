//! TreeEnsembleClassifier.
//! Must not know how a tree is walked.

use super::labels::Labels;
use super::linear::largest;
use super::rows::Rows;
use super::transform::{Transform, logistic};
use super::tree::Forest;
use super::tree_ids;
use crate::model::onnx::kernel::{Built, Kernel, operator, required};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

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
    let forest = tree_ids::forest(node, "class")?;
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
    fn decide(&self, row: &[f64]) -> TractResult<(usize, Vec<f32>)> {
        let mut scores = vec![0.0; if self.binary { 1 } else { self.labels.len() }];
        let mut scored = vec![!self.base.is_empty(); scores.len()];
        for (class, weight) in self.forest.leaves(row)?.into_iter().flatten() {
            scores[*class] += *weight as f32;
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
        let rows = Rows::exact(required(inputs, 0)?)?;
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
