//! The `ai.onnx.ml` operators of small tabular models, as onnxruntime computes them.
//! Must not know which tool exported the model.

mod labels;
mod linear;
mod rows;
mod scaler;
mod transform;
mod tree;
mod trees;

pub(super) use linear::{linear_classifier, linear_regressor};
pub(super) use scaler::{normalizer, scaler};
pub(super) use transform::logistic;
pub(super) use trees::{tree_ensemble_classifier, tree_ensemble_regressor};
