//! A table as the caller sends it, in each of its forms.
//! Knows no columns; `grid` looks for them.

use crate::cell::Cell;
use serde::Deserialize;
use serde::de::{
    self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor, value::SeqAccessDeserializer,
};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// The whole body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body<'a> {
    #[serde(borrow)]
    pub(crate) inputs: Inputs<'a>,
    // The postprocess stage's; the host refuses what neither stage knows.
    #[serde(rename = "parameters")]
    _parameters: Option<IgnoredAny>,
}

/// Names in the order they were sent.
pub(crate) type Named<'a, T> = Vec<(Cow<'a, str>, T)>;

/// The table.
#[derive(Debug)]
pub(crate) enum Inputs<'a> {
    /// `{column: [value, …]}`, `{column: value}`, or either under `data`.
    Columns(Named<'a, Entry<'a>>),
    /// `[{column: value}, …]`
    Rows(Vec<Row<'a>>),
}

/// What stands under a name.
#[derive(Debug)]
pub(crate) enum Entry<'a> {
    One(Cell<'a>),
    Many(Vec<Cell<'a>>),
    /// The widgets of Hugging Face send `{data: {column: [value, …]}}`.
    Table(Named<'a, Entry<'a>>),
}

/// One row.
#[derive(Debug)]
pub(crate) struct Row<'a>(pub(crate) Named<'a, Cell<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Inputs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Inputs<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of columns, or a list of rows")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                named(map).map(Inputs::Columns)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Inputs::Rows)
            }
        }
        deserializer.deserialize_any(Form)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Entry<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Entry<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or a list of values")
            }
            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(Entry::One(Cell::Null))
            }
            fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Self::Value, E> {
                Ok(Entry::One(Cell::Bool(truth)))
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
                Ok(Entry::One(Cell::Number(number)))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Entry::One(Cell::Number(number as f64)))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Entry::One(Cell::Number(number as f64)))
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Entry::One(Cell::Text(Cow::Borrowed(text))))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Entry::One(Cell::Text(Cow::Owned(text.to_owned()))))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Entry::Many)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                named(map).map(Entry::Table)
            }
        }
        deserializer.deserialize_any(Form)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Row<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Row<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a value for each column")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                named(map).map(Row)
            }
        }
        deserializer.deserialize_map(Form)
    }
}

/// A name; not copied where it has no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form<'a>(PhantomData<&'a ()>);
        impl<'de> Visitor<'de> for Form<'de> {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Form(PhantomData))
    }
}

/// The entries of an object in their order; a name that is there twice is found when its column is filled.
fn named<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    mut map: A,
) -> Result<Named<'de, T>, A::Error> {
    let mut entries = Vec::with_capacity(map.size_hint().unwrap_or(0));
    while let Some((Name(name), entry)) = map.next_entry()? {
        entries.push((name, entry));
    }
    Ok(entries)
}
