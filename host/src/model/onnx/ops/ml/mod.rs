//! The `ai.onnx.ml` operators of small tabular models, as onnxruntime computes them.
//! Must not know which tool exported the model.

mod feature;
mod labels;
mod linear;
mod rows;
mod scaler;
mod transform;
mod tree;
mod tree_classifier;
mod tree_ensemble;
mod tree_ids;
mod tree_regressor;

pub(super) use feature::array_feature_extractor;
pub(super) use linear::{linear_classifier, linear_regressor};
pub(super) use scaler::{normalizer, scaler};
pub(super) use transform::logistic;
pub(super) use tree_classifier::tree_ensemble_classifier;
pub(super) use tree_ensemble::tree_ensemble;
pub(super) use tree_regressor::tree_ensemble_regressor;
