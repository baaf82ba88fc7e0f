//! The operators that replace or complete tract's, by their ONNX names.
//! Must not know models or plans.

mod flip;
mod log_softmax;
mod quantize;

pub(super) use self::flip::FLIP;
pub(super) use self::quantize::REQUANTIZE;

use super::kernel::Builder;
use tract_onnx::model::OnnxOpRegister;

const OPERATORS: &[(&str, Builder)] = &[
    ("DequantizeLinear", quantize::dequantize_linear),
    ("LogSoftmax", log_softmax::log_softmax),
    ("QuantizeLinear", quantize::quantize_linear),
    (FLIP, flip::flip),
    (REQUANTIZE, quantize::requantize),
];

/// Puts our operators over tract's.
pub(super) fn register(operators: &mut OnnxOpRegister) {
    for (name, builder) in OPERATORS {
        operators.insert(name, *builder);
    }
}
