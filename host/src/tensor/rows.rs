//! Rows of tensors: several tensors one below the other, and parts of one, where axis 0 counts rows.
//! Must not know what a row is.

use super::{Data, Tensor};
use std::ops::Range;

/// `$vec` of each of `$data` in turn, as `$body` makes it.
macro_rules! each_dtype {
    ($data:expr, $vec:ident => $body:expr) => {
        match $data {
            Data::F16($vec) => Data::F16($body),
            Data::Bf16($vec) => Data::Bf16($body),
            Data::F32($vec) => Data::F32($body),
            Data::F64($vec) => Data::F64($body),
            Data::I8($vec) => Data::I8($body),
            Data::I16($vec) => Data::I16($body),
            Data::I32($vec) => Data::I32($body),
            Data::I64($vec) => Data::I64($body),
            Data::U8($vec) => Data::U8($body),
            Data::U16($vec) => Data::U16($body),
            Data::U32($vec) => Data::U32($body),
            Data::U64($vec) => Data::U64($body),
            Data::Bool($vec) => Data::Bool($body),
            Data::Text($vec) => Data::Text($body),
        }
    };
}

impl Tensor {
    /// The number of rows; none for a scalar.
    pub fn rows(&self) -> Option<usize> {
        self.shape.first().copied()
    }

    /// The rows of all of `parts`, in order. Other axes are as long as the longest; what that leaves free is zero, false or empty.
    /// Nothing where dtypes or ranks differ, or where there are no parts or no rows to count.
    pub fn stacked(parts: &[&Tensor]) -> Option<Tensor> {
        let first = parts.first()?;
        let mut shape = first.shape.clone();
        *shape.first_mut()? = 0;
        for part in parts {
            if part.shape.len() != shape.len() || part.dtype() != first.dtype() {
                return None;
            }
            shape[0] += part.shape[0];
            for (most, size) in shape[1..].iter_mut().zip(&part.shape[1..]) {
                *most = (*most).max(*size);
            }
        }
        let sources: Vec<_> = parts
            .iter()
            .map(|part| (&part.data, &*part.shape))
            .collect();
        let data = each_dtype!(&first.data, one => pile(one, &sources, &shape)?);
        Tensor::new(shape, data).ok()
    }

    /// These rows, with the other axes cut to `inner`, or filled with zeros where they are shorter.
    ///
    /// # Panics
    /// Where there are fewer rows, or `inner` has another rank.
    pub fn part(&self, rows: Range<usize>, inner: &[usize]) -> Tensor {
        assert!(rows.end <= self.shape[0] && inner.len() + 1 == self.shape.len());
        let width: usize = self.shape[1..].iter().product();
        let place = rows.start * width..rows.end * width;
        let mut from = vec![rows.len()];
        from.extend(&self.shape[1..]);
        let mut shape = vec![rows.len()];
        shape.extend(inner);
        let data = each_dtype!(&self.data, all => {
            let mut to = vec![Default::default(); shape.iter().product()];
            lay(&all[place], &from, &mut to, &shape);
            to
        });
        Tensor { shape, data }
    }

    /// Every row turned by one place along the last axis: other rows made of the same values.
    pub fn turned(&self) -> Tensor {
        let width = self.shape.last().copied().unwrap_or(0).max(1);
        let data = each_dtype!(&self.data, all => {
            let mut all = all.clone();
            all.chunks_mut(width).for_each(|row| row.rotate_left(1 % width));
            all
        });
        Tensor {
            shape: self.shape.clone(),
            data,
        }
    }
}

/// A vector of one dtype, seen without knowing which.
trait Element: Clone + Default {
    fn of(data: &Data) -> Option<&[Self]>;
}

macro_rules! element {
    ($($type:ty: $($variant:ident)|+),+) => {
        $(impl Element for $type {
            fn of(data: &Data) -> Option<&[Self]> {
                match data {
                    $(Data::$variant(all))|+ => Some(all),
                    _ => None,
                }
            }
        })+
    };
}

element!(f32: F32, f64: F64, i8: I8, i16: I16, i32: I32, i64: I64, u8: U8, u16: F16 | Bf16 | U16, u32: U32, u64: U64, bool: Bool, String: Text);

/// `sources` one below the other in a tensor of `shape`; `_like` only says of which type they are.
fn pile<T: Element>(_like: &[T], sources: &[(&Data, &[usize])], shape: &[usize]) -> Option<Vec<T>> {
    let width: usize = shape[1..].iter().product();
    let mut to = vec![T::default(); shape[0] * width];
    let mut row = 0;
    for (data, from) in sources {
        let mut place = shape.to_vec();
        place[0] = from[0];
        let end = row + from[0];
        lay(
            T::of(data)?,
            from,
            &mut to[row * width..end * width],
            &place,
        );
        row = end;
    }
    Some(to)
}

/// What `from` and `to` have in common, copied.
fn lay<T: Clone>(from: &[T], from_shape: &[usize], to: &mut [T], to_shape: &[usize]) {
    if from_shape == to_shape {
        to.clone_from_slice(from);
        return;
    }
    let ([most, from_inner @ ..], [room, to_inner @ ..]) = (from_shape, to_shape) else {
        return;
    };
    if from_inner == to_inner {
        let count = most.min(room) * to_inner.iter().product::<usize>();
        to[..count].clone_from_slice(&from[..count]);
        return;
    }
    let (step, place) = (from_inner.iter().product(), to_inner.iter().product());
    if step == 0 || place == 0 {
        return;
    }
    for (from, to) in from.chunks(step).zip(to.chunks_mut(place)) {
        lay(from, from_inner, to, to_inner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(shape: &[usize], data: &[i64]) -> Tensor {
        Tensor::new(shape.to_vec(), Data::I64(data.to_vec())).expect("fits")
    }

    #[test]
    fn rows_of_other_lengths_are_filled_with_zeros_and_cut_again() {
        let (short, long) = (
            tensor(&[1, 2], &[1, 2]),
            tensor(&[2, 3], &[3, 4, 5, 6, 7, 8]),
        );
        let both = Tensor::stacked(&[&short, &long]).expect("ranks and dtypes are alike");
        assert_eq!(both, tensor(&[3, 3], &[1, 2, 0, 3, 4, 5, 6, 7, 8]));
        assert_eq!(both.part(0..1, &[2]), short);
        assert_eq!(both.part(1..3, &[3]), long);
    }

    #[test]
    fn inner_axes_are_filled_wherever_they_stand() {
        let (a, b) = (
            tensor(&[1, 1, 2], &[1, 2]),
            tensor(&[1, 2, 2], &[3, 4, 5, 6]),
        );
        let both = Tensor::stacked(&[&a, &b]).expect("stacks");
        assert_eq!(both, tensor(&[2, 2, 2], &[1, 2, 0, 0, 3, 4, 5, 6]));
        assert_eq!(both.part(0..1, &[1, 2]), a);
    }

    #[test]
    fn what_is_not_alike_is_not_stacked() {
        let number = Tensor::new(vec![1], Data::F32(vec![1.0])).expect("fits");
        assert_eq!(Tensor::stacked(&[&tensor(&[1], &[1]), &number]), None);
        assert_eq!(
            Tensor::stacked(&[&tensor(&[1], &[1]), &tensor(&[1, 1], &[1])]),
            None
        );
        assert_eq!(Tensor::stacked(&[&tensor(&[], &[1])]), None);
    }

    #[test]
    fn turned_rows_hold_the_same_values() {
        assert_eq!(
            tensor(&[2, 3], &[1, 2, 3, 4, 5, 6]).turned(),
            tensor(&[2, 3], &[2, 3, 1, 5, 6, 4])
        );
        assert_eq!(tensor(&[2, 1], &[1, 2]).turned(), tensor(&[2, 1], &[1, 2]));
    }
}
