//! Numbers to whole numbers of 8 bits, and the range that they lie in.
//! Must not know tensors.

use rten_simd::ops::{BitOps as _, FloatOps as _, NarrowSaturate as _, NumOps as _};
use rten_simd::{Isa, SimdOp, SliceWriter};
use rten_vecmath::MinMax;
use std::mem::MaybeUninit;

/// The least and the largest of `numbers` and 0.
pub(in crate::model::onnx) fn range(numbers: &[f32]) -> (f32, f32) {
    if numbers.is_empty() {
        return (0.0, 0.0);
    }
    let (low, high) = MinMax::new(numbers).dispatch();
    (low.min(0.0), high.max(0.0))
}

/// Each divided by `scale`, rounded half to even, moved by `zero` and held within 8 bits.
pub(in crate::model::onnx) fn quantised<'a>(
    numbers: &[f32],
    scale: f32,
    zero: u8,
    into: &'a mut [MaybeUninit<u8>],
) -> &'a mut [u8] {
    let quantise = Quantise {
        numbers,
        scale,
        zero: i32::from(zero),
        into,
    };
    quantise.dispatch()
}

struct Quantise<'a, 'b> {
    numbers: &'b [f32],
    scale: f32,
    zero: i32,
    into: &'a mut [MaybeUninit<u8>],
}

impl<'a> SimdOp for Quantise<'a, '_> {
    type Output = &'a mut [u8];

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> &'a mut [u8] {
        let (floats, wholes) = (isa.f32(), isa.i32());
        let (scale, zero) = (floats.splat(self.scale), wholes.splat(self.zero));
        let parts = self.numbers.chunks_exact(4 * floats.len());
        let mut writer = SliceWriter::new(self.into);
        let rest = parts.remainder();
        for part in parts {
            let [a, b, c, d] = floats.load_many::<4>(part).map(
                #[inline(always)]
                |it| wholes.add(floats.to_int_round(floats.div(it, scale)), zero),
            );
            let low = wholes.narrow_saturate(a, b);
            let high = wholes.narrow_saturate(c, d);
            writer.write_vec(isa.u8(), isa.i16().narrow_saturate(low, high));
        }
        for number in rest {
            let whole = (number / self.scale).round_ties_even() as i32;
            writer.write_scalar(whole.saturating_add(self.zero).clamp(0, 255) as u8);
        }
        writer.into_mut_slice()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_and_what_is_left_are_rounded_alike() {
        let numbers: Vec<f32> = (0..999).map(|at| at as f32 * 0.25 - 90.0).collect();
        let (low, high) = range(&numbers);
        assert_eq!((low, high), (-90.0, 159.5));
        for (scale, zero) in [(0.5, 180), (1.0, 90), (249.5 / 255.0, 92), (0.1, 3)] {
            let mut into = vec![MaybeUninit::uninit(); numbers.len()];
            let found = quantised(&numbers, scale, zero, &mut into);
            for (number, found) in numbers.iter().zip(found) {
                let expected = (number / scale).round_ties_even() + f32::from(zero);
                assert_eq!(
                    *found,
                    expected.clamp(0.0, 255.0) as u8,
                    "{number} / {scale}"
                );
            }
        }
        assert_eq!(range(&[3.0, 5.0]), (0.0, 5.0));
        assert_eq!(range(&[]), (0.0, 0.0));
    }
}
