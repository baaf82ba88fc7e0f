//! A table of numbers: one row a sample.
//! Must not know what is computed from it.

use tract_onnx::tract_hir::internal::*;

/// The rows of a tensor; one of rank 1 is a single row.
pub(super) struct Rows<T = f32> {
    pub(super) count: usize,
    pub(super) width: usize,
    values: Vec<T>,
}

impl Rows<f64> {
    /// Numbers of 64 bits as they are, others as they are in 32 bits, which is where onnxruntime compares them.
    pub(super) fn exact(input: &Tensor) -> TractResult<Rows<f64>> {
        if input.datum_type() == f64::datum_type() {
            Rows::of(input)
        } else {
            Rows::of(&*input.cast_to::<f32>()?)
        }
    }
}

impl<T: Datum + Copy> Rows<T> {
    pub(super) fn of(input: &Tensor) -> TractResult<Rows<T>> {
        let values = input.cast_to::<T>()?;
        let values = values.try_as_plain_ram()?.as_slice::<T>()?.to_vec();
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

    pub(super) fn iter(&self) -> impl Iterator<Item = &[T]> {
        let range = |row| row * self.width..(row + 1) * self.width;
        (0..self.count).map(move |row| &self.values[range(row)])
    }
}

impl Rows {
    /// As [`Rows::of`] counts them, from a fact.
    pub(super) fn count_in(input: &TypedFact) -> TDim {
        match input.shape.len() {
            0 | 1 => 1.to_dim(),
            _ => input.shape[0].clone(),
        }
    }
}
