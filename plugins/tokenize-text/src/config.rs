//! The configuration, as written in the manifest and as meant.
//! Knows no request and no model; what the model's files decide is in `settings`.

use modelhost_plugin::Invalid;
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use std::fmt;

/// The most that a length or a number of characters may be.
const MOST: usize = 100_000_000;

/// As the manifest says it, and as it is meant: only `padding` has two ways of writing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) max_length: Option<usize>,
    #[serde(default)]
    pub(crate) padding: Padding,
    #[serde(default)]
    pub(crate) pairs: bool,
    #[serde(default)]
    pub(crate) prefix: String,
    #[serde(default = "default_max_items")]
    pub(crate) max_items: usize,
    pub(crate) max_chars: Option<usize>,
    #[serde(default = "default_true")]
    pub(crate) add_special_tokens: bool,
    #[serde(default = "default_true")]
    pub(crate) offsets: bool,
    #[serde(default)]
    pub(crate) tensors: Names,
}

/// What the model calls its inputs, where it does not call them as others do.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Names {
    pub(crate) ids: Option<String>,
    pub(crate) mask: Option<String>,
    pub(crate) types: Option<String>,
    pub(crate) positions: Option<String>,
}

fn default_max_items() -> usize {
    64
}

fn default_true() -> bool {
    true
}

/// How long the rows of a batch are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Padding {
    /// As long as the longest.
    #[default]
    Longest,
    /// Always so long.
    To(usize),
    /// As long as the longest, and then up to a multiple of this.
    Multiple(usize),
}

impl Config {
    /// Checks everything that one field alone cannot say.
    pub(crate) fn check(self) -> Result<Self, Invalid> {
        within("/max_items", self.max_items, 100_000)?;
        if let Some(max_chars) = self.max_chars {
            within("/max_chars", max_chars, MOST)?;
        }
        if let Some(max_length) = self.max_length {
            within("/max_length", max_length, MOST)?;
        }
        match self.padding {
            Padding::Longest => {}
            Padding::To(length) => within("/padding/to", length, MOST)?,
            Padding::Multiple(of) => within("/padding/multiple", of, MOST)?,
        }
        if let (Some(max_length), Padding::To(length)) = (self.max_length, self.padding)
            && max_length > length
        {
            return Err(Invalid::at(
                "/max_length",
                format!("is {max_length}, more than the {length} of `padding.to`"),
            ));
        }
        Ok(self)
    }
}

fn within(field: &str, value: usize, most: usize) -> Result<(), Invalid> {
    if (1..=most).contains(&value) {
        return Ok(());
    }
    Err(Invalid::at(
        field,
        format!("must be between 1 and {most}, not {value}"),
    ))
}

// By hand, because an untagged enum forgets which field was wrong.
impl<'de> Deserialize<'de> for Padding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Object {
            to: Option<usize>,
            multiple: Option<usize>,
        }
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Padding;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`longest`, { to: LENGTH } or { multiple: NUMBER }")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Padding, E> {
                match text {
                    "longest" => Ok(Padding::Longest),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Padding, A::Error> {
                let object = Object::deserialize(MapAccessDeserializer::new(map))?;
                match (object.to, object.multiple) {
                    (Some(length), None) => Ok(Padding::To(length)),
                    (None, Some(of)) => Ok(Padding::Multiple(of)),
                    _ => Err(de::Error::custom(
                        "must have one of the fields `to` and `multiple`",
                    )),
                }
            }
        }
        deserializer.deserialize_any(Either)
    }
}
