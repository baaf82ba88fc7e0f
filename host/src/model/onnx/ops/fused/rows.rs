//! The rows of a tensor, repeated over a larger shape.
//! Must not know what is in them.

use std::mem::MaybeUninit;

pub(super) struct Rows<'a> {
    numbers: &'a [f32],
    width: usize,
    /// For each axis but the last, innermost first: its size in the larger shape, and how far on its next row is.
    steps: Vec<(usize, usize)>,
    /// Whether nothing is repeated.
    is_plain: bool,
}

impl<'a> Rows<'a> {
    /// Of `shape`, which is broadcast to `over`; a row of it has the width of `over`, or is one number.
    pub(super) fn new(numbers: &'a [f32], shape: &[usize], over: &[usize]) -> Rows<'a> {
        let width = shape.last().copied().unwrap_or(1);
        let sizes = over.iter().rev().skip(1);
        let own = shape.iter().rev().skip(1).copied();
        let mut next = width;
        let steps = sizes
            .zip(own.chain(std::iter::repeat(1)))
            .map(|(size, own)| {
                let step = if own == 1 { 0 } else { next };
                next *= own;
                (*size, step)
            });
        Rows {
            numbers,
            width,
            steps: steps.collect(),
            is_plain: numbers.len() == over.iter().product::<usize>(),
        }
    }

    pub(super) fn row(&self, row: usize) -> &'a [f32] {
        let mut start = row * self.width;
        if !self.is_plain {
            let mut rest = row;
            start = 0;
            for (size, step) in &self.steps {
                start += rest % size * step;
                rest /= size;
            }
        }
        &self.numbers[start..start + self.width]
    }
}

/// The sum of two rows, of which one may be a number.
pub(super) fn sum<'a>(a: &[f32], b: &[f32], into: &'a mut [MaybeUninit<f32>]) -> &'a mut [f32] {
    let (long, short) = if a.len() < b.len() { (b, a) } else { (a, b) };
    let into = into.write_copy_of_slice(long);
    match short {
        [number] => into.iter_mut().for_each(|it| *it += number),
        row => into.iter_mut().zip(row).for_each(|(it, by)| *it += by),
    }
    into
}
