//! Tensors in their own JSON form, nested lists by name: what a model without plugins takes and gives.
//! Must not know plugins; the signature decides the dtypes.

use super::refusal::Refusal;
use super::schema::escape;
use crate::model::{Dim, Port, Signature};
use crate::tensor::{Data, Dtype, NamedTensor, Tensor};
use half::{bf16, f16};
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// Deeper nesting than any ONNX tensor in use.
const MAX_RANK: usize = 16;

/// Reads the object `inputs` (name → nested lists). A refusal's field is relative to it.
pub(super) fn read(inputs: &Value, signature: &Signature) -> Result<Vec<NamedTensor>, Refusal> {
    let given = inputs.as_object().into_iter().flatten();
    given
        .filter_map(|(name, value)| {
            let port = signature.inputs.iter().find(|port| port.name == *name)?;
            let place = format!("/{}", escape(name));
            Some(tensor(value, port.dtype, &place).map(|tensor| NamedTensor {
                name: name.clone(),
                tensor: whole(tensor, port),
            }))
        })
        .collect()
}

/// Lists cannot say what lies inside an empty one, as in a cache before the first step: the signature can.
fn whole(tensor: Tensor, port: &Port) -> Tensor {
    let rank = tensor.shape().len();
    let inner = port.shape.as_ref().and_then(|dims| dims.get(rank..));
    let fixed = |dim: &Dim| match dim {
        Dim::Fixed(size) => Some(*size),
        Dim::Symbol(_) | Dim::Any => None,
    };
    let inner: Option<Vec<usize>> = inner.and_then(|dims| dims.iter().map(fixed).collect());
    match (tensor.shape().last(), inner) {
        (Some(0), Some(inner)) => {
            let (outer, data) = tensor.into_parts();
            Tensor::new([outer, inner].concat(), data).expect("nothing times anything is nothing")
        }
        _ => tensor,
    }
}

/// The tensor that nested lists are, or what is wrong with them.
pub fn of_lists(value: &Value, dtype: Dtype) -> Result<Tensor, String> {
    tensor(value, dtype, "").map_err(|refusal| refusal.message)
}

fn tensor(value: &Value, dtype: Dtype, place: &str) -> Result<Tensor, Refusal> {
    let refuse = |message: String| Refusal {
        message,
        field: place.to_owned(),
    };
    let mut shape = Vec::new();
    let mut level = value;
    while let Value::Array(items) = level {
        if shape.len() == MAX_RANK {
            return Err(refuse(format!("lists are nested deeper than {MAX_RANK}")));
        }
        shape.push(items.len());
        match items.first() {
            Some(first) => level = first,
            None => break,
        }
    }
    let mut leaves = Vec::new();
    flatten(value, &shape, place, &mut leaves)?;
    fn all<T>(
        leaves: &[(&Value, usize)],
        expected: &str,
        place: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Vec<T>, Refusal> {
        leaves
            .iter()
            .map(|(leaf, index)| {
                read(leaf).ok_or_else(|| Refusal {
                    message: format!("the value at index {index} (row-major) must be {expected}"),
                    field: place.to_owned(),
                })
            })
            .collect()
    }
    let float = |leaf: &Value| leaf.as_f64();
    let data = match dtype {
        Dtype::F32 => Data::F32(all(&leaves, "a number", place, |leaf| {
            leaf.as_f64().map(|x| x as f32)
        })?),
        Dtype::F64 => Data::F64(all(&leaves, "a number", place, float)?),
        Dtype::F16 => Data::F16(all(&leaves, "a number", place, |leaf| {
            leaf.as_f64().map(|x| f16::from_f64(x).to_bits())
        })?),
        Dtype::Bf16 => Data::Bf16(all(&leaves, "a number", place, |leaf| {
            leaf.as_f64().map(|x| bf16::from_f64(x).to_bits())
        })?),
        Dtype::I8 => Data::I8(all(&leaves, "an integer of 8 bits", place, integer)?),
        Dtype::I16 => Data::I16(all(&leaves, "an integer of 16 bits", place, integer)?),
        Dtype::I32 => Data::I32(all(&leaves, "an integer of 32 bits", place, integer)?),
        Dtype::I64 => Data::I64(all(&leaves, "an integer", place, integer)?),
        Dtype::U8 => Data::U8(all(&leaves, "an integer from 0 to 255", place, natural)?),
        Dtype::U16 => Data::U16(all(&leaves, "an integer from 0 to 65535", place, natural)?),
        Dtype::U32 => Data::U32(all(
            &leaves,
            "an integer of 32 bits, not negative",
            place,
            natural,
        )?),
        Dtype::U64 => Data::U64(all(&leaves, "an integer, not negative", place, natural)?),
        Dtype::Bool => Data::Bool(all(&leaves, "true or false", place, Value::as_bool)?),
        Dtype::Text => Data::Text(all(&leaves, "a string", place, |leaf| {
            leaf.as_str().map(str::to_owned)
        })?),
    };
    Tensor::new(shape, data).map_err(|error| refuse(error.to_string()))
}

fn integer<T: TryFrom<i64>>(leaf: &Value) -> Option<T> {
    T::try_from(leaf.as_i64()?).ok()
}

fn natural<T: TryFrom<u64>>(leaf: &Value) -> Option<T> {
    T::try_from(leaf.as_u64()?).ok()
}

fn flatten<'a>(
    value: &'a Value,
    shape: &[usize],
    place: &str,
    leaves: &mut Vec<(&'a Value, usize)>,
) -> Result<(), Refusal> {
    let refuse = |message: String| {
        Err(Refusal {
            message,
            field: place.to_owned(),
        })
    };
    match (value, shape) {
        (Value::Array(items), [length, rest @ ..]) => {
            if items.len() != *length {
                return refuse(format!(
                    "lists of one axis differ in length: {length} and {}",
                    items.len()
                ));
            }
            items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| match rest {
                    [] if !item.is_array() => {
                        leaves.push((item, leaves.len()));
                        Ok(())
                    }
                    _ => flatten(item, rest, &format!("{place}/{index}"), leaves),
                })
        }
        (Value::Array(_), []) => refuse("lists are nested unevenly".to_owned()),
        (_, []) => {
            leaves.push((value, leaves.len()));
            Ok(())
        }
        (_, [..]) => refuse("lists are nested unevenly".to_owned()),
    }
}

/// Writes outputs as an object of nested lists, in the model's order.
pub(super) fn write(outputs: &[NamedTensor]) -> Box<RawValue> {
    let object = Outputs(outputs);
    serde_json::value::to_raw_value(&object).expect("tensors have string keys and plain values")
}

struct Outputs<'a>(&'a [NamedTensor]);

impl Serialize for Outputs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(
            self.0
                .iter()
                .map(|output| (&output.name, Whole(&output.tensor))),
        )
    }
}

struct Whole<'a>(&'a Tensor);

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fn nest<S: Serializer, T: Serialize>(
            shape: &[usize],
            data: &[T],
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            Nested { shape, data }.serialize(serializer)
        }
        let shape = self.0.shape();
        let widened = |bits: &[u16], widen: fn(u16) -> f32| -> Vec<f32> {
            bits.iter().map(|bits| widen(*bits)).collect()
        };
        match self.0.data() {
            Data::F16(v) => nest(
                shape,
                &widened(v, |bits| f16::from_bits(bits).to_f32()),
                serializer,
            ),
            Data::Bf16(v) => nest(
                shape,
                &widened(v, |bits| bf16::from_bits(bits).to_f32()),
                serializer,
            ),
            Data::F32(v) => nest(shape, v, serializer),
            Data::F64(v) => nest(shape, v, serializer),
            Data::I8(v) => nest(shape, v, serializer),
            Data::I16(v) => nest(shape, v, serializer),
            Data::I32(v) => nest(shape, v, serializer),
            Data::I64(v) => nest(shape, v, serializer),
            Data::U8(v) => nest(shape, v, serializer),
            Data::U16(v) => nest(shape, v, serializer),
            Data::U32(v) => nest(shape, v, serializer),
            Data::U64(v) => nest(shape, v, serializer),
            Data::Bool(v) => nest(shape, v, serializer),
            Data::Text(v) => nest(shape, v, serializer),
        }
    }
}

/// A part of a tensor: `data` has as many elements as `shape` says.
struct Nested<'a, T> {
    shape: &'a [usize],
    data: &'a [T],
}

impl<T: Serialize> Serialize for Nested<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.shape {
            [] => self.data.first().serialize(serializer),
            [length, rest @ ..] => {
                let stride: usize = rest.iter().product();
                serializer.collect_seq((0..*length).map(|index| Nested {
                    shape: rest,
                    data: &self.data[index * stride..(index + 1) * stride],
                }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read_f32(value: Value) -> Result<Tensor, String> {
        tensor(&value, Dtype::F32, "/x").map_err(|refusal| {
            assert!(refusal.field.starts_with("/x"));
            refusal.message
        })
    }

    #[test]
    fn nested_lists_become_a_tensor_and_come_back() {
        let nested = json!([[[1.5, 2.0]], [[3.0, -4.25]]]);
        let tensor = read_f32(nested.clone()).expect("reads");
        assert_eq!(tensor.shape(), [2, 1, 2]);
        let back = write(&[NamedTensor {
            name: "x".to_owned(),
            tensor,
        }]);
        assert_eq!(back.get(), json!({"x": nested}).to_string());
    }

    #[test]
    fn an_f32_keeps_its_shortest_decimal() {
        let tensor = Tensor::new(vec![1], Data::F32(vec![0.1])).expect("one value");
        let back = write(&[NamedTensor {
            name: "x".to_owned(),
            tensor,
        }]);
        assert_eq!(back.get(), r#"{"x":[0.1]}"#);
    }

    #[test]
    fn ragged_lists_and_wrong_values_are_refused() {
        for bad in [
            json!([[1, 2], [3]]),
            json!([[1, 2], 3]),
            json!([1, [2]]),
            json!([1, "2"]),
            json!([null]),
            json!({"a": 1}),
        ] {
            assert!(read_f32(bad.clone()).is_err(), "{bad}");
        }
        assert!(tensor(&json!([256]), Dtype::U8, "/x").is_err());
        assert!(tensor(&json!([1.5]), Dtype::I64, "/x").is_err());
    }

    #[test]
    fn scalars_and_empty_axes_are_tensors() {
        assert_eq!(read_f32(json!(3)).expect("reads").shape(), [0usize; 0]);
        assert_eq!(read_f32(json!([])).expect("reads").shape(), [0]);
        assert_eq!(read_f32(json!([[], []])).expect("reads").shape(), [2, 0]);
    }
}
