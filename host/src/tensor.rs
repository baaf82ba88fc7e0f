//! Tensors: dtype, shape and row-major data, the one currency between plugins, models and clients.
//! Knows no engine, no wire format and no manifest.

mod rows;

use std::fmt;

/// Element type of a [`Tensor`], named as in Rust (`f32`), Open Inference
/// Protocol names are the wire's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each variant is the dtype of its name")]
pub enum Dtype {
    F16,
    Bf16,
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    Bool,
    Text,
}

impl Dtype {
    /// The dtype's name: `f32`, `i64`, `bool`, `text`, …
    pub fn name(self) -> &'static str {
        match self {
            Dtype::F16 => "f16",
            Dtype::Bf16 => "bf16",
            Dtype::F32 => "f32",
            Dtype::F64 => "f64",
            Dtype::I8 => "i8",
            Dtype::I16 => "i16",
            Dtype::I32 => "i32",
            Dtype::I64 => "i64",
            Dtype::U8 => "u8",
            Dtype::U16 => "u16",
            Dtype::U32 => "u32",
            Dtype::U64 => "u64",
            Dtype::Bool => "bool",
            Dtype::Text => "text",
        }
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Row-major elements. `F16` and `Bf16` hold the raw bits.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "each variant is the data of its dtype")]
pub enum Data {
    F16(Vec<u16>),
    Bf16(Vec<u16>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    Bool(Vec<bool>),
    Text(Vec<String>),
}

impl Data {
    /// The dtype of the elements.
    pub fn dtype(&self) -> Dtype {
        match self {
            Data::F16(_) => Dtype::F16,
            Data::Bf16(_) => Dtype::Bf16,
            Data::F32(_) => Dtype::F32,
            Data::F64(_) => Dtype::F64,
            Data::I8(_) => Dtype::I8,
            Data::I16(_) => Dtype::I16,
            Data::I32(_) => Dtype::I32,
            Data::I64(_) => Dtype::I64,
            Data::U8(_) => Dtype::U8,
            Data::U16(_) => Dtype::U16,
            Data::U32(_) => Dtype::U32,
            Data::U64(_) => Dtype::U64,
            Data::Bool(_) => Dtype::Bool,
            Data::Text(_) => Dtype::Text,
        }
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        match self {
            Data::F16(v) | Data::Bf16(v) | Data::U16(v) => v.len(),
            Data::F32(v) => v.len(),
            Data::F64(v) => v.len(),
            Data::I8(v) => v.len(),
            Data::I16(v) => v.len(),
            Data::I32(v) => v.len(),
            Data::I64(v) => v.len(),
            Data::U8(v) => v.len(),
            Data::U32(v) => v.len(),
            Data::U64(v) => v.len(),
            Data::Bool(v) => v.len(),
            Data::Text(v) => v.len(),
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How far a number of `other` is from its place here at most, as a share of the largest number here where that is above 1;
    /// none where these are not both `f32`, or both `f64`.
    pub fn off(&self, other: &Data) -> Option<f64> {
        fn share<'a, T: Copy + Into<f64> + 'a>(a: &'a [T], b: &'a [T]) -> f64 {
            let pairs = a.iter().zip(b).map(|(a, b)| ((*a).into(), (*b).into()));
            let (mut largest, mut off) = (1.0_f64, 0.0_f64);
            for (a, b) in pairs {
                largest = largest.max(a.abs());
                off = off.max((a - b).abs());
            }
            off / largest
        }
        match (self, other) {
            (Data::F32(a), Data::F32(b)) => Some(share(a, b)),
            (Data::F64(a), Data::F64(b)) => Some(share(a, b)),
            _ => None,
        }
    }
}

/// Why a shape and its data do not make a tensor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The product of the shape is not the number of elements.
    #[error("shape {shape:?} needs {needed} values, there are {found}")]
    Length {
        /// The shape as given.
        shape: Vec<usize>,
        /// The product of the shape.
        needed: usize,
        /// The number of elements given.
        found: usize,
    },
    /// The product of the shape does not fit in memory.
    #[error("shape {0:?} is too large")]
    TooLarge(Vec<usize>),
}

/// Elements with their shape.
///
/// Invariant: the product of `shape` is the number of elements in `data`.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    data: Data,
}

impl Tensor {
    /// A tensor of `shape` (row-major). Fails when the data is not of that size.
    pub fn new(shape: Vec<usize>, data: Data) -> Result<Tensor, Error> {
        let needed = shape
            .iter()
            .try_fold(1usize, |product, dim| product.checked_mul(*dim))
            .ok_or_else(|| Error::TooLarge(shape.clone()))?;
        if needed != data.len() {
            let found = data.len();
            return Err(Error::Length {
                shape,
                needed,
                found,
            });
        }
        Ok(Tensor { shape, data })
    }

    /// The dims, outermost first; empty for a scalar.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The elements, row-major.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// The dtype of the elements.
    pub fn dtype(&self) -> Dtype {
        self.data.dtype()
    }

    /// Shape and elements, taken apart.
    pub fn into_parts(self) -> (Vec<usize>, Data) {
        (self.shape, self.data)
    }

    /// The index of the first element that is NaN or infinite, if any.
    pub fn first_non_finite(&self) -> Option<usize> {
        match &self.data {
            Data::F32(v) => v.iter().position(|x| !x.is_finite()),
            Data::F64(v) => v.iter().position(|x| !x.is_finite()),
            Data::F16(v) => v.iter().position(|bits| bits & 0x7c00 == 0x7c00),
            Data::Bf16(v) => v.iter().position(|bits| bits & 0x7f80 == 0x7f80),
            _ => None,
        }
    }
}

/// A tensor under the name that a model or plugin gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTensor {
    /// The input's or output's name.
    pub name: String,
    /// Its value.
    pub tensor: Tensor,
}

impl NamedTensor {
    /// Another value under the same name.
    pub fn with(&self, tensor: Tensor) -> NamedTensor {
        NamedTensor {
            name: self.name.clone(),
            tensor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_that_lies_about_its_data_is_refused() {
        let huge = vec![u32::MAX as usize, u32::MAX as usize, u32::MAX as usize];
        assert_eq!(
            Tensor::new(huge.clone(), Data::F32(vec![1.0])),
            Err(Error::TooLarge(huge))
        );
        assert!(matches!(
            Tensor::new(vec![2, 2], Data::I64(vec![1, 2, 3])),
            Err(Error::Length {
                needed: 4,
                found: 3,
                ..
            })
        ));
    }

    #[test]
    fn a_scalar_has_one_element_and_a_zero_dim_none() {
        assert!(Tensor::new(vec![], Data::F32(vec![1.0])).is_ok());
        assert!(Tensor::new(vec![3, 0], Data::F32(vec![])).is_ok());
    }

    #[test]
    fn the_distance_is_a_share_of_the_largest_number_above_one() {
        let small = Data::F32(vec![0.5, 0.25]);
        assert_eq!(small.off(&Data::F32(vec![0.5, 0.5])), Some(0.25));
        let large = Data::F64(vec![0.0, -4.0]);
        assert_eq!(large.off(&Data::F64(vec![1.0, -4.0])), Some(0.25));
        assert_eq!(large.off(&small), None);
        assert_eq!(Data::I64(vec![1]).off(&Data::I64(vec![1])), None);
    }

    #[test]
    fn non_finite_values_are_found_in_every_float_dtype() {
        let index = |data| {
            Tensor::new(vec![2], data)
                .expect("two elements")
                .first_non_finite()
        };
        assert_eq!(index(Data::F32(vec![1.0, f32::NAN])), Some(1));
        assert_eq!(index(Data::F64(vec![f64::INFINITY, 0.0])), Some(0));
        assert_eq!(index(Data::F16(vec![0x3c00, 0x7c00])), Some(1));
        assert_eq!(index(Data::Bf16(vec![0x3f80, 0x7fc0])), Some(1));
        assert_eq!(index(Data::F32(vec![f32::MAX, f32::MIN])), None);
    }
}
