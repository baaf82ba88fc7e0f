//! Floating-point tensors of any width, read as 32-bit floats.
//! Must not know what any tensor means.

use crate::error::{Error, Result};
use crate::tensor::{Data, Tensor, Tensors};
use std::borrow::Cow;

/// A tensor of floats whose number of axes and of elements have been checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Floats<'a> {
    /// The axes.
    pub shape: &'a [u32],
    /// The elements, row-major; borrowed where they are 32-bit floats already.
    pub data: Cow<'a, [f32]>,
}

impl Floats<'_> {
    /// Row `index` along the first axis. `None` behind the end.
    pub fn row(&self, index: usize) -> Option<&[f32]> {
        let rows = *self.shape.first()? as usize;
        let stride = self.data.len().checked_div(rows)?;
        let start = index.checked_mul(stride)?;
        let row = self.data.get(start..start.checked_add(stride)?)?;
        (index < rows).then_some(row)
    }
}

/// Whether tensors of this dtype, as the contract spells it, are floats.
pub fn is_float(dtype: &str) -> bool {
    matches!(dtype, "f32" | "f64" | "f16" | "bf16")
}

impl Tensors {
    /// The tensor `name`, of any float type, as 32-bit floats with `rank` axes.
    pub fn floats(&self, name: &str, rank: usize) -> Result<Floats<'_>> {
        let Tensor { shape, data } = self.tensor(name)?;
        if shape.len() != rank {
            return Err(Error::internal(format!(
                "tensor `{name}` must have {rank} axes; its shape is {shape:?}"
            )));
        }
        let floats = match data {
            Data::F32(list) => Cow::Borrowed(list.as_slice()),
            Data::F64(list) => Cow::Owned(list.iter().map(|x| *x as f32).collect()),
            Data::F16(list) => Cow::Owned(list.iter().map(|bits| from_half(*bits)).collect()),
            Data::Bf16(list) => Cow::Owned(list.iter().map(|bits| from_bf16(*bits)).collect()),
            other => {
                return Err(Error::internal(format!(
                    "tensor `{name}` must be floats, not {}",
                    other.dtype()
                )));
            }
        };
        let elements = shape
            .iter()
            .try_fold(1_usize, |product, n| product.checked_mul(*n as usize));
        if elements != Some(floats.len()) {
            return Err(Error::internal(format!(
                "tensor `{name}` has {} elements, which its shape {shape:?} does not fit",
                floats.len()
            )));
        }
        Ok(Floats {
            shape,
            data: floats,
        })
    }
}

/// A bfloat16 is the upper half of a 32-bit float.
fn from_bf16(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// A 16-bit float by its raw bits: 1 of sign, 5 of exponent, 10 of fraction.
fn from_half(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let exponent = u32::from(bits >> 10) & 0x1f;
    let fraction = u32::from(bits & 0x3ff);
    let magnitude = match exponent {
        // Below the smallest normal: that many steps of 2^-24.
        0 => return f32::from_bits((fraction as f32 / 16_777_216.0).to_bits() | sign),
        0x1f => 0x7f80_0000 | (fraction << 13),
        _ => ((exponent + 112) << 23) | (fraction << 13),
    };
    f32::from_bits(sign | magnitude)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensors(shape: &[u32], data: Data) -> Tensors {
        let shape = shape.to_vec();
        Tensors(vec![("x".into(), Tensor { shape, data })])
    }

    #[test]
    fn every_width_reads_as_the_same_numbers() {
        let wanted = [1.0_f32, -2.5, 0.0, 0.5];
        let halves = vec![0x3c00, 0xc100, 0x0000, 0x3800];
        let bf16 = wanted.map(|x| (x.to_bits() >> 16) as u16).to_vec();
        for data in [
            Data::F32(wanted.to_vec()),
            Data::F64(wanted.map(f64::from).to_vec()),
            Data::F16(halves),
            Data::Bf16(bf16),
        ] {
            assert!(is_float(data.dtype()));
            let tensors = tensors(&[2, 2], data);
            let floats = tensors.floats("x", 2).expect("floats");
            assert_eq!(*floats.data, wanted);
            assert_eq!(floats.row(1), Some([0.0, 0.5].as_slice()));
            assert_eq!(floats.row(2), None);
        }
    }

    #[test]
    fn a_half_keeps_its_smallest_its_greatest_and_what_is_no_number() {
        assert_eq!(from_half(0x0001), 2_f32.powi(-24));
        assert_eq!(from_half(0x83ff), -1023.0 * 2_f32.powi(-24));
        assert_eq!(from_half(0x0400), 2_f32.powi(-14));
        assert_eq!(from_half(0x7bff), 65504.0);
        assert_eq!(from_half(0xfc00), f32::NEG_INFINITY);
        assert!(from_half(0x7e00).is_nan());
        assert!(from_half(0x8000).is_sign_negative());
    }

    #[test]
    fn integers_a_wrong_rank_and_a_lying_shape_say_what_there_is() {
        let message = |tensors: Tensors| match tensors.floats("x", 2) {
            Err(error) => error.to_string(),
            Ok(floats) => panic!("accepted {floats:?}"),
        };
        assert_eq!(
            message(tensors(&[1, 1], Data::S64(vec![1]))),
            "tensor `x` must be floats, not s64"
        );
        assert_eq!(
            message(tensors(&[1], Data::F32(vec![1.0]))),
            "tensor `x` must have 2 axes; its shape is [1]"
        );
        assert!(
            message(tensors(&[u32::MAX, u32::MAX], Data::F16(vec![0]))).contains("does not fit")
        );
        assert_eq!(
            message(Tensors::default()),
            "no tensor `x`; the model answers: none"
        );
    }

    #[test]
    fn a_tensor_without_rows_has_no_row() {
        let tensors = tensors(&[0, 2], Data::F32(Vec::new()));
        assert_eq!(tensors.floats("x", 2).expect("floats").row(0), None);
    }
}
