//! Which part of the resized picture becomes the tensor's pixels, one axis at a time.
//! Knows no pixels.

/// One edge of a picture on its way into the tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Axis {
    /// Pixels before resizing.
    pub(crate) source: u32,
    /// Pixels after resizing; only `take` of them are ever computed.
    pub(crate) resized: u64,
    /// The first resized pixel that is used.
    pub(crate) skip: u64,
    /// How many resized pixels are used.
    pub(crate) take: u32,
    /// Zeros before them.
    pub(crate) pad: u32,
    /// Pixels in the tensor: `pad`, `take`, and zeros after them.
    pub(crate) length: u32,
}

/// Where the middle is when one pixel more has to go on one side than on the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Middle {
    /// As transformers: one pixel less is cut before the middle than after it.
    Down,
    /// As torchvision: halves are rounded to even.
    Even,
}

impl Axis {
    /// All of the resized picture.
    pub(crate) fn whole(source: u32, resized: u64) -> Self {
        // Longer than any tensor may be; what is too long is refused before anything is computed.
        let length = u32::try_from(resized).unwrap_or(u32::MAX);
        Self {
            source,
            resized,
            skip: 0,
            take: length,
            pad: 0,
            length,
        }
    }

    /// The `length` pixels in the middle, with zeros around a picture that is smaller.
    pub(crate) fn cropped(source: u32, resized: u64, length: u32, middle: Middle) -> Self {
        let wanted = u64::from(length);
        let Some(rest) = resized.checked_sub(wanted) else {
            let whole = Self::whole(source, resized);
            let missing = length - whole.take;
            let pad = match middle {
                Middle::Down => missing.div_ceil(2),
                Middle::Even => missing / 2,
            };
            return Self {
                pad,
                length,
                ..whole
            };
        };
        let skip = match middle {
            Middle::Down => rest / 2,
            Middle::Even => rest / 2 + u64::from(rest % 4 == 3),
        };
        Self {
            source,
            resized,
            skip,
            take: length,
            pad: 0,
            length,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_rest_is_cut_as_each_library_cuts_it() {
        let skips = |middle| [4_u64, 5, 6, 7].map(|n| Axis::cropped(9, n, 4, middle).skip);
        assert_eq!(skips(Middle::Down), [0, 0, 1, 1]);
        assert_eq!(skips(Middle::Even), [0, 0, 1, 2]);
    }

    #[test]
    fn a_picture_smaller_than_the_crop_gets_zeros_around_it() {
        let axis = Axis::cropped(9, 3, 8, Middle::Down);
        assert_eq!((axis.pad, axis.take, axis.length), (3, 3, 8));
        let axis = Axis::cropped(9, 3, 8, Middle::Even);
        assert_eq!((axis.pad, axis.take, axis.length), (2, 3, 8));
    }

    #[test]
    fn a_very_long_axis_costs_no_more_than_its_crop() {
        let axis = Axis::cropped(65_535, 14_679_840, 224, Middle::Down);
        assert_eq!((axis.skip, axis.take, axis.length), (7_339_808, 224, 224));
    }
}
