//! One value of a request, and how it is read.
//! Knows no column's name and no tensor.

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use std::borrow::Cow;
use std::fmt;

/// As it was sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Bool(bool),
    Number(f64),
    Text(Cow<'a, str>),
}

impl Cell<'_> {
    /// Whether there is no value: null, an empty text, or what tables write for it.
    pub(crate) fn is_missing(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => {
                let text = text.trim();
                text.is_empty() || text.eq_ignore_ascii_case("nan")
            }
            Self::Bool(_) | Self::Number(_) => false,
        }
    }

    /// As a number; a text may be one, as the widgets of Hugging Face send them.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Null => None,
            Self::Bool(truth) => Some(f64::from(u8::from(*truth))),
            Self::Number(number) => Some(*number),
            Self::Text(text) => text
                .trim()
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite()),
        }
    }

    /// As a text, which a category is compared with.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed(""),
            Self::Bool(truth) => Cow::Borrowed(if *truth { "true" } else { "false" }),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Text(text) => Cow::Borrowed(text),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Cell<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Cell<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, a text or null")
            }
            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(Cell::Null)
            }
            fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Self::Value, E> {
                Ok(Cell::Bool(truth))
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
                Ok(Cell::Number(number))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Cell::Number(number as f64))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Cell::Number(number as f64))
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cell::Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cell::Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_any(Form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tables_write_for_nothing_is_missing() {
        for text in ["", "  ", "nan", "NaN", " NAN "] {
            assert!(Cell::Text(text.into()).is_missing(), "{text:?}");
        }
        for cell in [
            Cell::Bool(false),
            Cell::Number(0.0),
            Cell::Text("0".into()),
            Cell::Text("none".into()),
        ] {
            assert!(!cell.is_missing(), "{cell:?}");
        }
    }

    #[test]
    fn a_text_is_a_number_where_it_is_written_as_one() {
        let number = |text: &'static str| Cell::Text(text.into()).number();
        assert_eq!(number(" 11.52 "), Some(11.52));
        assert_eq!(number("-1e3"), Some(-1000.0));
        for text in ["", "1,5", "inf", "-infinity", "1e999", "0x10", "one", "1 2"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_is_compared_with_categories_as_it_is_written() {
        assert_eq!(Cell::Number(3.0).text(), "3");
        assert_eq!(Cell::Number(0.5).text(), "0.5");
        assert_eq!(Cell::Bool(true).text(), "true");
    }
}
