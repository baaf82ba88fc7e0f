//! One head of attention in vectors as wide as the machine has them.
//! Must not know tensors or how many heads there are.

use rten_simd::ops::{BitOps as _, NumOps as _};
use rten_simd::{Isa, SimdOp, SimdUnaryOp as _};
use rten_vecmath::Exp;

/// Rows of the query that are done at once.
const ROWS: usize = 4;
/// Vectors of keys that are done at once.
const VECTORS: usize = 4;

/// Numbers of which row and column are so far apart.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    numbers: &'a [f32],
    row: usize,
    column: usize,
}

/// query [length, depth], key [span, depth], value [span, width], mask [length, span].
///
/// Columns of query and value lie next to each other.
pub(super) struct Head<'a> {
    pub(super) query: Matrix<'a>,
    pub(super) key: Matrix<'a>,
    pub(super) value: Matrix<'a>,
    pub(super) mask: Option<Matrix<'a>>,
    pub(super) length: usize,
    pub(super) span: usize,
    pub(super) depth: usize,
    pub(super) width: usize,
    pub(super) scale: f32,
    /// What stands for a score where the mask is not 0; where there is none, the mask is added.
    pub(super) fill: Option<f32>,
    /// Whether a row of no number becomes zeros.
    pub(super) turns_nan: bool,
}

/// Memory that is used again.
#[derive(Default)]
pub(super) struct Scratch {
    keys: Vec<f32>,
    values: Vec<f32>,
    scores: Vec<f32>,
    rows: Vec<f32>,
}

impl<'a> Matrix<'a> {
    pub(super) fn new(numbers: &'a [f32], row: usize, column: usize) -> Matrix<'a> {
        Matrix {
            numbers,
            row,
            column,
        }
    }

    /// Rows for columns.
    pub(super) fn turned(self) -> Matrix<'a> {
        Matrix::new(self.numbers, self.column, self.row)
    }

    /// Row `at`, from column `from` on; its columns lie next to each other.
    #[inline(always)]
    fn row(&self, at: usize, from: usize, count: usize) -> &'a [f32] {
        &self.numbers[at * self.row + from..][..count]
    }
}

impl Head<'_> {
    /// Writes [length, width] into `output`, of which rows begin `step` apart.
    pub(super) fn run(&self, scratch: &mut Scratch, output: &mut [f32], step: usize) {
        let head = self;
        Run {
            head,
            scratch,
            output,
            step,
        }
        .dispatch();
    }
}

struct Run<'a> {
    head: &'a Head<'a>,
    scratch: &'a mut Scratch,
    output: &'a mut [f32],
    step: usize,
}

impl SimdOp for Run<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Run {
            head,
            scratch,
            output,
            step,
        } = self;
        let lanes = isa.f32().len();
        let span = head.span.next_multiple_of(lanes);
        let width = head.width.next_multiple_of(lanes);
        pack(head, lanes, &mut scratch.keys);
        let value = if width == head.width {
            head.value
        } else {
            pad(head, width, &mut scratch.values)
        };
        scratch.scores.resize(ROWS * span, 0.0);
        scratch.rows.resize(ROWS * width, 0.0);
        for first in (0..head.length).step_by(ROWS) {
            let count = ROWS.min(head.length - first);
            // The last rows are done more than once where fewer are left.
            let at: [usize; ROWS] = std::array::from_fn(|row| first + row.min(count - 1));
            scores(isa, head, &at, &scratch.keys, &mut scratch.scores);
            let mut by = [0.0; ROWS];
            for (row, by) in by.iter_mut().enumerate() {
                let scores = &mut scratch.scores[row * span..][..span];
                *by = weights(isa, head, at[row], scores);
            }
            let (scores, rows) = (&scratch.scores, &mut scratch.rows);
            for column in (0..width).step_by(VECTORS * lanes) {
                match (width - column) / lanes {
                    1 => weighted::<I, 1>(isa, head, &value, column, scores, by, rows),
                    2 => weighted::<I, 2>(isa, head, &value, column, scores, by, rows),
                    3 => weighted::<I, 3>(isa, head, &value, column, scores, by, rows),
                    _ => weighted::<I, VECTORS>(isa, head, &value, column, scores, by, rows),
                }
            }
            for row in 0..count {
                let from = &scratch.rows[row * width..][..head.width];
                output[(first + row) * step..][..head.width].copy_from_slice(from);
            }
        }
    }
}

/// Keys in panels of up to [`VECTORS`] vectors, of which each holds one column of as many keys.
#[inline(always)]
fn pack(head: &Head<'_>, lanes: usize, keys: &mut Vec<f32>) {
    let span = head.span.next_multiple_of(lanes);
    keys.clear();
    keys.resize(span * head.depth, 0.0);
    for first in (0..span).step_by(VECTORS * lanes) {
        let panel = (VECTORS * lanes).min(span - first);
        let keys = &mut keys[first * head.depth..][..panel * head.depth];
        for at in 0..panel.min(head.span - first) {
            let key = &head.key.numbers[(first + at) * head.key.row..];
            for (column, into) in keys[at..].iter_mut().step_by(panel).enumerate() {
                *into = key[column * head.key.column];
            }
        }
    }
}

/// Values in rows of `width`, a whole number of vectors.
#[inline(always)]
fn pad<'a>(head: &Head<'_>, width: usize, values: &'a mut Vec<f32>) -> Matrix<'a> {
    values.clear();
    values.resize(head.span * width, 0.0);
    for (at, row) in values.chunks_exact_mut(width).enumerate() {
        row[..head.width].copy_from_slice(head.value.row(at, 0, head.width));
    }
    Matrix::new(values, width, 1)
}

/// The scaled products of the rows `at` with all keys.
#[inline(always)]
fn scores<I: Isa>(isa: I, head: &Head<'_>, at: &[usize; ROWS], keys: &[f32], scores: &mut [f32]) {
    let lanes = isa.f32().len();
    let span = scores.len() / ROWS;
    let rows = at.map(|at| head.query.row(at, 0, head.depth));
    for first in (0..span).step_by(VECTORS * lanes) {
        let count = ((span - first) / lanes).min(VECTORS);
        let panel = &keys[first * head.depth..][..count * lanes * head.depth];
        match count {
            1 => tile::<I, 1>(isa, head, rows, panel, first, scores),
            2 => tile::<I, 2>(isa, head, rows, panel, first, scores),
            3 => tile::<I, 3>(isa, head, rows, panel, first, scores),
            _ => tile::<I, VECTORS>(isa, head, rows, panel, first, scores),
        }
    }
}

#[inline(always)]
fn tile<I: Isa, const N: usize>(
    isa: I,
    head: &Head<'_>,
    rows: [&[f32]; ROWS],
    panel: &[f32],
    first: usize,
    scores: &mut [f32],
) {
    let ops = isa.f32();
    let span = scores.len() / ROWS;
    let mut sums = [[ops.zero(); N]; ROWS];
    for (column, keys) in panel.chunks_exact(N * ops.len()).enumerate() {
        let keys = ops.load_many::<N>(keys);
        for (sums, row) in sums.iter_mut().zip(rows) {
            let query = ops.splat(row[column]);
            for (sum, key) in sums.iter_mut().zip(keys) {
                *sum = ops.mul_add(query, key, *sum);
            }
        }
    }
    let scale = ops.splat(head.scale);
    for (row, sums) in sums.into_iter().enumerate() {
        let into = &mut scores[row * span + first..][..N * ops.len()];
        for (sum, into) in sums.into_iter().zip(into.chunks_exact_mut(ops.len())) {
            ops.store(ops.mul(sum, scale), into);
        }
    }
}

/// Makes the scores of row `at` exponentials of what they are below the largest; gives what to multiply them by.
#[inline(always)]
fn weights<I: Isa>(isa: I, head: &Head<'_>, at: usize, scores: &mut [f32]) -> f32 {
    let ops = isa.f32();
    scores[head.span..].fill(f32::NEG_INFINITY);
    if let Some(mask) = &head.mask {
        let row = &mask.numbers[at * mask.row..];
        let scores = &mut scores[..head.span];
        if let Some(fill) = head.fill {
            for (at, score) in scores.iter_mut().enumerate() {
                let is_hidden = row[at * mask.column] != 0.0;
                *score = if is_hidden { fill } else { *score };
            }
        } else if mask.column == 1 {
            let pairs = scores.iter_mut().zip(&row[..head.span]);
            pairs.for_each(|(score, mask)| *score += mask);
        } else {
            let pairs = scores.iter_mut().enumerate();
            pairs.for_each(|(at, score)| *score += row[at * mask.column]);
        }
    }
    let mut largest = ops.splat(f32::NEG_INFINITY);
    for part in scores.chunks_exact(ops.len()) {
        largest = ops.max(largest, ops.load(part));
    }
    let largest = ops.fold_splat(largest, f32::NEG_INFINITY, f32::max);
    let mut sum = ops.zero();
    for part in scores.chunks_exact_mut(ops.len()) {
        let weight = Exp {}.eval(isa, ops.sub(ops.load(part), largest));
        sum = ops.add(sum, weight);
        ops.store(weight, part);
    }
    let sum = ops.sum(sum);
    if sum.is_nan() && head.turns_nan {
        scores.fill(0.0);
        return 0.0;
    }
    sum.recip()
}

/// The sums of `N` vectors of the values from `column` on, by the weights of all rows.
#[inline(always)]
fn weighted<I: Isa, const N: usize>(
    isa: I,
    head: &Head<'_>,
    value: &Matrix<'_>,
    column: usize,
    scores: &[f32],
    by: [f32; ROWS],
    rows: &mut [f32],
) {
    let ops = isa.f32();
    let span = scores.len() / ROWS;
    let weights: [&[f32]; ROWS] = std::array::from_fn(|row| &scores[row * span..][..head.span]);
    let mut sums = [[ops.zero(); N]; ROWS];
    for at in 0..head.span {
        let values = ops.load_many::<N>(value.row(at, column, N * ops.len()));
        for (sums, weights) in sums.iter_mut().zip(weights) {
            let weight = ops.splat(weights[at]);
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum = ops.mul_add(weight, value, *sum);
            }
        }
    }
    let width = rows.len() / ROWS;
    for (row, sums) in sums.into_iter().enumerate() {
        let by = ops.splat(by[row]);
        let into = &mut rows[row * width + column..][..N * ops.len()];
        for (sum, into) in sums.into_iter().zip(into.chunks_exact_mut(ops.len())) {
            ops.store(ops.mul(sum, by), into);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers between -1 and 1 without a pattern.
    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        let number = |at: usize| ((at * 7919 + seed * 104_729) % 2003) as f32 / 1001.5 - 1.0;
        (0..count).map(number).collect()
    }

    /// As the formula says, in f64.
    fn plain(head: &Head<'_>) -> Vec<f64> {
        let at = |matrix: &Matrix<'_>, row: usize, column: usize| {
            f64::from(matrix.numbers[row * matrix.row + column * matrix.column])
        };
        let mut output = Vec::new();
        for row in 0..head.length {
            let score = |key: usize| {
                let columns = 0..head.depth;
                let product = columns.map(|it| at(&head.query, row, it) * at(&head.key, key, it));
                let score = product.sum::<f64>() * f64::from(head.scale);
                match (&head.mask, head.fill) {
                    (Some(mask), Some(fill)) if at(mask, row, key) != 0.0 => f64::from(fill),
                    (Some(mask), None) => score + at(mask, row, key),
                    _ => score,
                }
            };
            let scores: Vec<f64> = (0..head.span).map(score).collect();
            let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let weights: Vec<f64> = scores.iter().map(|it| (it - largest).exp()).collect();
            let sum: f64 = weights.iter().sum();
            for column in 0..head.width {
                let values = (0..head.span).map(|key| weights[key] * at(&head.value, key, column));
                let value = values.sum::<f64>() / sum;
                output.push(if value.is_nan() && head.turns_nan {
                    0.0
                } else {
                    value
                });
            }
        }
        output
    }

    fn assert_alike(head: &Head<'_>) {
        let step = head.width + 3;
        let mut output = vec![f32::NAN; head.length * step];
        head.run(&mut Scratch::default(), &mut output, step);
        for (row, expected) in plain(head).chunks(head.width).enumerate() {
            for (found, expected) in output[row * step..].iter().zip(expected) {
                let off = (f64::from(*found) - expected).abs();
                assert!(off < 1e-5, "{found} is not {expected}");
            }
        }
    }

    #[test]
    fn every_size_gives_what_the_formula_says() {
        for (length, span, depth, width) in [
            (1, 1, 1, 1),
            (3, 2, 5, 16),
            (4, 16, 32, 32),
            (5, 17, 24, 24),
            (9, 63, 8, 64),
            (6, 65, 33, 70),
            (13, 130, 64, 48),
        ] {
            let query = numbers(length * depth, 1);
            let key = numbers(span * depth, 2);
            let value = numbers(span * width, 3);
            let mask = numbers(length * span, 4);
            let truths: Vec<f32> = mask.iter().map(|it| f32::from(*it > 0.5)).collect();
            let mut head = Head {
                query: Matrix::new(&query, depth, 1),
                key: Matrix::new(&key, depth, 1),
                value: Matrix::new(&value, width, 1),
                mask: None,
                length,
                span,
                depth,
                width,
                scale: 0.5,
                fill: None,
                turns_nan: false,
            };
            assert_alike(&head);
            // Stored the other way round.
            head.key = Matrix::new(&key, 1, span);
            assert_alike(&head);
            head.mask = Some(Matrix::new(&mask, span, 1));
            assert_alike(&head);
            // One number for all of a row.
            head.mask = Some(Matrix::new(&mask, span, 0));
            assert_alike(&head);
            head.mask = Some(Matrix::new(&truths, span, 1));
            head.fill = Some(-1e4);
            assert_alike(&head);
        }
    }

    #[test]
    fn a_row_that_sees_nothing_is_zeros_where_that_is_wanted() {
        let (query, key, value) = (numbers(8, 1), numbers(20, 2), numbers(15, 3));
        let mut mask = vec![0.0; 10];
        mask[5..].fill(f32::NEG_INFINITY);
        let mut head = Head {
            query: Matrix::new(&query, 4, 1),
            key: Matrix::new(&key, 4, 1),
            value: Matrix::new(&value, 3, 1),
            mask: Some(Matrix::new(&mask, 5, 1)),
            length: 2,
            span: 5,
            depth: 4,
            width: 3,
            scale: 1.0,
            fill: None,
            turns_nan: true,
        };
        assert_alike(&head);
        head.turns_nan = false;
        let mut output = vec![0.0; 6];
        head.run(&mut Scratch::default(), &mut output, 3);
        assert!(output[..3].iter().all(|it| it.is_finite()));
        assert!(output[3..].iter().all(|it| it.is_nan()));
    }
}
