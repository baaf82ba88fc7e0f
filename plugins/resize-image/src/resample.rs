//! Resizes a picture as Pillow does, to the byte, computing only the part that is used.
//! Knows no tensor and no file format.

use crate::filter::Filter;
use crate::frame::Axis;
use crate::picture::{Picture, Rows};
use crate::weights::{HALF, Weights, to_pixel};

/// Beyond this no step is taken for a pixel that is not used.
const MAX_STEPS: u64 = 1 << 20;

/// The used part of the resized picture: rows of `x.take` pixels of `CHANNELS` bytes, `y.take` of them.
pub(crate) fn resample<const CHANNELS: usize>(
    picture: &Picture,
    x: &Axis,
    y: &Axis,
    filter: Filter,
) -> Vec<u8> {
    if filter == Filter::Nearest {
        return nearest::<CHANNELS>(picture, x, y);
    }
    let across = Across::<CHANNELS>::new(x, filter);
    let mut rows = picture.rows::<CHANNELS>();
    let width = x.take as usize * CHANNELS;
    let mut resized = vec![0; width * y.take as usize];
    let outs = resized.chunks_exact_mut(width);
    if y.resized == u64::from(y.source) {
        for (row, out) in (start(y)..).zip(outs) {
            across.resize(rows.row(row), out);
        }
    } else if down_first(x, y) {
        let width = x.source as usize * CHANNELS;
        columns_then_rows(&mut rows, width, &across, &Weights::new(y, filter), outs);
    } else {
        rows_then_columns(&mut rows, width, &across, &Weights::new(y, filter), outs);
    }
    resized
}

/// Pillow 13 resizes columns first where they lose more than twice as much as the rows.
fn down_first(x: &Axis, y: &Axis) -> bool {
    let loss = |axis: &Axis| i128::from(axis.source) - i128::from(axis.resized);
    loss(y) > 0 && loss(y) > 2 * loss(x)
}

fn rows_then_columns<'a, const CHANNELS: usize>(
    rows: &mut Rows<'_, CHANNELS>,
    width: usize,
    across: &Across<CHANNELS>,
    down: &Weights,
    outs: impl Iterator<Item = &'a mut [u8]>,
) {
    let mut narrow = Narrow::new(width, down);
    let mut sums = vec![0; width];
    for (out, (first, weights)) in outs.zip(down.iter()) {
        sums.fill(HALF);
        for (row, weight) in (first..).zip(weights) {
            let pixels = narrow.row(row, |out| across.resize(rows.row(row), out));
            add(pixels, *weight, &mut sums);
        }
        for (out, sum) in out.iter_mut().zip(&sums) {
            *out = to_pixel(*sum);
        }
    }
}

fn columns_then_rows<'a, const CHANNELS: usize>(
    rows: &mut Rows<'_, CHANNELS>,
    width: usize,
    across: &Across<CHANNELS>,
    down: &Weights,
    outs: impl Iterator<Item = &'a mut [u8]>,
) {
    let mut flat = Vec::with_capacity(width);
    let mut sums = vec![0; width];
    for (out, (first, weights)) in outs.zip(down.iter()) {
        sums.fill(HALF);
        for (row, weight) in (first..).zip(weights) {
            add(rows.row(row), *weight, &mut sums);
        }
        flat.clear();
        flat.extend(sums.iter().copied().map(to_pixel));
        across.resize(&flat, out);
    }
}

fn add(row: &[u8], weight: i32, sums: &mut [i32]) {
    for (sum, pixel) in sums.iter_mut().zip(row) {
        *sum += i32::from(*pixel) * weight;
    }
}

/// The first pixel that is used, of an axis whose length stays.
fn start(axis: &Axis) -> usize {
    usize::try_from(axis.skip).expect("a pixel of the picture")
}

/// Resizes one row.
enum Across<const CHANNELS: usize> {
    /// The width stays: the used part is copied, from this byte on.
    Copy(usize),
    Weigh(Weights),
}

impl<const CHANNELS: usize> Across<CHANNELS> {
    fn new(x: &Axis, filter: Filter) -> Self {
        if x.resized == u64::from(x.source) {
            return Self::Copy(start(x) * CHANNELS);
        }
        Self::Weigh(Weights::new(x, filter))
    }

    fn resize(&self, row: &[u8], out: &mut [u8]) {
        let weights = match self {
            Self::Copy(from) => return out.copy_from_slice(&row[*from..][..out.len()]),
            Self::Weigh(weights) => weights,
        };
        let pixels = row.as_chunks::<CHANNELS>().0;
        let out = out.as_chunks_mut::<CHANNELS>().0;
        for (out, (first, weights)) in out.iter_mut().zip(weights.iter()) {
            let mut sums = [HALF; CHANNELS];
            for (pixel, weight) in pixels[first..].iter().zip(weights) {
                for (sum, value) in sums.iter_mut().zip(pixel) {
                    *sum += i32::from(*value) * weight;
                }
            }
            *out = sums.map(to_pixel);
        }
    }
}

/// The rows that are resized across and still needed: rows are asked for in windows that only move down.
struct Narrow {
    width: usize,
    /// Row `n` is at `n % slots`.
    slots: usize,
    rows: Vec<u8>,
    /// The first row that was not asked for yet.
    next: usize,
}

impl Narrow {
    fn new(width: usize, down: &Weights) -> Self {
        let slots = down.iter().map(|(_, weights)| weights.len()).max();
        let slots = slots.unwrap_or(0).max(1);
        Self {
            width,
            slots,
            rows: vec![0; slots * width],
            next: 0,
        }
    }

    fn row(&mut self, row: usize, resize: impl FnOnce(&mut [u8])) -> &[u8] {
        let slot = &mut self.rows[row % self.slots * self.width..][..self.width];
        if row >= self.next {
            resize(slot);
            self.next = row + 1;
        }
        slot
    }
}

fn nearest<const CHANNELS: usize>(picture: &Picture, x: &Axis, y: &Axis) -> Vec<u8> {
    let columns = nearest_of(x);
    let mut rows = picture.rows::<CHANNELS>();
    let mut resized = Vec::with_capacity(columns.len() * y.take as usize * CHANNELS);
    for row in nearest_of(y) {
        let pixels = rows.row(row).as_chunks::<CHANNELS>().0;
        resized.extend(columns.iter().flat_map(|column| pixels[*column]));
    }
    resized
}

/// The source pixel of each resized pixel that is used.
fn nearest_of(axis: &Axis) -> Vec<usize> {
    let scale = f64::from(axis.source) / axis.resized as f64;
    let last = axis.source as usize - 1;
    let mut at = scale * 0.5;
    if axis.skip > MAX_STEPS {
        at += axis.skip as f64 * scale;
    } else {
        // Step by step, because Pillow's rounding errors add up like this too.
        (0..axis.skip).for_each(|_| at += scale);
    }
    let mut next = || {
        let pixel = (at as usize).min(last);
        at += scale;
        pixel
    };
    (0..axis.take).map(|_| next()).collect()
}
