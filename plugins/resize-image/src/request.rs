//! The pictures of a request, as they are sent: a body of bytes, or base64 in JSON.
//! Decodes no picture.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use modelhost_plugin::{Invalid, Request, Result};
use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// One picture or a list of them.
#[derive(Debug)]
pub(crate) enum Pictures<'a> {
    /// The body itself.
    Body(&'a [u8]),
    /// `{"inputs": "…"}`
    One(Base64<'a>),
    /// `{"inputs": ["…", …]}`
    Many(Vec<Base64<'a>>),
}

/// One picture, not decoded yet, and where it is.
#[derive(Debug)]
pub(crate) struct Item<'a> {
    place: Option<usize>,
    source: Source<'a>,
}

#[derive(Debug)]
enum Source<'a> {
    Bytes(&'a [u8]),
    Text(&'a str),
}

/// Text, not copied where it has no escapes.
#[derive(Debug)]
pub(crate) struct Base64<'a>(Cow<'a, str>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<'a> {
    #[serde(borrow)]
    inputs: Inputs<'a>,
    // The postprocess stage's; the host refuses what neither stage knows.
    #[serde(rename = "parameters")]
    _parameters: Option<IgnoredAny>,
}

struct Inputs<'a>(Pictures<'a>);

impl<'a> Pictures<'a> {
    /// Reads the request; a body that is no JSON is a picture, whatever its content type says.
    pub(crate) fn read(request: &'a Request, max_items: usize) -> Result<Self> {
        if request.content_type != "application/json" {
            return Ok(Self::Body(&request.body));
        }
        let body: Body<'a> = request.json()?;
        let pictures = body.inputs.0;
        match pictures.len() {
            0 => Err(Invalid::at("/inputs", "is an empty list; send at least one picture").into()),
            count if count > max_items => Err(Invalid::at(
                "/inputs",
                format!("has {count} pictures; send at most {max_items} at once"),
            )
            .into()),
            _ => Ok(pictures),
        }
    }

    /// Whether the caller sent a list.
    pub(crate) fn are_listed(&self) -> bool {
        matches!(self, Self::Many(_))
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Body(_) | Self::One(_) => 1,
            Self::Many(list) => list.len(),
        }
    }

    pub(crate) fn items(&self) -> Vec<Item<'_>> {
        let item = |place, source| Item { place, source };
        match self {
            Self::Body(bytes) => vec![item(None, Source::Bytes(bytes))],
            Self::One(text) => vec![item(None, Source::Text(&text.0))],
            Self::Many(list) => {
                let list = list.iter().enumerate();
                list.map(|(place, text)| item(Some(place), Source::Text(&text.0)))
                    .collect()
            }
        }
    }
}

impl<'a> Item<'a> {
    /// A JSON pointer to it.
    pub(crate) fn field(&self) -> String {
        match self.place {
            Some(place) => format!("/inputs/{place}"),
            None => "/inputs".to_owned(),
        }
    }

    /// The bytes of its file.
    pub(crate) fn bytes(&self) -> std::result::Result<Cow<'a, [u8]>, String> {
        match self.source {
            Source::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Source::Text(text) => decoded(text).map(Cow::Owned),
        }
    }
}

fn decoded(text: &str) -> std::result::Result<Vec<u8>, String> {
    let text = text.trim_ascii();
    if text.starts_with("http://") || text.starts_with("https://") {
        return Err("is a link; send the picture itself, as base64".to_owned());
    }
    let data = match text.strip_prefix("data:") {
        Some(uri) => match uri.split_once(',') {
            Some((kind, data)) if kind.ends_with(";base64") => data,
            _ => {
                return Err(
                    "is a data URI without `;base64,`; send the picture as base64".to_owned(),
                );
            }
        },
        None => text,
    };
    let spaced = data.bytes().any(|byte| byte.is_ascii_whitespace());
    let data: Cow<'_, str> = match spaced {
        true => data.split_ascii_whitespace().collect::<String>().into(),
        false => data.into(),
    };
    let alphabet = match data.contains(['-', '_']) {
        true => &alphabet::URL_SAFE,
        false => &alphabet::STANDARD,
    };
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(alphabet, config)
        .decode(data.as_bytes())
        .map_err(|error| format!("is not base64: {error}").to_lowercase())
}

// By hand, because an untagged enum forgets where in the value the error was.
impl<'de: 'a, 'a> Deserialize<'de> for Inputs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Inputs<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a picture as base64 text, or a list of them")
            }
            fn visit_borrowed_str<E: de::Error>(
                self,
                text: &'de str,
            ) -> std::result::Result<Self::Value, E> {
                Ok(Inputs(Pictures::One(Base64(Cow::Borrowed(text)))))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<Self::Value, E> {
                Ok(Inputs(Pictures::One(Base64(Cow::Owned(text.to_owned())))))
            }
            fn visit_seq<A: SeqAccess<'de>>(
                self,
                list: A,
            ) -> std::result::Result<Self::Value, A::Error> {
                let list = Vec::deserialize(de::value::SeqAccessDeserializer::new(list))?;
                Ok(Inputs(Pictures::Many(list)))
            }
        }
        deserializer.deserialize_any(OneOrMany)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Base64<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Base64<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a picture as base64 text")
            }
            fn visit_borrowed_str<E: de::Error>(
                self,
                text: &'de str,
            ) -> std::result::Result<Self::Value, E> {
                Ok(Base64(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<Self::Value, E> {
                Ok(Base64(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}
