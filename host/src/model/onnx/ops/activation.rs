//! Sigmoid, Tanh and what is made of them: tract's stop short of their limits, by up to 6e-7.
//! Must not know which layer they end.

use crate::model::onnx::kernel::Built;
use std::f64::consts::FRAC_2_PI;
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::ops::element_wise::{ElementWiseMiniOp, ElementWiseOp};
use tract_onnx::tract_core::ops::math::add;
use tract_onnx::tract_core::tract_data::half::f16;
use tract_onnx::tract_core::tract_linalg::routines::Func;
use tract_onnx::tract_hir::internal::*;
use tract_onnx::tract_hir::ops::element_wise::ElementWiseIntoHir;
use tract_onnx::tract_hir::ops::logic::wire_with_rank_broadcast;

/// The name that Gelu by a tanh goes by in a rewritten graph.
pub(in crate::model::onnx) const GELU: &str = "modelhost.Gelu";

/// Numbers that are computed at once: few enough to stay in the nearest cache.
const CHUNK: usize = 1024;

#[derive(Debug, Clone, PartialEq)]
enum Activation {
    /// As by a tanh, not by the error function.
    Gelu,
    Mish,
    Sigmoid,
    Softplus,
    /// x times the sigmoid of that many x.
    Swish(f32),
    Tanh,
}

impl Eq for Activation {}

pub(super) fn mish(_context: &ParsingContext, _node: &NodeProto) -> Built {
    built(Activation::Mish)
}

pub(super) fn quick_gelu(_context: &ParsingContext, node: &NodeProto) -> Built {
    let alpha = node.get_attr_opt("alpha")?;
    built(Activation::Swish(alpha.unwrap_or(1.702)))
}

pub(super) fn sigmoid(_context: &ParsingContext, _node: &NodeProto) -> Built {
    built(Activation::Sigmoid)
}

pub(super) fn softplus(_context: &ParsingContext, _node: &NodeProto) -> Built {
    built(Activation::Softplus)
}

pub(super) fn tanh(_context: &ParsingContext, _node: &NodeProto) -> Built {
    built(Activation::Tanh)
}

pub(super) fn fast_gelu(_context: &ParsingContext, _node: &NodeProto) -> Built {
    Ok((expand(FastGelu), vec![]))
}

/// Gelu by a tanh; by the error function it is left to tract.
pub(super) fn tanh_gelu(_context: &ParsingContext, _node: &NodeProto) -> Built {
    built(Activation::Gelu)
}

fn built(activation: Activation) -> Built {
    Ok((activation.op().into_hir(), vec![]))
}

impl Activation {
    fn op(self) -> ElementWiseOp {
        ElementWiseOp(Box::new(self), None)
    }

    fn apply(&self, values: &mut [f32]) -> TractResult<()> {
        // Looked up once: that takes as long as a chunk.
        let (exp, ln) = (Func::Exp.ew_f32()?, Func::Ln.ew_f32()?);
        let exp = |values: &mut [f32]| exp.run(values);
        let mut inner = [0.0; CHUNK];
        for values in values.chunks_mut(CHUNK) {
            let inner = &mut inner[..values.len()];
            inner.copy_from_slice(values);
            match self {
                Activation::Gelu => {
                    inner.iter_mut().for_each(|x| {
                        *x = (FRAC_2_PI.sqrt() as f32) * (*x + 0.044715 * *x * *x * *x);
                    });
                    tanhs(inner, exp)?;
                    let pairs = values.iter_mut().zip(inner);
                    pairs.for_each(|(x, tanh)| *x *= 0.5 * (1.0 + *tanh));
                }
                Activation::Mish => {
                    inner.iter_mut().for_each(|x| *x = -x.abs());
                    exp(inner)?;
                    for (x, z) in values.iter_mut().zip(inner) {
                        // The tanh of a softplus, in exponentials.
                        let (near, far) = (*z * (*z + 2.0), 1.0 + 2.0 * *z);
                        let above = far / (far + 2.0 * *z * *z);
                        *x *= if *x < 0.0 { near / (near + 2.0) } else { above };
                    }
                }
                Activation::Sigmoid => sigmoids(values, exp)?,
                Activation::Softplus => {
                    inner.iter_mut().for_each(|x| *x = -x.abs());
                    exp(inner)?;
                    let mut logs = [0.0; CHUNK];
                    let logs = &mut logs[..inner.len()];
                    let pairs = logs.iter_mut().zip(&*inner);
                    pairs.for_each(|(log, z)| *log = 1.0 + *z);
                    ln.run(logs)?;
                    for ((x, z), log) in values.iter_mut().zip(inner).zip(logs) {
                        // What the sum rounds off is put back.
                        let kept = (1.0 + *z) - 1.0;
                        let log = if kept == 0.0 { *z } else { *log * (*z / kept) };
                        *x = x.max(0.0) + log;
                    }
                }
                Activation::Swish(alpha) => {
                    inner.iter_mut().for_each(|x| *x *= alpha);
                    sigmoids(inner, exp)?;
                    let pairs = values.iter_mut().zip(inner);
                    pairs.for_each(|(x, part)| *x *= *part);
                }
                Activation::Tanh => tanhs(values, exp)?,
            }
        }
        Ok(())
    }

    fn of(&self, x: f64) -> f64 {
        match self {
            Activation::Gelu => {
                let inner = FRAC_2_PI.sqrt() * (x + 0.044715 * x * x * x);
                x * 0.5 * (1.0 + inner.tanh())
            }
            Activation::Mish => x * softplus_of(x).tanh(),
            Activation::Sigmoid => sigmoid_of(x),
            Activation::Softplus => softplus_of(x),
            Activation::Swish(alpha) => x * sigmoid_of(f64::from(*alpha) * x),
            Activation::Tanh => x.tanh(),
        }
    }
}

impl ElementWiseMiniOp for Activation {
    fn name(&self) -> String {
        format!("{self:?}")
    }

    fn eval_in_place(&self, tensor: &mut Tensor, _dtype: Option<DatumType>) -> TractResult<()> {
        let dtype = tensor.datum_type();
        let mut plain = tensor.try_as_plain_ram_mut()?;
        match dtype {
            DatumType::F16 => {
                let halves = plain.as_slice_mut::<f16>()?;
                let mut values: Vec<f32> = halves.iter().map(|half| half.to_f32()).collect();
                self.apply(&mut values)?;
                let pairs = halves.iter_mut().zip(values);
                pairs.for_each(|(half, value)| *half = f16::from_f32(value));
            }
            DatumType::F32 => self.apply(plain.as_slice_mut::<f32>()?)?,
            DatumType::F64 => {
                let values = plain.as_slice_mut::<f64>()?;
                values.iter_mut().for_each(|x| *x = self.of(*x));
            }
            _ => bail!("{} of {dtype:?} is not supported", self.name()),
        }
        Ok(())
    }
}

/// The exponential only of what is not positive: it never overflows.
fn sigmoids(values: &mut [f32], exp: impl Fn(&mut [f32]) -> TractResult<()>) -> TractResult<()> {
    let mut powers = [0.0; CHUNK];
    let powers = &mut powers[..values.len()];
    let pairs = powers.iter_mut().zip(&*values);
    pairs.for_each(|(z, x)| *z = -x.abs());
    exp(powers)?;
    for (x, z) in values.iter_mut().zip(powers) {
        *x = if *x < 0.0 { *z } else { 1.0 } / (1.0 + *z);
    }
    Ok(())
}

/// Near zero, where the exponential would leave nothing of x, the polynomial of Cephes.
fn tanhs(values: &mut [f32], exp: impl Fn(&mut [f32]) -> TractResult<()>) -> TractResult<()> {
    let mut powers = [0.0; CHUNK];
    let powers = &mut powers[..values.len()];
    let pairs = powers.iter_mut().zip(&*values);
    pairs.for_each(|(z, x)| *z = -2.0 * x.abs());
    exp(powers)?;
    for (x, z) in values.iter_mut().zip(powers) {
        let square = *x * *x;
        let mut near = -5.704_988_7e-3;
        for coefficient in [2.063_909e-2, -5.373_971_6e-2, 1.333_144_2e-1, -3.333_328e-1] {
            near = near * square + coefficient;
        }
        let far = ((1.0 - *z) / (1.0 + *z)).copysign(*x);
        *x = if square < 0.390_625 {
            near * square * *x + *x
        } else {
            far
        };
    }
    Ok(())
}

fn sigmoid_of(x: f64) -> f64 {
    let z = (-x.abs()).exp();
    (if x < 0.0 { z } else { 1.0 }) / (1.0 + z)
}

fn softplus_of(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Gelu by a tanh, with an optional bias.
#[derive(Debug, Clone)]
struct FastGelu;

impl Expansion for FastGelu {
    fn name(&self) -> StaticName {
        "FastGelu".into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_output_arity(outputs, 1)?;
        solver.equals(&inputs[0].datum_type, &outputs[0].datum_type)?;
        solver.equals(&inputs[0].shape, &outputs[0].shape)
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let mut sum: TVec<OutletId> = inputs.into();
        if inputs.len() > 1 {
            sum = wire_with_rank_broadcast(format!("{prefix}.sum"), model, add(), inputs)?;
        }
        model.wire_node(prefix, Activation::Gelu.op(), &sum[..1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_exact_to_the_last_bits_up_to_its_limits() {
        let all = [
            Activation::Gelu,
            Activation::Mish,
            Activation::Sigmoid,
            Activation::Softplus,
            Activation::Swish(1.0),
            Activation::Tanh,
        ];
        let steps = -100_000..=100_000;
        let inputs: Vec<f32> = steps.map(|step| step as f32 * 8e-4).collect();
        for activation in all {
            let mut values = inputs.clone();
            activation.apply(&mut values).expect("it runs");
            for (x, value) in inputs.iter().zip(&values) {
                let exact = activation.of(f64::from(*x));
                let off = (f64::from(*value) - exact).abs();
                // Gelu loses what its tanh rounds off beside 1.
                let least = if activation == Activation::Gelu {
                    1e-6
                } else {
                    1e-36
                };
                assert!(
                    off <= 5e-7 * exact.abs() + least,
                    "{activation:?} of {x} is {value}, not {exact}"
                );
            }
        }
    }

    #[test]
    fn far_out_nothing_is_left() {
        for (activation, expected) in [
            (Activation::Gelu, [0.0, 1e4]),
            (Activation::Mish, [0.0, 1e4]),
            (Activation::Sigmoid, [0.0, 1.0]),
            (Activation::Softplus, [0.0, 1e4]),
            (Activation::Swish(1.0), [0.0, 1e4]),
            (Activation::Tanh, [-1.0, 1.0]),
        ] {
            let mut values = [-1e4, 1e4];
            activation.apply(&mut values).expect("it runs");
            assert_eq!(values, expected, "{activation:?}");
        }
    }
}
