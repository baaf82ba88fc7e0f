//! The `ai.onnx.ml` operators of small tabular models, as onnxruntime computes them.
//! Must not know which tool exported the model.

mod column;
mod coupling;
mod feature;
mod label_encoder;
mod labels;
mod linear;
mod rows;
mod scaler;
mod svm;
mod transform;
mod tree;
mod tree_classifier;
mod tree_ensemble;
mod tree_ids;
mod tree_regressor;

pub(super) use column::{binarizer, feature_vectorizer, imputer, one_hot_encoder};
pub(super) use feature::array_feature_extractor;
pub(super) use label_encoder::label_encoder;
pub(super) use linear::{linear_classifier, linear_regressor};
pub(super) use scaler::{normalizer, scaler};
pub(super) use svm::{svm_classifier, svm_regressor};
pub(super) use transform::logistic;
pub(super) use tree_classifier::tree_ensemble_classifier;
pub(super) use tree_ensemble::tree_ensemble;
pub(super) use tree_regressor::tree_ensemble_regressor;
