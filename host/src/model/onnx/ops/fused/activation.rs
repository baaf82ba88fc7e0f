//! What is done to every number on its own: GELU and ReLU, in place.
//! Must not know tensors.

use rten_simd::SimdUnaryOp as _;
use rten_vecmath::{ApproxGelu, Gelu};
use tract_onnx::prelude::{TractError, TractResult};

#[derive(Clone, Copy, Debug)]
pub(super) enum Activation {
    None,
    Relu,
    /// With the error function.
    Gelu,
    /// With the hyperbolic tangent.
    GeluTanh,
}

impl Activation {
    pub(super) fn named(name: &str) -> TractResult<Activation> {
        match name {
            "none" => Ok(Activation::None),
            "relu" => Ok(Activation::Relu),
            "gelu" => Ok(Activation::Gelu),
            "gelu-tanh" => Ok(Activation::GeluTanh),
            _ => Err(TractError::msg(format!("`{name}` is no activation"))),
        }
    }

    pub(super) fn apply(self, numbers: &mut [f32]) {
        match self {
            Activation::None => (),
            Activation::Relu => numbers.iter_mut().for_each(|it| *it = it.max(0.0)),
            Activation::Gelu => Gelu {}.map_mut(numbers),
            Activation::GeluTanh => ApproxGelu {}.map_mut(numbers),
        }
    }
}
