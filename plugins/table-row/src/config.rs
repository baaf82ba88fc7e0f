//! The configuration as written in the manifest, for either stage.
//! Knows neither files nor the model: `table` and `output` join them.

use modelhost_plugin::{Error, Invalid, Result, log};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use std::fmt;

/// As the manifest says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    columns: Option<Vec<WrittenColumn>>,
    tensor: Option<String>,
    max_items: Option<usize>,
    output: Option<String>,
    answer: Option<Kind>,
    labels: Option<Vec<String>>,
    scale: Option<f64>,
    offset: Option<f64>,
    round: Option<u32>,
}

/// What the preprocess stage reads of it.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    pub(crate) columns: Option<&'a [WrittenColumn]>,
    pub(crate) tensor: Option<&'a str>,
    pub(crate) max_items: Option<usize>,
}

/// What the postprocess stage reads of it.
#[derive(Debug)]
pub(crate) struct Answers<'a> {
    pub(crate) output: Option<&'a str>,
    pub(crate) answer: Option<Kind>,
    pub(crate) labels: Option<&'a [String]>,
    pub(crate) scale: Option<f64>,
    pub(crate) offset: Option<f64>,
    pub(crate) round: Option<u32>,
}

/// One column: its name, or an object with it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ColumnFields {
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) unit: Option<String>,
    pub(crate) minimum: Option<f64>,
    pub(crate) maximum: Option<f64>,
    pub(crate) mean: Option<f64>,
    pub(crate) std: Option<f64>,
    pub(crate) missing: Option<Scalar>,
    pub(crate) categories: Option<Vec<Scalar>>,
    pub(crate) encoding: Option<Encoding>,
}

/// A column as it is written.
#[derive(Debug, Clone)]
pub(crate) struct WrittenColumn(pub(crate) ColumnFields);

/// What a category becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Encoding {
    /// Its place in the list.
    Index,
    /// One element a category, 1 for its own.
    OneHot,
}

/// What a row's prediction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Numbers,
    Labels,
    Scores,
}

/// A text or a number.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scalar {
    Text(String),
    Number(f64),
}

/// A stage that is ready, or why it would not be if it were used.
#[derive(Debug)]
pub(crate) enum Stage<T> {
    Ready(T),
    /// The manifest says nothing about this stage, so it may well not be used.
    Unready(String),
}

impl Written {
    pub(crate) fn rows(&self) -> Rows<'_> {
        Rows {
            columns: self.columns.as_deref(),
            tensor: self.tensor.as_deref(),
            max_items: self.max_items,
        }
    }

    pub(crate) fn answers(&self) -> Answers<'_> {
        Answers {
            output: self.output.as_deref(),
            answer: self.answer,
            labels: self.labels.as_deref(),
            scale: self.scale,
            offset: self.offset,
            round: self.round,
        }
    }

    /// Whether any key is the preprocess stage's.
    pub(crate) fn is_about_rows(&self) -> bool {
        self.columns.is_some() || self.tensor.is_some() || self.max_items.is_some()
    }

    /// Whether any key is the postprocess stage's.
    pub(crate) fn is_about_answers(&self) -> bool {
        let names = self.output.is_some() || self.answer.is_some() || self.labels.is_some();
        names || self.scale.is_some() || self.offset.is_some() || self.round.is_some()
    }
}

impl<T> Stage<T> {
    /// A stage that the manifest speaks of must be ready now; another one only when it is called.
    pub(crate) fn of(
        name: &str,
        checked: std::result::Result<T, Invalid>,
        spoken_of: bool,
    ) -> Result<Self> {
        match checked {
            Ok(ready) => Ok(Self::Ready(ready)),
            Err(invalid) if spoken_of => Err(invalid.into()),
            Err(invalid) => {
                log::info(&format!("not configured for the {name} stage: {invalid}"));
                Ok(Self::Unready(invalid.to_string()))
            }
        }
    }

    pub(crate) fn ready(&self) -> Option<&T> {
        match self {
            Self::Ready(ready) => Some(ready),
            Self::Unready(_) => None,
        }
    }

    pub(crate) fn get(&self) -> Result<&T> {
        match self {
            Self::Ready(ready) => Ok(ready),
            Self::Unready(why) => Err(Error::internal(format!(
                "table-row is not configured for this stage: {why}"
            ))),
        }
    }
}

impl Scalar {
    /// As a caller would write it.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }
}

// By hand, because an untagged enum forgets which field was wrong.
impl<'de> Deserialize<'de> for WrittenColumn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = WrittenColumn;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a column's name, or an object with its `name`")
            }
            fn visit_str<E: de::Error>(self, name: &str) -> std::result::Result<Self::Value, E> {
                Ok(WrittenColumn(ColumnFields {
                    name: name.to_owned(),
                    ..ColumnFields::default()
                }))
            }
            fn visit_map<A: MapAccess<'de>>(
                self,
                map: A,
            ) -> std::result::Result<Self::Value, A::Error> {
                ColumnFields::deserialize(MapAccessDeserializer::new(map)).map(WrittenColumn)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Form;
        impl Visitor<'_> for Form {
            type Value = Scalar;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a number")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<Scalar, E> {
                Ok(Scalar::Text(text.to_owned()))
            }
            fn visit_bool<E: de::Error>(self, truth: bool) -> std::result::Result<Scalar, E> {
                Ok(Scalar::Text(truth.to_string()))
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> std::result::Result<Scalar, E> {
                Ok(Scalar::Number(number))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> std::result::Result<Scalar, E> {
                self.visit_f64(number as f64)
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> std::result::Result<Scalar, E> {
                self.visit_f64(number as f64)
            }
        }
        deserializer.deserialize_any(Form)
    }
}
