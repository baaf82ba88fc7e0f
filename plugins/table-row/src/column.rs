//! One column: what its values may be, and what they become.
//! Knows no request; `encode` does what is said here.

use crate::config::{ColumnFields, Encoding, Scalar};
use crate::table::Dtype;
use modelhost_plugin::Invalid;
use std::collections::BTreeSet;

/// Values lie within plus and minus this, so that no product leaves a 64-bit float.
pub(crate) const MAX_VALUE: f64 = 1e15;
/// More categories than anyone lists by hand.
const MAX_CATEGORIES: usize = 10_000;

/// A column, as meant.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) unit: Option<String>,
    pub(crate) values: Values,
}

/// What a column holds.
#[derive(Debug, Clone)]
pub(crate) enum Values {
    Numbers(Numbers),
    Categories(Categories),
    /// Any text, which the model reads itself.
    Texts {
        missing: Option<String>,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Numbers {
    pub(crate) measure: Measure,
    pub(crate) minimum: f64,
    pub(crate) maximum: f64,
    /// Subtracted, then divided by.
    pub(crate) scale: Option<(f64, f64)>,
    /// What stands for a value that is not there, before it is scaled.
    pub(crate) missing: Option<f64>,
}

/// Which numbers the tensor can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    Any,
    Whole,
    /// 0 and 1.
    Truth,
}

#[derive(Debug, Clone)]
pub(crate) struct Categories {
    /// As callers write them.
    pub(crate) names: Vec<String>,
    /// As the manifest writes them, for the form.
    pub(crate) written: Vec<Scalar>,
    pub(crate) become_what: Become,
    /// The place of the category that stands for a value that is not there.
    pub(crate) missing: Option<usize>,
}

/// What a category becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Become {
    Index,
    OneHot,
    Text,
}

impl Column {
    /// Of a column that goes into a tensor of this dtype; `at` is its JSON pointer in the configuration.
    pub(crate) fn check(fields: &ColumnFields, at: &str, dtype: Dtype) -> Result<Self, Invalid> {
        let text = dtype == Dtype::Text;
        let measure = match dtype {
            Dtype::F32 | Dtype::F64 | Dtype::Text => Measure::Any,
            Dtype::Boolean => Measure::Truth,
            Dtype::S8 | Dtype::S32 | Dtype::S64 | Dtype::U8 => Measure::Whole,
        };
        let wrong = |key: &str, message: &str| Err(Invalid::at(format!("{at}{key}"), message));
        if fields.name.is_empty() {
            return wrong("/name", "is empty; a column needs a name");
        }
        let numeric = [fields.minimum, fields.maximum, fields.mean, fields.std];
        let is_numeric = numeric.iter().any(Option::is_some);
        if numeric
            .iter()
            .flatten()
            .any(|number| number.is_nan() || number.abs() > MAX_VALUE)
        {
            return wrong("", "has a number that is not between -1e15 and 1e15");
        }
        let values = match (&fields.categories, text) {
            (Some(_), _) if is_numeric => {
                return wrong(
                    "/categories",
                    "are no numbers; leave `minimum`, `maximum`, `mean` and `std` out",
                );
            }
            (Some(list), text) => Values::Categories(Categories::check(list, fields, at, text)?),
            (None, _) if fields.encoding.is_some() => {
                return wrong("/encoding", "is for `categories`, which are missing");
            }
            (None, true) if is_numeric => {
                return wrong(
                    "",
                    "goes into a tensor of text, which has no `minimum`, `maximum`, `mean` or `std`",
                );
            }
            (None, true) => Values::Texts {
                missing: fields.missing.as_ref().map(Scalar::text),
            },
            (None, false) => Values::Numbers(Numbers::check(fields, at, measure)?),
        };
        Ok(Self {
            name: fields.name.clone(),
            title: fields.title.clone(),
            description: fields.description.clone(),
            unit: fields.unit.clone(),
            values,
        })
    }

    /// How many elements of a tensor's row it fills.
    pub(crate) fn width(&self) -> usize {
        match &self.values {
            Values::Categories(categories) if categories.become_what == Become::OneHot => {
                categories.names.len()
            }
            _ => 1,
        }
    }

    /// Whether a row may do without it.
    pub(crate) fn is_optional(&self) -> bool {
        match &self.values {
            Values::Numbers(numbers) => numbers.missing.is_some(),
            Values::Categories(categories) => categories.missing.is_some(),
            Values::Texts { missing } => missing.is_some(),
        }
    }
}

impl Numbers {
    fn check(fields: &ColumnFields, at: &str, measure: Measure) -> Result<Self, Invalid> {
        let wrong = |key: &str, message: String| Err(Invalid::at(format!("{at}{key}"), message));
        let minimum = fields.minimum.unwrap_or(-MAX_VALUE);
        let maximum = fields.maximum.unwrap_or(MAX_VALUE);
        if minimum > maximum {
            return wrong(
                "/minimum",
                format!("is {minimum}, which is more than the maximum {maximum}"),
            );
        }
        let std = fields.std.unwrap_or(1.0);
        if std.abs() < 1e-15 {
            return wrong("/std", "must not be 0: values are divided by it".into());
        }
        let scaled = fields.mean.is_some() || fields.std.is_some();
        if scaled && measure != Measure::Any {
            let message = "is for a tensor of floats, and this one has whole numbers";
            let key = if fields.mean.is_some() {
                "/mean"
            } else {
                "/std"
            };
            return wrong(key, message.into());
        }
        let missing = match &fields.missing {
            None => None,
            Some(Scalar::Number(number)) if number.abs() <= MAX_VALUE => Some(*number),
            Some(_) => return wrong("/missing", "must be a number between -1e15 and 1e15".into()),
        };
        Ok(Self {
            measure,
            minimum,
            maximum,
            scale: scaled.then_some((fields.mean.unwrap_or(0.0), std)),
            missing,
        })
    }
}

impl Categories {
    fn check(
        list: &[Scalar],
        fields: &ColumnFields,
        at: &str,
        text: bool,
    ) -> Result<Self, Invalid> {
        let field = format!("{at}/categories");
        if list.is_empty() || list.len() > MAX_CATEGORIES {
            let message = format!(
                "has {} categories; it needs 1 to {MAX_CATEGORIES}",
                list.len()
            );
            return Err(Invalid::at(field, message));
        }
        let names: Vec<String> = list.iter().map(Scalar::text).collect();
        let mut known = BTreeSet::new();
        if let Some(twice) = names.iter().position(|name| !known.insert(name)) {
            return Err(Invalid::at(format!("{field}/{twice}"), "is there twice"));
        }
        let become_what = match (fields.encoding, text) {
            (None, true) => Become::Text,
            (Some(_), true) => {
                let message =
                    "is not needed: the tensor is text, so the model reads categories as they are";
                return Err(Invalid::at(format!("{at}/encoding"), message));
            }
            (Some(Encoding::OneHot), false) => Become::OneHot,
            (_, false) => Become::Index,
        };
        let missing = fields.missing.as_ref().map(|missing| {
            let place = names.iter().position(|name| *name == missing.text());
            place.ok_or_else(|| {
                Invalid::at(format!("{at}/missing"), "must be one of the categories")
            })
        });
        Ok(Self {
            missing: missing.transpose()?,
            names,
            written: list.to_vec(),
            become_what,
        })
    }
}
