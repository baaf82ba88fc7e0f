//! What becomes of scores at the end: `post_transform`, and the second column of a binary classifier.
//! Must not know which operator made the scores.

use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

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
    pub(super) fn apply(self, scores: &mut [f32]) {
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
            Transform::SoftmaxZero => softmax(scores, |score| score.abs() > 1e-7),
        }
    }
}

/// Stable on both sides.
pub(in crate::model::onnx::ops) fn logistic(score: f32) -> f32 {
    let tail = 1.0 / (1.0 + (-score.abs()).exp());
    if score < 0.0 { 1.0 - tail } else { tail }
}

fn softmax(scores: &mut [f32], counts: impl Fn(f32) -> bool) {
    let max = scores.iter().copied().fold(f32::MIN, f32::max);
    for score in scores.iter_mut() {
        *score = if counts(*score) {
            (*score - max).exp()
        } else {
            *score * (-max).exp()
        };
    }
    let sum: f32 = scores.iter().sum();
    if sum != 0.0 {
        scores.iter_mut().for_each(|score| *score /= sum);
    }
}
