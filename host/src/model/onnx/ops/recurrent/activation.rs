//! The activations that a recurrent network may name.
//! Must not know which gate one is for.

use crate::model::onnx::ops::ml::logistic;
use tract_onnx::tract_hir::internal::*;

#[derive(Debug, Clone, Copy)]
pub(super) enum Activation {
    Affine(f32, f32),
    Elu(f32),
    HardSigmoid(f32, f32),
    LeakyRelu(f32),
    Relu,
    ScaledTanh(f32, f32),
    Sigmoid,
    Softplus,
    Softsign,
    Tanh,
    ThresholdedRelu(f32),
}

impl Activation {
    /// Takes its numbers off the front of `alphas` and `betas`, as the specification orders them.
    pub(super) fn take(
        name: &str,
        alphas: &mut std::vec::IntoIter<f32>,
        betas: &mut std::vec::IntoIter<f32>,
    ) -> TractResult<Activation> {
        let mut alpha = |default: f32| alphas.next().unwrap_or(default);
        let mut beta = |default: f32| betas.next().unwrap_or(default);
        Ok(match name.to_lowercase().as_str() {
            "affine" => Activation::Affine(alpha(1.0), beta(0.0)),
            "elu" => Activation::Elu(alpha(1.0)),
            "hardsigmoid" => Activation::HardSigmoid(alpha(0.2), beta(0.5)),
            "leakyrelu" => Activation::LeakyRelu(alpha(0.01)),
            "relu" => Activation::Relu,
            "scaledtanh" => Activation::ScaledTanh(alpha(1.0), beta(1.0)),
            "sigmoid" => Activation::Sigmoid,
            "softplus" => Activation::Softplus,
            "softsign" => Activation::Softsign,
            "tanh" => Activation::Tanh,
            "thresholdedrelu" => Activation::ThresholdedRelu(alpha(1.0)),
            _ => bail!("its activation `{name}` is not known"),
        })
    }

    pub(super) fn apply(self, x: f32) -> f32 {
        match self {
            Activation::Affine(alpha, beta) => alpha * x + beta,
            Activation::Elu(alpha) if x < 0.0 => alpha * (x.exp() - 1.0),
            Activation::HardSigmoid(alpha, beta) => (alpha * x + beta).clamp(0.0, 1.0),
            Activation::LeakyRelu(alpha) if x < 0.0 => alpha * x,
            Activation::Relu => x.max(0.0),
            Activation::ScaledTanh(alpha, beta) => alpha * (beta * x).tanh(),
            Activation::Sigmoid => logistic(x),
            Activation::Softplus => x.exp().ln_1p(),
            Activation::Softsign => x / (1.0 + x.abs()),
            Activation::Tanh => x.tanh(),
            Activation::ThresholdedRelu(alpha) if x <= alpha => 0.0,
            Activation::Elu(_) | Activation::LeakyRelu(_) | Activation::ThresholdedRelu(_) => x,
        }
    }
}
