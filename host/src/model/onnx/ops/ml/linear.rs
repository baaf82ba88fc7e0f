//! LinearClassifier and LinearRegressor.
//! Must not know what the columns mean.

use super::labels::Labels;
use super::rows::Rows;
use super::transform::{Transform, logistic};
use crate::model::onnx::kernel::{Built, Kernel, operator, required};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

/// One row of coefficients and one intercept for each target.
#[derive(Debug)]
struct Linear {
    coefficients: Vec<f32>,
    intercepts: Vec<f32>,
}

impl Linear {
    fn of(node: &NodeProto, targets: usize) -> TractResult<Linear> {
        let coefficients: Vec<f32> = node.get_attr_vec("coefficients")?;
        let intercepts = node.get_attr_opt_vec("intercepts")?;
        let intercepts = intercepts.unwrap_or_else(|| vec![0.0; targets]);
        ensure!(
            !intercepts.is_empty() && coefficients.len().is_multiple_of(intercepts.len()),
            "its coefficients do not fit its intercepts"
        );
        Ok(Linear {
            coefficients,
            intercepts,
        })
    }

    fn targets(&self) -> usize {
        self.intercepts.len()
    }

    fn width(&self) -> usize {
        self.coefficients.len() / self.targets()
    }

    fn scores(&self, row: &[f32]) -> TractResult<Vec<f32>> {
        let width = self.width();
        ensure!(
            row.len() == width,
            "{} columns instead of {width}",
            row.len()
        );
        let score = |(target, intercept): (usize, &f32)| {
            let weights = &self.coefficients[target * width..(target + 1) * width];
            row.iter().zip(weights).map(|(a, b)| a * b).sum::<f32>() + intercept
        };
        Ok(self.intercepts.iter().enumerate().map(score).collect())
    }
}

#[derive(Debug)]
struct Regressor {
    linear: Linear,
    transform: Transform,
}

pub(in crate::model::onnx::ops) fn linear_regressor(
    _context: &ParsingContext,
    node: &NodeProto,
) -> Built {
    let targets: i64 = node.get_attr_opt("targets")?.unwrap_or(1);
    let targets = usize::try_from(targets).context("targets must not be negative")?;
    let linear = Linear::of(node, targets)?;
    ensure!(
        linear.targets() == targets,
        "its intercepts do not fit its targets"
    );
    let transform = Transform::of(node)?;
    operator(node, Regressor { linear, transform })
}

impl Kernel for Regressor {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let count = Rows::count_in(required(inputs, 0)?);
        let shape = [count, self.linear.targets().to_dim()];
        Ok(vec![f32::fact(&shape)])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let rows = Rows::of(required(inputs, 0)?)?;
        let mut values = Vec::new();
        for row in rows.iter() {
            let mut scores = self.linear.scores(row)?;
            self.transform.apply(&mut scores);
            values.extend(scores);
        }
        let shape = [rows.count, self.linear.targets()];
        Ok(vec![Tensor::from_shape(&shape, &values)?])
    }
}

#[derive(Debug)]
struct Classifier {
    linear: Linear,
    labels: Labels,
    transform: Transform,
}

impl Classifier {
    /// One target that decides between two labels.
    fn is_binary(&self) -> bool {
        self.linear.targets() == 1 && self.labels.len() == 2
    }

    fn columns(&self) -> usize {
        self.linear.targets() + usize::from(self.is_binary())
    }
}

pub(in crate::model::onnx::ops) fn linear_classifier(
    _context: &ParsingContext,
    node: &NodeProto,
) -> Built {
    let labels = Labels::of(node, "classlabels_strings", "classlabels_ints")?;
    let linear = Linear::of(node, labels.len().max(1))?;
    let classifier = Classifier {
        linear,
        labels,
        transform: Transform::of(node)?,
    };
    ensure!(
        !classifier.is_binary()
            || matches!(classifier.transform, Transform::None | Transform::Logistic),
        "a softmax over its one score is not supported"
    );
    operator(node, classifier)
}

impl Kernel for Classifier {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let count = Rows::count_in(required(inputs, 0)?);
        let scores = [count.clone(), self.columns().to_dim()];
        Ok(vec![i64::fact([count]), f32::fact(&scores)])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let rows = Rows::of(required(inputs, 0)?)?;
        let (mut labels, mut values) = (Vec::new(), Vec::new());
        for row in rows.iter() {
            let mut scores = self.linear.scores(row)?;
            labels.push(self.labels.at(match scores[..] {
                [score] => usize::from(score > 0.0),
                _ => largest(&scores),
            }));
            self.transform.apply(&mut scores);
            if self.is_binary() {
                if self.transform == Transform::Logistic {
                    scores[0] = logistic(scores[0]);
                }
                scores.insert(0, 1.0 - scores[0]);
            }
            values.extend(scores);
        }
        Ok(vec![
            Tensor::from_shape(&[rows.count], &labels)?,
            Tensor::from_shape(&[rows.count, self.columns()], &values)?,
        ])
    }
}

/// The index of the first of the largest.
pub(super) fn largest(scores: &[f32]) -> usize {
    let later = |best: usize, at: usize| if scores[at] > scores[best] { at } else { best };
    (0..scores.len()).fold(0, later)
}
