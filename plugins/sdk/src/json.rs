//! JSON in, with errors that say which field is wrong and what would be right.
//! Knows no request in particular.

use crate::error::{Error, Invalid, Result};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor, value};
use serde_path_to_error::Segment;
use std::fmt;
use std::marker::PhantomData;

/// Parses the body of a request; an error's field is the JSON pointer of what is wrong.
pub fn body<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T> {
    parse(bytes, "the body")
}

/// Parses the `parameters` that a postprocess stage gets; an error's field begins with `/parameters`.
pub fn parameters<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T> {
    parse(text.as_bytes(), "`parameters`").map_err(|error| match error {
        Error::Invalid(Invalid { message, field }) => {
            Invalid::at(format!("/parameters{}", field.unwrap_or_default()), message).into()
        }
        internal => internal,
    })
}

/// Parses a plugin's configuration; `null`, which is no configuration, counts as `{}`.
pub fn config<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T> {
    let text = if text.trim() == "null" { "{}" } else { text };
    parse(text.as_bytes(), "the configuration")
}

fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8], what: &str) -> Result<T> {
    // The path is only looked for when there is an error to explain: tracking it costs time.
    serde_json::from_slice(bytes).map_err(|first| match explain::<T>(bytes, what) {
        Some(invalid) => invalid.into(),
        None => Invalid::new(format!("{what} is not valid: {first}")).into(),
    })
}

fn explain<'a, T: Deserialize<'a>>(bytes: &'a [u8], what: &str) -> Option<Invalid> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let error = serde_path_to_error::deserialize::<_, T>(&mut deserializer).err()?;
    let mut field = String::new();
    for segment in error.path() {
        match segment {
            Segment::Seq { index } => field.push_str(&format!("/{index}")),
            Segment::Map { key } => push_key(&mut field, key),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    let whole = error.inner().to_string();
    let said = whole
        .rsplit_once(" at line ")
        .map_or(whole.as_str(), |(said, _)| said);
    if said == "number out of range" {
        return Some(Invalid::at(field, "is too large to be a number"));
    }
    if !error.inner().is_data() {
        return Some(Invalid::new(format!(
            "{what} is not JSON: {}",
            shorten(&whole)
        )));
    }
    if let Some(missing) = quoted(said, "missing field `") {
        push_key(&mut field, missing);
        return Some(Invalid::at(field, "is missing"));
    }
    if let Some(twice) = quoted(said, "duplicate field `") {
        push_key(&mut field, twice);
        return Some(Invalid::at(field, "is there twice"));
    }
    if let Some(unknown) = quoted(said, "unknown field `") {
        // The path ends at the object or at the key, which depends on the shape of `T`.
        let mut last = String::new();
        push_key(&mut last, unknown);
        if !field.ends_with(&last) {
            field.push_str(&last);
        }
        let known = said
            .rfind("`, expected ")
            .map_or("there are no fields", |at| &said[at + 3..]);
        return Some(Invalid::at(
            field,
            format!("is not a known field, {}", shorten(known)),
        ));
    }
    Some(Invalid {
        message: shorten(&reword(said)),
        field: Some(field),
    })
}

/// `invalid type: string "x", expected usize` as `must be a whole number, not string "x"`.
fn reword(said: &str) -> String {
    let starts = [
        "invalid type: ",
        "invalid value: ",
        "invalid length ",
        "unknown variant ",
    ];
    starts
        .iter()
        .find_map(|start| said.strip_prefix(start))
        .and_then(|rest| rest.rsplit_once(", expected "))
        .map_or_else(
            || said.to_owned(),
            |(found, wanted)| format!("must be {}, not {}", in_json_words(wanted), shorten(found)),
        )
}

/// A Rust type's name, as serde says it, in the words of whoever writes JSON or YAML.
fn in_json_words(wanted: &str) -> &str {
    match wanted {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "a map" => "an object",
        _ if wanted.starts_with("struct ") => "an object",
        _ => wanted,
    }
}

fn quoted<'a>(said: &'a str, start: &str) -> Option<&'a str> {
    said.strip_prefix(start)?.split('`').next()
}

fn push_key(pointer: &mut String, key: &str) {
    pointer.push('/');
    pointer.push_str(&escape(key));
}

/// A key as it stands in a JSON pointer (RFC 6901).
pub fn escape(key: &str) -> String {
    shorten(key).replace('~', "~0").replace('/', "~1")
}

/// At most 200 characters of `text`: a message must not carry a caller's ten megabytes back.
pub fn shorten(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A JSON value that may be one `T` or a list of them, as Hugging Face's `inputs` are.
#[derive(Debug, Clone, PartialEq)]
pub enum OneOrMany<T> {
    /// `{…}`
    One(T),
    /// `[{…}, …]`
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// The items, each with its JSON pointer below `parent`: `/inputs`, or `/inputs/0`, `/inputs/1`, …
    pub fn located<'a>(
        &'a self,
        parent: &'a str,
    ) -> impl ExactSizeIterator<Item = (String, &'a T)> {
        let (items, many) = match self {
            Self::One(item) => (std::slice::from_ref(item), false),
            Self::Many(items) => (items.as_slice(), true),
        };
        items.iter().enumerate().map(move |(i, item)| match many {
            true => (format!("{parent}/{i}"), item),
            false => (parent.to_owned(), item),
        })
    }
}

// By hand, because an untagged enum forgets where in the value the error was.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = OneOrMany<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object or a list of objects")
            }
            fn visit_map<A: MapAccess<'de>>(
                self,
                map: A,
            ) -> std::result::Result<Self::Value, A::Error> {
                T::deserialize(value::MapAccessDeserializer::new(map)).map(OneOrMany::One)
            }
            fn visit_seq<A: SeqAccess<'de>>(
                self,
                seq: A,
            ) -> std::result::Result<Self::Value, A::Error> {
                Vec::deserialize(value::SeqAccessDeserializer::new(seq)).map(OneOrMany::Many)
            }
        }
        deserializer.deserialize_any(Either(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[allow(dead_code, reason = "only its errors are looked at")]
        inputs: OneOrMany<Item>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Item {
        #[allow(dead_code, reason = "only its errors are looked at")]
        series: Vec<Option<f64>>,
    }

    fn refusal(text: &str) -> String {
        body::<Body>(text.as_bytes())
            .expect_err("must be refused")
            .to_string()
    }

    #[test]
    fn an_error_names_the_field_by_its_pointer() {
        assert_eq!(
            refusal(r#"{"inputs": {"series": [1, "x"]}}"#),
            r#"/inputs/series/1: must be a number, not string "x""#
        );
        assert_eq!(
            refusal(r#"{"inputs": [{"series": []}, {"series": 7}]}"#),
            "/inputs/1/series: must be a list, not integer `7`"
        );
        assert_eq!(
            refusal(r#"{"inputs": "x"}"#),
            r#"/inputs: must be an object or a list of objects, not string "x""#
        );
    }

    #[test]
    fn a_missing_an_unknown_and_a_repeated_field_are_named() {
        assert_eq!(refusal(r#"{"inputs": {}}"#), "/inputs/series: is missing");
        assert_eq!(refusal("{}"), "/inputs: is missing");
        assert_eq!(
            refusal(r#"{"inputs": {"serie": []}}"#),
            "/inputs/serie: is not a known field, expected `series`"
        );
        assert_eq!(
            refusal(r#"{"input": 1}"#),
            "/input: is not a known field, expected `inputs`"
        );
        assert_eq!(
            refusal(r#"{"inputs": {"series": [], "series": []}}"#),
            "/inputs/series: is there twice"
        );
    }

    #[test]
    fn what_is_no_json_is_said_without_a_field() {
        assert!(refusal("{").starts_with("the body is not JSON: EOF while parsing an object"));
        assert!(refusal(r#"{"inputs": {"series": [NaN]}}"#).starts_with("the body is not JSON"));
        assert!(refusal("\u{feff}{}").starts_with("the body is not JSON"));
    }

    #[test]
    fn a_number_beyond_every_float_is_refused_where_it_stands() {
        assert_eq!(
            refusal(r#"{"inputs": {"series": [1, 1e400]}}"#),
            "/inputs/series/1: is too large to be a number"
        );
    }

    #[test]
    fn a_long_wrong_value_or_key_does_not_come_back_whole() {
        let long = "é".repeat(100_000);
        assert!(refusal(&format!(r#"{{"inputs": {{"series": "{long}"}}}}"#)).len() < 1000);
        assert!(refusal(&format!(r#"{{"inputs": {{"{long}": 1}}}}"#)).len() < 2000);
    }

    #[test]
    fn deep_nesting_is_refused() {
        let deep = format!("{{\"inputs\": {}", "[".repeat(100_000));
        assert!(!refusal(&deep).is_empty());
    }

    #[test]
    fn no_configuration_is_an_empty_one() {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Nothing {}
        assert!(config::<Nothing>("null").is_ok());
        let error = config::<Nothing>(r#"{"a": 1}"#).err().expect("unknown key");
        assert_eq!(
            error.to_string(),
            "/a: is not a known field, there are no fields"
        );
    }

    #[test]
    fn parameters_are_named_from_the_root_of_the_request() {
        #[derive(Debug, Deserialize)]
        struct Parameters {
            #[allow(dead_code, reason = "only its errors are looked at")]
            horizon: u32,
        }
        let error = parameters::<Parameters>(r#"{"horizon": -1}"#).expect_err("negative");
        assert_eq!(
            error.to_string(),
            "/parameters/horizon: must be a whole number, 0 or more, not integer `-1`"
        );
    }
}
