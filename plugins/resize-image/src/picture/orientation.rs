//! The eight ways in which a camera may have been held.
//! Knows no pixels, only where the next one is.

/// How to turn a picture so that it is seen as it was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Orientation {
    /// Rows become columns; the mirrors apply to the picture as it is stored.
    transpose: bool,
    mirror_x: bool,
    mirror_y: bool,
}

/// Where the pixels of one row of the turned picture are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    /// The pixel at the left.
    pub(crate) first: usize,
    /// From one to the next.
    pub(crate) step: isize,
    pub(crate) count: usize,
}

impl Orientation {
    /// What EXIF's tag says; a number that it does not define turns nothing.
    pub(crate) fn tagged(tag: u16) -> Self {
        let (transpose, mirror_x, mirror_y) = match tag {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, false, true),
            7 => (true, true, true),
            8 => (true, true, false),
            _ => (false, false, false),
        };
        Self {
            transpose,
            mirror_x,
            mirror_y,
        }
    }

    /// Whether width and height change places.
    pub(crate) fn transposes(self) -> bool {
        self.transpose
    }

    /// The row `y` of the turned picture, in a picture that is stored with this width and height.
    pub(crate) fn line(self, y: usize, width: usize, height: usize) -> Line {
        let at = |mirrored: bool, place: usize, length: usize| match mirrored {
            true => length - 1 - place,
            false => place,
        };
        let stride = isize::try_from(width).expect("an edge is short");
        let step = |mirrored: bool, step: isize| if mirrored { -step } else { step };
        if self.transpose {
            let column = at(self.mirror_x, y, width);
            return Line {
                first: at(self.mirror_y, 0, height) * width + column,
                step: step(self.mirror_y, stride),
                count: height,
            };
        }
        let row = at(self.mirror_y, y, height);
        Line {
            first: row * width + at(self.mirror_x, 0, width),
            step: step(self.mirror_x, 1),
            count: width,
        }
    }
}
