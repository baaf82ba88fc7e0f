//! Tensors that are filled as they are made: their memory is not cleared first, which would cost as much as a small layer.
//! Must not know what is written.
#![allow(
    unsafe_code,
    reason = "a tensor's memory is given out uninitialised, and taken back once every part of it has come back initialised"
)]

use super::threads::in_pieces;
use std::mem::MaybeUninit;
use tract_onnx::prelude::{Datum, Tensor, TractError, TractResult};

/// A tensor of `shape`, written in pieces of `piece` elements, the last of which may be shorter.
///
/// `fill` gets the number of the piece and the piece, and gives it back initialised; where there are several threads at hand,
/// several pieces at once.
///
/// # Errors
/// Those of `fill`, and one where it gives back something else.
pub(super) fn filled<T: Datum + Copy + Send + Sync>(
    shape: &[usize],
    piece: usize,
    fill: impl for<'a> Fn(usize, &'a mut [MaybeUninit<T>]) -> TractResult<&'a mut [T]> + Sync,
) -> TractResult<Tensor> {
    // SAFETY: the elements are plain numbers, and are not read before all of them are written.
    let mut tensor = unsafe { Tensor::uninitialized::<T>(shape)? };
    let length = tensor.len();
    if length == 0 {
        return Ok(tensor);
    }
    let start = tensor.as_ptr_mut::<T>()?.cast::<MaybeUninit<T>>();
    // SAFETY: the tensor has `length` elements of this type, and nothing else refers to them while it is borrowed here.
    let all = unsafe { std::slice::from_raw_parts_mut(start, length) };
    let part = |index: usize, part: &mut [MaybeUninit<T>]| {
        let expected = (part.as_ptr().cast::<T>(), part.len());
        let written = fill(index, part)?;
        if (written.as_ptr(), written.len()) != expected {
            return Err(TractError::msg("a part of an output was not written"));
        }
        Ok(())
    };
    in_pieces(all, piece.max(1), part)?;
    Ok(tensor)
}

/// Writes `row` again and again until `into` is full.
///
/// # Errors
/// `into` is no whole number of rows.
pub(super) fn repeated<'a, T: Copy>(
    row: &[T],
    into: &'a mut [MaybeUninit<T>],
) -> TractResult<&'a mut [T]> {
    if row.is_empty() || !into.len().is_multiple_of(row.len()) {
        return Err(TractError::msg("rows of this length do not fill it"));
    }
    for part in into.chunks_exact_mut(row.len()) {
        part.write_copy_of_slice(row);
    }
    // SAFETY: the parts are all of it, and each is written.
    Ok(unsafe { into.assume_init_mut() })
}
