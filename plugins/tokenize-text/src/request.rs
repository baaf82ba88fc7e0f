//! A request, as the caller writes it, and the rows that it asks for.
//! Borrows its texts from the body; knows no tokens.

use crate::parameters::Parameters;
use crate::settings::Settings;
use modelhost_plugin::Invalid;
use modelhost_plugin::text::Form;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// The whole body.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body<'a> {
    #[serde(borrow)]
    inputs: Written<'a>,
    #[serde(default)]
    pub(crate) parameters: Option<Parameters>,
}

/// Anything that texts come in. What is allowed where is checked later, when it is known what a list means.
#[derive(Debug)]
enum Written<'a> {
    Text(Cow<'a, str>),
    List(Vec<Written<'a>>),
    Object(Object<'a>),
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Object<'a> {
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
    #[serde(borrow, default)]
    text_pair: Option<Text<'a>>,
    #[serde(default)]
    token_ids: Option<Vec<u32>>,
    #[serde(borrow, default)]
    source_sentence: Option<Text<'a>>,
    #[serde(borrow, default)]
    sentences: Option<Vec<Text<'a>>>,
}

/// A text that borrows where it can, wherever it stands.
#[derive(Debug, serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// What the rows of the batch are made of.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    pub(crate) form: Form,
    pub(crate) rows: Vec<Row<'a>>,
}

/// One text, or two, or what somebody has made of a text already.
#[derive(Debug)]
pub(crate) enum Row<'a> {
    Texts(&'a str, Option<&'a str>),
    /// Token ids, never none.
    Ids(&'a [u32]),
}

impl<'a> Body<'a> {
    /// The rows, all checked.
    pub(crate) fn rows(&'a self, settings: &Settings) -> Result<Rows<'a>, Invalid> {
        let rows = self.inputs.rows(settings.config.pairs)?;
        let most = settings.config.max_items;
        // The source of sentences is one row more.
        let (items, field) = match rows.form {
            Form::Similarity => (rows.rows.len() - 1, "/inputs/sentences"),
            Form::Ranking => (rows.rows.len(), "/inputs/sentences"),
            Form::Single | Form::Batch => (rows.rows.len(), "/inputs"),
        };
        if items == 0 {
            return Err(Invalid::at(
                field,
                "is an empty list; send at least one text",
            ));
        }
        if items > most {
            return Err(Invalid::at(
                field,
                format!("has {items} texts; send at most {most} at once"),
            ));
        }
        if settings.inputs.single && rows.rows.len() > 1 {
            return Err(Invalid::at(
                field,
                format!(
                    "makes {} rows; this model takes one at a time, so send one text",
                    rows.rows.len()
                ),
            ));
        }
        Ok(rows)
    }
}

impl<'a> Rows<'a> {
    /// Where in the request the text of a row is.
    pub(crate) fn pointer(&self, row: usize) -> String {
        match self.form {
            Form::Single => "/inputs".to_owned(),
            Form::Batch => format!("/inputs/{row}"),
            Form::Similarity => match row.checked_sub(1) {
                None => "/inputs/source_sentence".to_owned(),
                Some(sentence) => format!("/inputs/sentences/{sentence}"),
            },
            Form::Ranking => format!("/inputs/sentences/{row}"),
        }
    }
}

const LONE_TEXT: &str = "is one text, and this model reads pairs; send {\"text\": …, \"text_pair\": …} or a list of two texts";

impl<'a> Written<'a> {
    fn rows(&'a self, pairs: bool) -> Result<Rows<'a>, Invalid> {
        let single = |row| Rows {
            form: Form::Single,
            rows: vec![row],
        };
        match self {
            Self::Object(object) if object.is_ranking() => object.ranking(pairs),
            Self::List(list) if !(pairs && two_texts(list).is_some()) => {
                let rows = list
                    .iter()
                    .enumerate()
                    .map(|(at, item)| item.row(pairs, || format!("/inputs/{at}")));
                Ok(Rows {
                    form: Form::Batch,
                    rows: rows.collect::<Result<_, _>>()?,
                })
            }
            one => one.row(pairs, || "/inputs".to_owned()).map(single),
        }
    }

    /// One row; `at` is where it is in the request.
    fn row(&'a self, pairs: bool, at: impl Fn() -> String) -> Result<Row<'a>, Invalid> {
        match self {
            Self::Text(_) if pairs => Err(Invalid::at(at(), LONE_TEXT)),
            Self::Text(first) => Ok(Row::Texts(first, None)),
            Self::List(list) => match two_texts(list) {
                Some((first, second)) if pairs => Ok(Row::Texts(first, Some(second))),
                _ if pairs => Err(Invalid::at(at(), "must be a list of two texts")),
                _ => Err(Invalid::at(
                    at(),
                    "must be a text, not a list; send a pair as {\"text\": …, \"text_pair\": …}",
                )),
            },
            Self::Object(object) => object.row(pairs, at),
        }
    }
}

fn two_texts<'a>(list: &'a [Written<'a>]) -> Option<(&'a str, &'a str)> {
    match list {
        [Written::Text(first), Written::Text(second)] => Some((first, second)),
        _ => None,
    }
}

impl<'a> Object<'a> {
    fn is_ranking(&self) -> bool {
        self.source_sentence.is_some() || self.sentences.is_some()
    }

    fn row(&'a self, pairs: bool, at: impl Fn() -> String) -> Result<Row<'a>, Invalid> {
        if let Some(ids) = &self.token_ids {
            return self.ids(ids, pairs, at);
        }
        let Some(Text(first)) = &self.text else {
            return Err(Invalid::at(format!("{}/text", at()), "is missing"));
        };
        let stray = [
            ("source_sentence", self.source_sentence.is_some()),
            ("sentences", self.sentences.is_some()),
        ];
        if let Some((name, _)) = stray.iter().find(|(_, there)| *there) {
            return Err(Invalid::at(
                format!("{}/{name}", at()),
                "does not go with `text`; send one form at a time",
            ));
        }
        match &self.text_pair {
            None if pairs => Err(Invalid::at(
                format!("{}/text_pair", at()),
                "is missing; this model reads pairs",
            )),
            pair => Ok(Row::Texts(
                first,
                pair.as_ref().map(|Text(second)| second.as_ref()),
            )),
        }
    }

    fn ids(
        &'a self,
        ids: &'a [u32],
        pairs: bool,
        at: impl Fn() -> String,
    ) -> Result<Row<'a>, Invalid> {
        let refused = |why: &str| Err(Invalid::at(format!("{}/token_ids", at()), why));
        let is_alone = self.text.is_none() && self.text_pair.is_none() && !self.is_ranking();
        match (is_alone, pairs, ids) {
            (false, ..) => refused("goes with no text; send one form at a time"),
            (_, true, _) => refused("is one text, and this model reads pairs; send the texts"),
            (.., []) => refused("is an empty list; send at least one id"),
            _ => Ok(Row::Ids(ids)),
        }
    }

    fn ranking(&'a self, pairs: bool) -> Result<Rows<'a>, Invalid> {
        let stray = [
            ("text", self.text.is_some()),
            ("text_pair", self.text_pair.is_some()),
            ("token_ids", self.token_ids.is_some()),
        ];
        if let Some((name, _)) = stray.iter().find(|(_, there)| *there) {
            return Err(Invalid::at(
                format!("/inputs/{name}"),
                "does not go with `source_sentence`; send one form at a time",
            ));
        }
        let missing = |name: &str| Invalid::at(format!("/inputs/{name}"), "is missing");
        let Some(Text(source)) = &self.source_sentence else {
            return Err(missing("source_sentence"));
        };
        let Some(sentences) = &self.sentences else {
            return Err(missing("sentences"));
        };
        let texts = sentences.iter().map(|Text(text)| text.as_ref());
        Ok(match pairs {
            true => Rows {
                form: Form::Ranking,
                rows: texts.map(|text| Row::Texts(source, Some(text))).collect(),
            },
            false => Rows {
                form: Form::Similarity,
                rows: std::iter::once(source.as_ref())
                    .chain(texts)
                    .map(|first| Row::Texts(first, None))
                    .collect(),
            },
        })
    }
}

// By hand, because an untagged enum forgets where in the value the error was.
impl<'de: 'a, 'a> Deserialize<'de> for Written<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Written<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, {\"text\": …, \"text_pair\": …}, {\"token_ids\": […]}, {\"source_sentence\": …, \"sentences\": […]}, or a list of texts or pairs")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Written<'de>, E> {
                Ok(Written::Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Written<'de>, E> {
                Ok(Written::Text(Cow::Owned(text.to_owned())))
            }
            fn visit_string<E: de::Error>(self, text: String) -> Result<Written<'de>, E> {
                Ok(Written::Text(Cow::Owned(text)))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Written<'de>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Written::List(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Written<'de>, A::Error> {
                Object::deserialize(de::value::MapAccessDeserializer::new(map)).map(Written::Object)
            }
        }
        deserializer.deserialize_any(Any)
    }
}
