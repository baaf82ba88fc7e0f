//! The bits of 16-bit floats, rounded to even.
//! Knows no pixels.

/// Of the nearest IEEE binary16; what is too large is infinite.
pub(crate) fn f16_bits(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 16 & 0x8000) as u16;
    let size = value.abs();
    if size.is_nan() {
        return sign | 0x7e00;
    }
    // Halfway to the first number that would need one exponent more.
    if size >= 65_520.0 {
        return sign | 0x7c00;
    }
    // Below the least normal number, places count: adding 0.5 aligns them, and rounds.
    if size < 2.0_f32.powi(-14) {
        let aligned = size + 0.5;
        return sign | (aligned.to_bits() - 0.5_f32.to_bits()) as u16;
    }
    let exponent_and_fraction = size.to_bits() - (112 << 23);
    sign | rounded(exponent_and_fraction, 13)
}

/// Of the nearest bfloat16.
pub(crate) fn bf16_bits(value: f32) -> u16 {
    if value.is_nan() {
        return 0x7fc0;
    }
    rounded(value.to_bits(), 16)
}

/// `bits` without the last `places`, rounded to even.
fn rounded(bits: u32, places: u32) -> u16 {
    let even = bits >> places & 1;
    let half = (1 << (places - 1)) - 1;
    ((bits + half + even) >> places) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers and bits from numpy's float16.
    #[test]
    fn bits_are_those_of_numpy() {
        let known = [
            (0.0, 0x0000),
            (-0.0, 0x8000),
            (1.0, 0x3c00),
            (-2.117_9, 0xc03c),
            (2.64, 0x4148),
            (0.1, 0x2e66),
            (65_504.0, 0x7bff),
            (65_519.996, 0x7bff),
            (65_520.0, 0x7c00),
            (6.103_515_6e-5, 0x0400),
            (6.1e-5, 0x03ff),
            (5.960_464_5e-8, 0x0001),
            (2.980_232_2e-8, 0x0000),
            (2.99e-8, 0x0001),
            (1.000_488_3, 0x3c00),
            (1.001_464_8, 0x3c02),
        ];
        for (value, bits) in known {
            assert_eq!(f16_bits(value), bits, "{value}");
        }
        assert_eq!(f16_bits(f32::NAN) & 0x7e00, 0x7e00);
        assert_eq!(f16_bits(f32::NEG_INFINITY), 0xfc00);
    }

    #[test]
    fn bfloat16_is_the_upper_half_of_a_float_rounded_to_even() {
        assert_eq!(bf16_bits(1.0), 0x3f80);
        assert_eq!(bf16_bits(-2.64), 0xc029);
        assert_eq!(bf16_bits(1.003_906_3), 0x3f80);
        assert_eq!(bf16_bits(1.011_718_8), 0x3f82);
        assert_eq!(bf16_bits(f32::NAN), 0x7fc0);
    }
}
