//! SVMClassifier and SVMRegressor.
//! Must not know what the columns mean.

use super::coupling::coupled;
use super::labels::Labels;
use super::linear::largest;
use super::rows::Rows;
use super::transform::{Transform, logistic};
use crate::model::onnx::kernel::{Built, Kernel, operator, required};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

/// How near two rows are.
#[derive(Debug, Clone, Copy)]
enum Nearness {
    Linear,
    Poly {
        gamma: f32,
        offset: f32,
        degree: f32,
    },
    Rbf {
        gamma: f32,
    },
    Sigmoid {
        gamma: f32,
        offset: f32,
    },
}

impl Nearness {
    fn of(node: &NodeProto) -> TractResult<Nearness> {
        let name: Option<&str> = node.get_attr_opt("kernel_type")?;
        let numbers: Vec<f32> = node.get_attr_opt_vec("kernel_params")?.unwrap_or_default();
        let number = |at: usize| numbers.get(at).copied().unwrap_or(0.0);
        let (gamma, offset, degree) = (number(0), number(1), number(2));
        Ok(match name.unwrap_or("LINEAR") {
            "LINEAR" => Nearness::Linear,
            "POLY" => Nearness::Poly {
                gamma,
                offset,
                degree,
            },
            "RBF" => Nearness::Rbf { gamma },
            "SIGMOID" => Nearness::Sigmoid { gamma, offset },
            other => bail!("its kernel_type `{other}` is not supported"),
        })
    }

    fn between(self, a: &[f32], b: &[f32]) -> f32 {
        let pairs = a.iter().zip(b);
        let dot = || pairs.clone().map(|(a, b)| a * b).sum::<f32>();
        match self {
            Nearness::Linear => dot(),
            Nearness::Poly {
                gamma,
                offset,
                degree,
            } => (gamma * dot() + offset).powf(degree),
            Nearness::Rbf { gamma } => {
                let apart: f32 = pairs.clone().map(|(a, b)| (a - b) * (a - b)).sum();
                (-gamma * apart).exp()
            }
            Nearness::Sigmoid { gamma, offset } => (gamma * dot() + offset).tanh(),
        }
    }
}

/// Rows that are compared with.
#[derive(Debug)]
struct Vectors {
    nearness: Nearness,
    width: usize,
    values: Vec<f32>,
}

impl Vectors {
    /// `count` support vectors; where there are none, the coefficients are `rows` of weights.
    fn of(node: &NodeProto, count: usize, rows: usize, weights: &[f32]) -> TractResult<Vectors> {
        let (nearness, count, values) = if count > 0 {
            let values: Vec<f32> = node.get_attr_vec("support_vectors")?;
            (Nearness::of(node)?, count, values)
        } else {
            (Nearness::Linear, rows, weights.to_vec())
        };
        ensure!(
            count > 0 && !values.is_empty() && values.len().is_multiple_of(count),
            "its vectors are not all of one width"
        );
        Ok(Vectors {
            nearness,
            width: values.len() / count,
            values,
        })
    }

    fn to(&self, row: &[f32]) -> TractResult<Vec<f32>> {
        let width = self.width;
        ensure!(
            row.len() == width,
            "{} columns instead of {width}",
            row.len()
        );
        let vectors = self.values.chunks(width);
        Ok(vectors
            .map(|vector| self.nearness.between(row, vector))
            .collect())
    }
}

#[derive(Debug)]
struct Regressor {
    vectors: Vectors,
    /// One for each support vector, if there are any.
    coefficients: Option<Vec<f32>>,
    rho: f32,
    /// Whether only the side is told, of one class.
    one_class: bool,
}

pub(in crate::model::onnx::ops) fn svm_regressor(
    _context: &ParsingContext,
    node: &NodeProto,
) -> Built {
    let transform = Transform::of(node)?;
    ensure!(
        transform == Transform::None,
        "its post_transform is not supported"
    );
    let coefficients: Vec<f32> = node.get_attr_vec("coefficients")?;
    let count: i64 = node.get_attr_opt("n_supports")?.unwrap_or(0);
    let count = usize::try_from(count).context("n_supports must not be negative")?;
    let rho: Vec<f32> = node.get_attr_vec("rho")?;
    let vectors = Vectors::of(node, count, 1, &coefficients)?;
    ensure!(
        count == 0 || coefficients.len() == count,
        "its coefficients do not fit its vectors"
    );
    let regressor = Regressor {
        vectors,
        coefficients: (count > 0).then_some(coefficients),
        rho: *rho.first().context("it has no rho")?,
        one_class: node.get_attr_opt::<i64>("one_class")?.unwrap_or(0) != 0,
    };
    operator(node, regressor)
}

impl Kernel for Regressor {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let count = Rows::count_in(required(inputs, 0)?);
        Ok(vec![f32::fact([count, 1.to_dim()])])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let rows = Rows::of(required(inputs, 0)?)?;
        let mut values = Vec::new();
        for row in rows.iter() {
            let near = self.vectors.to(row)?;
            let sum: f32 = match &self.coefficients {
                Some(coefficients) => near.iter().zip(coefficients).map(|(a, b)| a * b).sum(),
                None => near.iter().sum(),
            };
            let value = sum + self.rho;
            values.push(match self.one_class {
                true if value > 0.0 => 1.0,
                true => -1.0,
                false => value,
            });
        }
        Ok(vec![Tensor::from_shape(&[rows.count, 1], &values)?])
    }
}

#[derive(Debug)]
struct Classifier {
    vectors: Vectors,
    labels: Labels,
    /// How many support vectors each class has; none where it is linear.
    counts: Vec<usize>,
    coefficients: Vec<f32>,
    rho: Vec<f32>,
    /// The slope and offset that make a probability of each pair's score.
    calibration: Vec<(f32, f32)>,
    transform: Transform,
}

pub(in crate::model::onnx::ops) fn svm_classifier(
    _context: &ParsingContext,
    node: &NodeProto,
) -> Built {
    let labels = Labels::of(node, "classlabels_strings", "classlabels_ints")?;
    let classes = labels.len();
    ensure!(classes >= 2, "it has not two classes");
    let floats = |name: &str| -> TractResult<Vec<f32>> {
        Ok(node.get_attr_opt_vec(name)?.unwrap_or_default())
    };
    let counts: Vec<i64> = node
        .get_attr_opt_vec("vectors_per_class")?
        .unwrap_or_default();
    let counts: Vec<usize> = counts
        .into_iter()
        .map(|count| usize::try_from(count).context("`vectors_per_class` is negative"))
        .collect::<TractResult<_>>()?;
    let all: usize = counts.iter().sum();
    let (coefficients, rho) = (floats("coefficients")?, floats("rho")?);
    let (slopes, offsets) = (floats("prob_a")?, floats("prob_b")?);
    let pairs = classes * (classes - 1) / 2;
    let fits = match all {
        0 => !rho.is_empty(),
        _ => {
            counts.len() == classes
                && coefficients.len() >= (classes - 1) * all
                && rho.len() >= pairs
        }
    };
    ensure!(
        fits && slopes.len() == offsets.len() && (slopes.is_empty() || slopes.len() >= pairs),
        "its numbers do not fit its {classes} classes"
    );
    let classifier = Classifier {
        vectors: Vectors::of(node, all, classes, &coefficients)?,
        labels,
        counts: if all > 0 { counts } else { Vec::new() },
        coefficients,
        rho,
        calibration: slopes.into_iter().zip(offsets).collect(),
        transform: Transform::of(node)?,
    };
    ensure!(
        classifier.columns() != 2
            || !classifier.is_one_score()
            || matches!(classifier.transform, Transform::None | Transform::Logistic),
        "a softmax over its one score is not supported"
    );
    operator(node, classifier)
}

impl Classifier {
    /// Whether two classes are told apart by a score that is no probability.
    fn is_one_score(&self) -> bool {
        !self.counts.is_empty() && self.calibration.is_empty() && self.labels.len() == 2
    }

    fn columns(&self) -> usize {
        let classes = self.labels.len();
        match self.counts.is_empty() || !self.calibration.is_empty() || classes == 2 {
            true => classes,
            false => classes * (classes - 1) / 2,
        }
    }

    /// The class of a row, and its scores.
    fn classified(&self, row: &[f32]) -> TractResult<(usize, Vec<f32>)> {
        let near = self.vectors.to(row)?;
        if self.counts.is_empty() {
            let rho = self.rho.first().copied().unwrap_or_default();
            let scores: Vec<f32> = near.iter().map(|score| score + rho).collect();
            return Ok((self.linear(&scores), scores));
        }
        let classes = self.labels.len();
        let starts: Vec<usize> = self
            .counts
            .iter()
            .scan(0, |end, count| {
                let start = *end;
                *end += count;
                Some(start)
            })
            .collect();
        // What the vectors of one class say against another.
        let against = |class: usize, line: usize| -> f64 {
            let vectors = starts[class]..starts[class] + self.counts[class];
            let weights = &self.coefficients[line * near.len()..];
            vectors.map(|at| f64::from(weights[at] * near[at])).sum()
        };
        let (mut scores, mut votes) = (Vec::new(), vec![0_usize; classes]);
        for one in 0..classes {
            for other in one + 1..classes {
                let sum = against(one, other - 1) + against(other, one);
                let sum = sum + f64::from(self.rho[scores.len()]);
                votes[if sum > 0.0 { one } else { other }] += 1;
                scores.push(sum as f32);
            }
        }
        let most = votes.iter().max().copied().unwrap_or_default();
        let class = votes.iter().position(|count| *count == most).unwrap_or(0);
        if !self.calibration.is_empty() {
            let pairs = scores.iter().zip(&self.calibration);
            let chances: Vec<f32> = pairs
                .map(|(score, (slope, offset))| logistic(-(score * slope + offset)))
                .collect();
            scores = coupled(classes, &chances);
        }
        Ok((class, scores))
    }

    /// onnxruntime takes the second of two classes for any score above its bound.
    fn linear(&self, scores: &[f32]) -> usize {
        let best = largest(scores);
        let is_above = match self.coefficients.iter().all(|weight| *weight >= 0.0) {
            true => scores[best] >= 0.5,
            false => scores[best] > 0.0,
        };
        match self.labels.len() == 2 && self.calibration.is_empty() && is_above {
            true => 1,
            false => best,
        }
    }
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
            let (class, mut scores) = self.classified(row)?;
            labels.push(self.labels.at(class));
            if let [score] = scores[..] {
                scores.insert(0, -score);
            }
            self.transform.apply(&mut scores);
            values.extend(scores);
        }
        Ok(vec![
            Tensor::from_shape(&[rows.count], &labels)?,
            Tensor::from_shape(&[rows.count, self.columns()], &values)?,
        ])
    }
}
