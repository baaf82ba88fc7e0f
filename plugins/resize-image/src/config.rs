//! The plugin's own configuration, as written in the manifest.
//! Knows neither the repository's files nor the model: `plan` joins them.

use crate::filter::Filter;
use crate::size::Size;
use modelhost_plugin::Invalid;
use serde::Deserialize;
use serde::de::{self, Deserializer, IntoDeserializer, SeqAccess, Unexpected, Visitor};
use std::fmt;

/// As the manifest says it; what is left out is the file's or the signature's to say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    pub(crate) tensor: Option<String>,
    pub(crate) size: Option<OrNone<Size>>,
    pub(crate) resample: Option<Filter>,
    pub(crate) crop: Option<OrNone<Size>>,
    pub(crate) rescale: Option<OrNone<f64>>,
    pub(crate) mean: Option<PerChannel>,
    pub(crate) std: Option<PerChannel>,
    pub(crate) layout: Option<Layout>,
    pub(crate) channels: Option<u32>,
    pub(crate) order: Option<Order>,
    #[serde(default = "default_max_pixels")]
    pub(crate) max_pixels: u32,
    pub(crate) max_items: Option<usize>,
}

/// About what is decoded within the 200 ms that a plugin has by default.
fn default_max_pixels() -> u32 {
    8_000_000
}

/// Where the channels are in the tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Layout {
    Nchw,
    Nhwc,
}

/// Which colour comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Order {
    Rgb,
    Bgr,
}

/// A value, or the word `none`, which takes away what a file says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum OrNone<T> {
    None,
    Some(T),
}

/// One number for all channels, or one for each.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PerChannel(pub(crate) Vec<f64>);

impl Written {
    /// Checks what one field alone can say.
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        if !(1..=1_000_000_000).contains(&self.max_pixels) {
            return Err(Invalid::at(
                "/max_pixels",
                "must be between 1 and 1000000000",
            ));
        }
        if self
            .channels
            .is_some_and(|channels| channels != 1 && channels != 3)
        {
            return Err(Invalid::at("/channels", "must be 3 (colours) or 1 (grey)"));
        }
        if self
            .max_items
            .is_some_and(|items| !(1..=1000).contains(&items))
        {
            return Err(Invalid::at("/max_items", "must be between 1 and 1000"));
        }
        if let Some(OrNone::Some(factor)) = self.rescale
            && (factor == 0.0 || !factor.is_finite())
        {
            return Err(Invalid::at(
                "/rescale",
                "must be a factor such as 0.00392156862745098, or `none`",
            ));
        }
        Ok(())
    }
}

// By hand, because an untagged enum forgets which field was wrong.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for OrNone<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = OrNone<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`none` or a value")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                match text {
                    "none" => Ok(OrNone::None),
                    _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
                }
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                T::deserialize(number.into_deserializer()).map(OrNone::Some)
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
                T::deserialize(number.into_deserializer()).map(OrNone::Some)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                T::deserialize(de::value::SeqAccessDeserializer::new(list)).map(OrNone::Some)
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(de::value::MapAccessDeserializer::new(map)).map(OrNone::Some)
            }
        }
        deserializer.deserialize_any(Either(std::marker::PhantomData))
    }
}

impl<'de> Deserialize<'de> for PerChannel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = PerChannel;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or a list of one for each channel")
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<PerChannel, E> {
                Ok(PerChannel(vec![number]))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<PerChannel, E> {
                self.visit_f64(number as f64)
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<PerChannel, E> {
                self.visit_f64(number as f64)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<PerChannel, A::Error> {
                Vec::deserialize(de::value::SeqAccessDeserializer::new(list)).map(PerChannel)
            }
        }
        deserializer.deserialize_any(Form)
    }
}
