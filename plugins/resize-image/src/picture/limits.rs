//! How large a picture may be, asked before anything of it is decoded.
//! Knows no file format.

use super::Unreadable;

/// The longest edge that a JPEG can have; no picture's is longer.
const MAX_EDGE: u32 = 65_535;

/// What the operator allows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Decoding may use three bytes for each, which is what the pixels themselves need.
    pub(crate) max_pixels: u32,
}

impl Limits {
    /// Whether a picture of this size may be decoded, with `bytes` of memory besides its pixels.
    pub(crate) fn check(&self, width: u32, height: u32, bytes: u64) -> Result<(), Unreadable> {
        let pixels = u64::from(width) * u64::from(height);
        let size = format!("{width} × {height}");
        if pixels == 0 {
            return Err(Unreadable(format!("has {size} pixels, which is none")));
        }
        if width > MAX_EDGE || height > MAX_EDGE {
            return Err(Unreadable(format!(
                "has {size} pixels; no edge may be longer than {MAX_EDGE}"
            )));
        }
        let max_pixels = u64::from(self.max_pixels);
        if pixels > max_pixels {
            return Err(Unreadable(format!(
                "has {size} pixels, which is more than {max_pixels} in all; send a smaller picture"
            )));
        }
        let needed = pixels.saturating_mul(3).saturating_add(bytes);
        if needed > max_pixels * 3 {
            return Err(Unreadable(format!(
                "has {size} pixels in a form that takes {} MB to decode, more than {} MB; send a smaller picture or a plain JPEG",
                needed.div_ceil(1_000_000),
                max_pixels * 3 / 1_000_000,
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_is_refused_with_its_size() {
        let limits = Limits {
            max_pixels: 1_000_000,
        };
        let refusal = |width, height, bytes| {
            let refused = limits.check(width, height, bytes).err();
            refused.expect("must be refused").to_string()
        };
        assert_eq!(limits.check(1000, 1000, 0), Ok(()));
        assert_eq!(limits.check(500, 1000, 1_500_000), Ok(()));
        assert_eq!(
            refusal(1000, 1001, 0),
            "has 1000 × 1001 pixels, which is more than 1000000 in all; send a smaller picture"
        );
        assert_eq!(
            refusal(1000, 1000, 1),
            "has 1000 × 1000 pixels in a form that takes 4 MB to decode, more than 3 MB; send a smaller picture or a plain JPEG"
        );
        assert!(refusal(65_536, 1, 0).contains("no edge may be longer than 65535"));
        assert!(refusal(0, 7, 0).contains("which is none"));
        assert!(refusal(u32::MAX, u32::MAX, u64::MAX).contains("no edge"));
    }
}
