//! The number that each pixel becomes, looked up: 256 for each channel.
//! Knows neither pictures nor where a pixel is.

use crate::half::{bf16_bits, f16_bits};
use crate::steps::Steps;
use crate::target::{Dtype, Target};

/// One table for each channel of the tensor, in its dtype.
#[derive(Debug)]
pub(crate) enum Values {
    F32(Vec<[f32; 256]>),
    F64(Vec<[f64; 256]>),
    /// Raw bits.
    F16(Vec<[u16; 256]>),
    /// Raw bits.
    Bf16(Vec<[u16; 256]>),
    U8(Vec<[u8; 256]>),
}

impl Values {
    pub(crate) fn new(steps: &Steps, target: &Target) -> Self {
        match target.dtype {
            Dtype::F32 => Self::F32(tables(steps, target, |value| value as f32)),
            Dtype::F64 => Self::F64(tables(steps, target, |value| value)),
            Dtype::F16 => Self::F16(tables(steps, target, |value| f16_bits(value as f32))),
            Dtype::Bf16 => Self::Bf16(tables(steps, target, |value| bf16_bits(value as f32))),
            Dtype::U8 => Self::U8(tables(steps, target, |value| value as u8)),
        }
    }
}

fn tables<T>(steps: &Steps, target: &Target, to: impl Fn(f64) -> T) -> Vec<[T; 256]> {
    let pixel = |place: usize| u8::try_from(place).expect("a table has 256 places");
    let table =
        |channel| std::array::from_fn(|place| to(steps.colours.value(pixel(place), channel)));
    (0..target.channels as usize).map(table).collect()
}
