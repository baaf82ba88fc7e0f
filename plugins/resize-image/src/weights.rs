//! How much each source pixel counts in each resized pixel of one axis, in Pillow's fixed point.
//! Knows no pixels.

use crate::filter::Filter;
use crate::frame::Axis;

/// Of the fixed-point numbers: 8 bits are the pixel's, 2 are room for filters that overshoot.
const BITS: u32 = 32 - 8 - 2;
/// One half, so that cutting the fraction off rounds.
pub(crate) const HALF: i32 = 1 << (BITS - 1);

/// The weights of the resized pixels that are used.
#[derive(Debug)]
pub(crate) struct Weights {
    windows: Vec<Window>,
    weights: Vec<i32>,
    /// Weights kept for each window, used or not.
    stride: usize,
}

/// The source pixels that count.
#[derive(Debug, Clone, Copy)]
struct Window {
    first: usize,
    count: usize,
}

impl Weights {
    /// As Pillow computes them, for the used part of the axis.
    pub(crate) fn new(axis: &Axis, filter: Filter) -> Self {
        let source = f64::from(axis.source);
        let scale = source / axis.resized as f64;
        // Downwards the filter is stretched, so that every source pixel counts.
        let stretch = scale.max(1.0);
        let support = filter.support() * stretch;
        let stride = support.ceil() as usize * 2 + 1;
        let mut windows = Vec::with_capacity(axis.take as usize);
        let mut weights = vec![0; axis.take as usize * stride];
        let mut curve = Vec::with_capacity(stride);
        for (place, fixed) in (axis.skip..).zip(weights.chunks_exact_mut(stride)) {
            let center = (place as f64 + 0.5) * scale;
            // Casts of floats cut the fraction off and stay within the type.
            let first = (center - support + 0.5) as usize;
            let end = ((center + support + 0.5) as usize).min(axis.source as usize);
            let count = end.saturating_sub(first).min(stride);
            curve.clear();
            curve.extend((first..first + count).map(|pixel| {
                let distance = pixel as f64 - center + 0.5;
                filter.at(distance / stretch)
            }));
            let sum: f64 = curve.iter().sum();
            for (fixed, height) in fixed.iter_mut().zip(&curve) {
                let weight = if sum == 0.0 { *height } else { height / sum };
                *fixed = to_fixed(weight);
            }
            windows.push(Window { first, count });
        }
        Self {
            windows,
            weights,
            stride,
        }
    }

    /// For each resized pixel that is used: the first source pixel that counts, and the weights from there on.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &[i32])> {
        let rows = self.weights.chunks_exact(self.stride);
        self.windows
            .iter()
            .zip(rows)
            .map(|(window, row)| (window.first, &row[..window.count]))
    }
}

fn to_fixed(weight: f64) -> i32 {
    let scaled = weight * f64::from(1 << BITS);
    (scaled + 0.5_f64.copysign(scaled)) as i32
}

/// The pixel that a sum of weighted pixels is, `HALF` included.
pub(crate) fn to_pixel(sum: i32) -> u8 {
    u8::try_from(sum >> BITS).unwrap_or(if sum < 0 { 0 } else { u8::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(source: u32, resized: u64, filter: Filter) -> Vec<(usize, Vec<i32>)> {
        let axis = Axis::whole(source, resized);
        let weights = Weights::new(&axis, filter);
        weights
            .iter()
            .map(|(first, weights)| (first, weights.to_vec()))
            .collect()
    }

    #[test]
    fn the_weights_of_every_resized_pixel_sum_to_one() {
        for filter in [
            Filter::Box,
            Filter::Bilinear,
            Filter::Bicubic,
            Filter::Lanczos,
        ] {
            for (source, resized) in [(1, 9), (7, 3), (640, 224), (3, 1000), (65_535, 2)] {
                for (first, weights) in weights(source, resized, filter) {
                    let sum: i64 = weights.iter().copied().map(i64::from).sum();
                    assert!(
                        (sum - (1 << 22)).abs() < 2 + weights.len() as i64,
                        "{filter:?} {sum}"
                    );
                    assert!(first + weights.len() <= source as usize);
                }
            }
        }
    }

    #[test]
    fn halving_with_a_box_is_the_mean_of_two() {
        assert_eq!(
            weights(4, 2, Filter::Box),
            [(0, vec![1 << 21; 2]), (2, vec![1 << 21; 2])]
        );
    }

    #[test]
    fn a_sum_beyond_a_pixel_is_cut_at_its_ends() {
        assert_eq!([-1, 0, HALF, i32::MAX].map(to_pixel), [0, 0, 0, 255]);
        assert_eq!(to_pixel(255 << 22), 255);
    }
}
