//! A table of numbers: one row a sample.
//! Must not know what is computed from it.

use tract_onnx::tract_hir::internal::*;

/// The rows of a tensor; one of rank 1 is a single row.
pub(super) struct Rows {
    pub(super) count: usize,
    pub(super) width: usize,
    values: Vec<f32>,
}

impl Rows {
    pub(super) fn of(input: &Tensor) -> TractResult<Rows> {
        let values = input.cast_to::<f32>()?;
        let values = values.try_as_plain_ram()?.as_slice::<f32>()?.to_vec();
        let (count, width) = match input.shape() {
            [] => (1, 1),
            [width] => (1, *width),
            [count, rest @ ..] => (*count, rest.iter().product()),
        };
        Ok(Rows {
            count,
            width,
            values,
        })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[f32]> {
        let range = |row| row * self.width..(row + 1) * self.width;
        (0..self.count).map(move |row| &self.values[range(row)])
    }

    /// As [`Rows::of`] counts them, from a fact.
    pub(super) fn count_in(input: &TypedFact) -> TDim {
        match input.shape.len() {
            0 | 1 => 1.to_dim(),
            _ => input.shape[0].clone(),
        }
    }
}
