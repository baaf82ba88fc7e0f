//! What becomes of scores at the end: `post_transform`, and the second column of a binary classifier.
//! Must not know which operator made the scores.

use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;
use tract_onnx::tract_hir::tract_num_traits::Float;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Transform {
    None,
    Logistic,
    Softmax,
    SoftmaxZero,
}

impl Transform {
    pub(super) fn of(node: &NodeProto) -> TractResult<Transform> {
        let name: Option<&str> = node.get_attr_opt("post_transform")?;
        Ok(match name.unwrap_or("NONE") {
            "NONE" => Transform::None,
            "LOGISTIC" => Transform::Logistic,
            "SOFTMAX" => Transform::Softmax,
            "SOFTMAX_ZERO" => Transform::SoftmaxZero,
            other => bail!("its post_transform `{other}` is not supported"),
        })
    }

    /// A single score stays as it is, as in onnxruntime.
    pub(super) fn apply<T: Float>(self, scores: &mut [T]) {
        if scores.len() < 2 {
            return;
        }
        match self {
            Transform::None => (),
            Transform::Logistic => scores
                .iter_mut()
                .for_each(|score| *score = logistic(*score)),
            Transform::Softmax => softmax(scores, |_| true),
            // Scores that are zero stay zero.
            Transform::SoftmaxZero => softmax(scores, |score| {
                score.abs().to_f64().is_some_and(|size| size > 1e-7)
            }),
        }
    }
}

/// Stable on both sides.
pub(in crate::model::onnx::ops) fn logistic<T: Float>(score: T) -> T {
    let tail = T::one() / (T::one() + (-score.abs()).exp());
    if score < T::zero() {
        T::one() - tail
    } else {
        tail
    }
}

fn softmax<T: Float>(scores: &mut [T], counts: impl Fn(T) -> bool) {
    let max = scores.iter().copied().fold(T::min_value(), T::max);
    for score in scores.iter_mut() {
        *score = if counts(*score) {
            (*score - max).exp()
        } else {
            *score * (-max).exp()
        };
    }
    let sum = scores.iter().fold(T::zero(), |sum, score| sum + *score);
    if sum != T::zero() {
        scores.iter_mut().for_each(|score| *score = *score / sum);
    }
}
