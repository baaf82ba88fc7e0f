//! What is done to a picture, in transformers' order: resize, crop, rescale, normalise.
//! Knows neither where that was written nor the tensor it goes into.

use crate::filter::Filter;
use crate::frame::{Axis, Middle};
use crate::size::Size;

/// A picture's way to numbers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Steps {
    pub(crate) resize: Resize,
    pub(crate) filter: Filter,
    pub(crate) crop: Option<Crop>,
    pub(crate) colours: Colours,
    /// Blue first.
    pub(crate) bgr: bool,
}

/// How the picture's edges change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resize {
    /// Not at all.
    Keep,
    /// To these, whatever the picture's shape.
    To { height: u32, width: u32 },
    /// The shorter edge to this, unless the longer would exceed `longest`; the shape stays.
    Shortest { edge: u32, longest: Option<u32> },
    /// The longer edge to this; the shape stays.
    Longest(u32),
}

/// The middle of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crop {
    pub(crate) height: u32,
    pub(crate) width: u32,
    pub(crate) middle: Middle,
}

/// What happens to a pixel's 0 to 255.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Colours {
    /// The factor that comes first.
    pub(crate) rescale: Option<f64>,
    /// What is subtracted then.
    pub(crate) offset: f64,
    /// Subtracted and divided by last, one a channel; one alone is for all.
    pub(crate) normalize: Option<Normalize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Normalize {
    pub(crate) mean: Vec<f64>,
    pub(crate) std: Vec<f64>,
    /// EfficientNet divides by `std` a second time.
    pub(crate) again: bool,
}

impl Steps {
    /// The frame of a picture of this size: its axes from left to right and from top to bottom.
    pub(crate) fn frame(&self, width: u32, height: u32) -> (Axis, Axis) {
        let (resized_width, resized_height) = self.resize.resized(width, height);
        match self.crop {
            Some(crop) => (
                Axis::cropped(width, resized_width, crop.width, crop.middle),
                Axis::cropped(height, resized_height, crop.height, crop.middle),
            ),
            None => (
                Axis::whole(width, resized_width),
                Axis::whole(height, resized_height),
            ),
        }
    }

    /// Height and width of what comes out, where they are the same for every picture.
    pub(crate) fn fixed(&self) -> Option<(u32, u32)> {
        match (self.crop, self.resize) {
            (Some(crop), _) => Some((crop.height, crop.width)),
            (None, Resize::To { height, width }) => Some((height, width)),
            _ => None,
        }
    }
}

impl Resize {
    pub(crate) fn square(edge: u32) -> Self {
        Self::To {
            height: edge,
            width: edge,
        }
    }

    /// What a size means where one number is both edges.
    pub(crate) fn of(size: Size) -> Self {
        match size {
            Size::Edge(edge) => Self::square(edge),
            Size::Exact { height, width } => Self::To { height, width },
            Size::Shortest { edge, longest } => Self::Shortest { edge, longest },
            Size::Longest(edge) => Self::Longest(edge),
        }
    }

    /// Width and height after resizing.
    fn resized(self, width: u32, height: u32) -> (u64, u64) {
        let (short, long) = (width.min(height), width.max(height));
        let (short, long) = match self {
            Self::Keep => (u64::from(short), u64::from(long)),
            Self::To { height, width } => return (width.into(), height.into()),
            Self::Longest(edge) => (scaled(edge, short, long), u64::from(edge)),
            Self::Shortest { edge, longest } => shortest(edge, longest, short, long),
        };
        match width <= height {
            true => (short, long),
            false => (long, short),
        }
    }
}

/// As `get_size_with_aspect_ratio` of transformers where there is a longest edge, else as torchvision's `Resize`.
fn shortest(edge: u32, longest: Option<u32>, short: u32, long: u32) -> (u64, u64) {
    let limit = longest.map(f64::from).unwrap_or(f64::INFINITY);
    let (from_short, from_long) = (f64::from(short), f64::from(long));
    if from_long / from_short * f64::from(edge) <= limit {
        return (u64::from(edge), scaled(edge, long, short));
    }
    let exact = limit * from_short / from_long;
    let edge = exact.round_ties_even();
    let long = (exact * from_long / from_short) as u64;
    ((edge as u64).max(1), long.max(1))
}

/// `edge * by / over`, the fraction cut off, at least 1.
fn scaled(edge: u32, by: u32, over: u32) -> u64 {
    let scaled = f64::from(edge) * f64::from(by) / f64::from(over);
    (scaled as u64).max(1)
}

impl Crop {
    /// As transformers crops.
    pub(crate) fn square(edge: u32) -> Self {
        Self {
            height: edge,
            width: edge,
            middle: Middle::Down,
        }
    }

    /// The same; `None` where `size` does not say both edges.
    pub(crate) fn of(size: Size) -> Option<Self> {
        match size {
            Size::Edge(edge) => Some(Self::square(edge)),
            Size::Exact { height, width } => Some(Self {
                height,
                width,
                middle: Middle::Down,
            }),
            _ => None,
        }
    }
}

impl Colours {
    /// The number that a pixel of `channel` becomes.
    pub(crate) fn value(&self, pixel: u8, channel: usize) -> f64 {
        let mut value = f64::from(pixel);
        if let Some(factor) = self.rescale {
            value *= factor;
        }
        value -= self.offset;
        if let Some(Normalize { mean, std, again }) = &self.normalize {
            let of = |list: &[f64]| list.get(channel).or(list.first()).copied();
            let std = of(std).unwrap_or(1.0);
            value = (value - of(mean).unwrap_or(0.0)) / std;
            if *again {
                value /= std;
            }
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each size is what transformers 4.57 answers.
    #[test]
    fn the_shape_is_kept_as_transformers_keeps_it() {
        let shortest = |edge, longest| Resize::Shortest { edge, longest };
        assert_eq!(shortest(224, None).resized(640, 427), (335, 224));
        assert_eq!(shortest(224, None).resized(427, 640), (224, 335));
        assert_eq!(shortest(256, None).resized(500, 500), (256, 256));
        assert_eq!(shortest(800, Some(1333)).resized(640, 427), (1199, 800));
        assert_eq!(shortest(800, Some(1333)).resized(1000, 300), (1333, 400));
        assert_eq!(Resize::Longest(512).resized(640, 427), (512, 341));
        assert_eq!(Resize::Longest(512).resized(1, 65_535), (1, 512));
        assert_eq!(Resize::Keep.resized(7, 9), (7, 9));
    }

    #[test]
    fn colours_are_rescaled_then_normalised() {
        let colours = Colours {
            rescale: Some(1.0 / 255.0),
            offset: 0.0,
            normalize: Some(Normalize {
                mean: vec![0.5, 0.25],
                std: vec![0.5],
                again: false,
            }),
        };
        assert_eq!(colours.value(255, 0), 1.0);
        assert_eq!(colours.value(0, 1), -0.5);
        assert_eq!(Colours::default().value(7, 2), 7.0);
    }
}
