//! Tensors in native types, and typed access to them.
//! Must not know the generated bindings, nor what any tensor means.

use crate::error::{Error, Result};

/// Elements in row-major order, and the shape they fill.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// Its product is the number of elements; the host refuses a tensor where it is not.
    pub shape: Vec<u32>,
    /// The elements.
    pub data: Data,
}

/// The elements of a tensor.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "each case is the dtype that it is named after")]
pub enum Data {
    F32(Vec<f32>),
    F64(Vec<f64>),
    /// Raw bits.
    F16(Vec<u16>),
    /// Raw bits.
    Bf16(Vec<u16>),
    S8(Vec<i8>),
    S32(Vec<i32>),
    S64(Vec<i64>),
    U8(Vec<u8>),
    /// One byte an element, 0 or 1.
    Boolean(Vec<u8>),
    Text(Vec<String>),
}

impl Data {
    /// The dtype's name, as the contract spells it.
    pub fn dtype(&self) -> &'static str {
        match self {
            Self::F32(_) => "f32",
            Self::F64(_) => "f64",
            Self::F16(_) => "f16",
            Self::Bf16(_) => "bf16",
            Self::S8(_) => "s8",
            Self::S32(_) => "s32",
            Self::S64(_) => "s64",
            Self::U8(_) => "u8",
            Self::Boolean(_) => "boolean",
            Self::Text(_) => "text",
        }
    }
}

impl Tensor {
    /// A tensor of 32-bit floats.
    ///
    /// # Panics
    /// Where the product of `shape` is not the number of elements: a bug of the plugin.
    pub fn f32(shape: &[usize], data: Vec<f32>) -> Self {
        Self::of(shape, data)
    }

    /// A tensor of 64-bit integers, such as token ids.
    ///
    /// # Panics
    /// Where the product of `shape` is not the number of elements: a bug of the plugin.
    pub fn s64(shape: &[usize], data: Vec<i64>) -> Self {
        Self::of(shape, data)
    }

    /// A tensor of any type that is an [`Element`].
    ///
    /// # Panics
    /// Where the product of `shape` is not the number of elements: a bug of the plugin.
    pub fn of<T: Element>(shape: &[usize], data: Vec<T>) -> Self {
        let elements = shape
            .iter()
            .try_fold(1_usize, |product, n| product.checked_mul(*n));
        assert_eq!(
            elements,
            Some(data.len()),
            "shape {shape:?} does not fit the data"
        );
        // An axis is at most as long as the data, which 32 bits of address space hold.
        let shape = shape
            .iter()
            .map(|n| u32::try_from(*n).expect("an axis fits 32 bits"))
            .collect();
        Self {
            shape,
            data: T::wrap(data),
        }
    }
}

/// A type whose lists are the data of a tensor.
pub trait Element: Sized {
    /// The dtype's name, as the contract spells it.
    const DTYPE: &'static str;
    /// The list as data.
    fn wrap(list: Vec<Self>) -> Data;
    /// The data as a list, where it has this dtype.
    fn unwrap(data: &Data) -> Option<&[Self]>;
}

macro_rules! elements {
    ($($type:ty, $case:ident, $dtype:literal;)+) => {$(
        impl Element for $type {
            const DTYPE: &'static str = $dtype;
            fn wrap(list: Vec<Self>) -> Data {
                Data::$case(list)
            }
            fn unwrap(data: &Data) -> Option<&[Self]> {
                match data {
                    Data::$case(list) => Some(list),
                    _ => None,
                }
            }
        }
    )+};
}

elements! {
    f32, F32, "f32";
    f64, F64, "f64";
    i8, S8, "s8";
    i32, S32, "s32";
    i64, S64, "s64";
    u8, U8, "u8";
    String, Text, "text";
}

/// A tensor whose dtype and number of elements have been checked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View<'a, T> {
    /// The axes.
    pub shape: &'a [u32],
    /// The elements, row-major.
    pub data: &'a [T],
}

impl<'a, T> View<'a, T> {
    /// Row `index` along the first axis. `None` behind the end.
    pub fn row(&self, index: usize) -> Option<View<'a, T>> {
        let (rows, shape) = self.shape.split_first()?;
        let stride = self.data.len().checked_div(*rows as usize)?;
        let start = index.checked_mul(stride)?;
        let data = self.data.get(start..start.checked_add(stride)?)?;
        (index < *rows as usize).then_some(View { shape, data })
    }
}

/// Tensors by name, in the order they were given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tensors(pub Vec<(String, Tensor)>);

impl Tensors {
    /// The tensor `name`; the error says which there are.
    pub fn tensor(&self, name: &str) -> Result<&Tensor> {
        if let Some((_, tensor)) = self.0.iter().find(|(known, _)| known == name) {
            return Ok(tensor);
        }
        let names: Vec<_> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        Err(Error::internal(format!(
            "no tensor `{name}`; the model answers: {}",
            if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            }
        )))
    }

    /// The tensor `name` as elements of type `T` with `rank` axes.
    pub fn view<T: Element>(&self, name: &str, rank: usize) -> Result<View<'_, T>> {
        let Tensor { shape, data } = self.tensor(name)?;
        let Some(list) = T::unwrap(data) else {
            return Err(Error::internal(format!(
                "tensor `{name}` must be {}, not {}",
                T::DTYPE,
                data.dtype()
            )));
        };
        if shape.len() != rank {
            return Err(Error::internal(format!(
                "tensor `{name}` must have {rank} axes; its shape is {shape:?}"
            )));
        }
        let elements = shape
            .iter()
            .try_fold(1_usize, |product, n| product.checked_mul(*n as usize));
        if elements != Some(list.len()) {
            return Err(Error::internal(format!(
                "tensor `{name}` has {} elements, which its shape {shape:?} does not fit",
                list.len()
            )));
        }
        Ok(View { shape, data: list })
    }
}

impl FromIterator<(String, Tensor)> for Tensors {
    fn from_iter<I: IntoIterator<Item = (String, Tensor)>>(tensors: I) -> Self {
        Self(tensors.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs() -> Tensors {
        let lying = Tensor {
            shape: vec![u32::MAX, u32::MAX],
            data: Data::F32(vec![1.0]),
        };
        Tensors(vec![
            (
                "logits".into(),
                Tensor::f32(&[2, 2], vec![1.0, 2.0, 3.0, 4.0]),
            ),
            ("ids".into(), Tensor::s64(&[1, 2], vec![5, 6])),
            ("lying".into(), lying),
        ])
    }

    #[test]
    fn a_view_gives_rows_and_nothing_behind_the_end() {
        let outputs = outputs();
        let view = outputs
            .view::<f32>("logits", 2)
            .expect("right dtype and rank");
        assert_eq!(view.row(1).map(|row| row.data), Some([3.0, 4.0].as_slice()));
        assert_eq!(view.row(2), None);
    }

    #[test]
    fn a_wrong_name_dtype_rank_or_length_says_what_there_is() {
        let outputs = outputs();
        let message = |name, rank| match outputs.view::<f32>(name, rank) {
            Err(error) => error.to_string(),
            Ok(view) => panic!("accepted {view:?}"),
        };
        assert_eq!(
            message("scores", 2),
            "no tensor `scores`; the model answers: logits, ids, lying"
        );
        assert_eq!(message("ids", 2), "tensor `ids` must be f32, not s64");
        assert_eq!(
            message("logits", 3),
            "tensor `logits` must have 3 axes; its shape is [2, 2]"
        );
        assert!(message("lying", 2).starts_with("tensor `lying` has 1 elements"));
    }
}
