//! The `data` of a tensor in JSON: nested lists or one flat list, both row-major.
//! Must not know shapes.

use crate::tensor::{Data, Dtype};
use bytes::Bytes;
use half::{bf16, f16};
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Elements of `dtype`, which is not text.
pub(super) fn read(dtype: Dtype, json: &RawValue) -> Result<Data, String> {
    Ok(match dtype {
        Dtype::F16 => Data::F16(halves(json, |x| f16::from_f64(x).to_bits())?),
        Dtype::Bf16 => Data::Bf16(halves(json, |x| bf16::from_f64(x).to_bits())?),
        Dtype::F32 => Data::F32(flat(json)?),
        Dtype::F64 => Data::F64(flat(json)?),
        Dtype::I8 => Data::I8(flat(json)?),
        Dtype::I16 => Data::I16(flat(json)?),
        Dtype::I32 => Data::I32(flat(json)?),
        Dtype::I64 => Data::I64(flat(json)?),
        Dtype::U8 => Data::U8(flat(json)?),
        Dtype::U16 => Data::U16(flat(json)?),
        Dtype::U32 => Data::U32(flat(json)?),
        Dtype::U64 => Data::U64(flat(json)?),
        Dtype::Bool => Data::Bool(flat(json)?),
        Dtype::Text => Data::Text(flat(json)?),
    })
}

/// The elements of a BYTES tensor, each the bytes of a string.
pub(super) fn parts(json: &RawValue) -> Result<Vec<Bytes>, String> {
    Ok(flat::<String>(json)?.into_iter().map(Bytes::from).collect())
}

fn halves(json: &RawValue, bits: impl Fn(f64) -> u16) -> Result<Vec<u16>, String> {
    Ok(flat::<f64>(json)?.into_iter().map(bits).collect())
}

fn flat<T: DeserializeOwned>(json: &RawValue) -> Result<Vec<T>, String> {
    let mut found = Vec::new();
    let mut reader = serde_json::Deserializer::from_str(json.get());
    List(&mut found)
        .deserialize(&mut reader)
        .map_err(|error| format!("`data`: {error}"))?;
    Ok(found)
}

/// A list of elements, or of such lists.
struct List<'a, T>(&'a mut Vec<T>);

impl<'de, T: DeserializeOwned> DeserializeSeed<'de> for List<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de, T: DeserializeOwned> Visitor<'de> for List<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of elements, flat or nested")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Item(self.0))?.is_some() {}
        Ok(())
    }
}

/// An element, or a list of them.
struct Item<'a, T>(&'a mut Vec<T>);

impl<'de, T: DeserializeOwned> DeserializeSeed<'de> for Item<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de, T: DeserializeOwned> Item<'_, T> {
    fn take<V, E: Error>(self, value: V) -> Result<(), E>
    where
        V: serde::de::IntoDeserializer<'de, E>,
    {
        self.0.push(T::deserialize(value.into_deserializer())?);
        Ok(())
    }
}

impl<'de, T: DeserializeOwned> Visitor<'de> for Item<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a string, true or false, or a list of them")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.take(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.take(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.take(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.take(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.take(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<(), A::Error> {
        List(self.0).visit_seq(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).expect("JSON")
    }

    #[test]
    fn nested_and_flat_lists_are_the_same() {
        let expected = Ok(Data::F32(vec![1.0, 2.5, -3.0, 4.0]));
        assert_eq!(read(Dtype::F32, &raw("[1, 2.5, -3, 4]")), expected);
        assert_eq!(read(Dtype::F32, &raw("[[1, 2.5], [-3, 4]]")), expected);
        assert_eq!(
            read(Dtype::Bool, &raw("[true, [false]]")),
            Ok(Data::Bool(vec![true, false]))
        );
        assert_eq!(read(Dtype::F16, &raw("[1]")), Ok(Data::F16(vec![0x3c00])));
        assert_eq!(parts(&raw(r#"["a"]"#)), Ok(vec![Bytes::from_static(b"a")]));
    }

    #[test]
    fn an_element_of_another_kind_is_refused() {
        for (dtype, text) in [
            (Dtype::I8, "[128]"),
            (Dtype::U32, "[-1]"),
            (Dtype::I64, "[1.5]"),
            (Dtype::F32, "[\"1\"]"),
            (Dtype::Bool, "[1]"),
            (Dtype::F32, "[null]"),
            (Dtype::F32, "1"),
        ] {
            assert!(read(dtype, &raw(text)).is_err(), "{dtype} {text}");
        }
    }
}
