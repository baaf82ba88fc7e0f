//! The operators that replace or complete tract's, by their ONNX names.
//! Must not know models or plans.

mod flip;
mod log_softmax;
mod ml;
mod quantize;

pub(super) use self::flip::FLIP;
pub(super) use self::quantize::REQUANTIZE;

use super::kernel::Builder;
use tract_onnx::model::OnnxOpRegister;

const OPERATORS: &[(&str, Builder)] = &[
    ("DequantizeLinear", quantize::dequantize_linear),
    ("DynamicQuantizeLinear", quantize::dynamic_quantize_linear),
    ("LinearClassifier", ml::linear_classifier),
    ("LinearRegressor", ml::linear_regressor),
    ("LogSoftmax", log_softmax::log_softmax),
    ("Normalizer", ml::normalizer),
    ("QuantizeLinear", quantize::quantize_linear),
    ("Scaler", ml::scaler),
    ("TreeEnsembleClassifier", ml::tree_ensemble_classifier),
    ("TreeEnsembleRegressor", ml::tree_ensemble_regressor),
    (FLIP, flip::flip),
    (REQUANTIZE, quantize::requantize),
];

/// Puts our operators over tract's.
pub(super) fn register(operators: &mut OnnxOpRegister) {
    for (name, builder) in OPERATORS {
        operators.insert(name, *builder);
    }
}
