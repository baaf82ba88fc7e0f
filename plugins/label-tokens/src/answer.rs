//! From logits to the answer, in the form that the texts came in.
//! Reads no JSON; what was asked for is checked already.

use crate::characters::Characters;
use crate::config::{Asked, Config};
use crate::pieces::{pieces, scores};
use crate::strategy::{Span, Strategy, group_name, joined, spans};
use modelhost_plugin::classes::no_number;
use modelhost_plugin::text::{Form, Row, Texts};
use modelhost_plugin::{Error, Invalid, Result, Tensors};
use serde::Serialize;
use std::borrow::Cow;

/// The response's `outputs`.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Answer<'a> {
    /// The entities of one text.
    One(Vec<Entity<'a>>),
    /// One list of entities a text.
    Many(Vec<Vec<Entity<'a>>>),
}

/// A stretch of text and what it is.
#[derive(Debug, Serialize)]
pub(crate) struct Entity<'a> {
    #[serde(flatten)]
    name: Name<'a>,
    score: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
    word: &'a str,
    start: usize,
    end: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Name<'a> {
    /// The label as it is, where tokens are not joined.
    Entity(Cow<'a, str>),
    /// The label without its prefix.
    EntityGroup(String),
}

impl<'a> Answer<'a> {
    /// The answer for every row of the batch.
    pub(crate) fn new(
        config: &'a Config,
        asked: &Asked,
        texts: &'a Texts,
        outputs: &Tensors,
    ) -> Result<Self> {
        let rows = texts.rows.len();
        if matches!(texts.form, Form::Similarity | Form::Ranking) {
            return Err(Error::internal(
                "the request compares texts, and this plugin finds entities in them; use another task's plugin",
            ));
        }
        if texts.form == Form::Single && rows != 1 {
            return Err(Error::internal(format!(
                "the context is that of a single text, and it has {rows} rows; mend the preprocess plugin"
            )));
        }
        let logits = config.classes.logits(outputs, rows)?;
        let [tokens, classes] = [1, 2].map(|axis| logits.shape[axis] as usize);
        let answers = texts.rows.iter().enumerate().map(|(i, row)| {
            if row.text.is_empty() && row.tokens.iter().any(|token| !token.special) {
                return Err(no_text(texts.form, i).into());
            }
            let needed = row.skip as usize + row.tokens.len();
            if needed > tokens {
                return Err(Error::internal(format!(
                    "tensor `{}` has {tokens} tokens a row, and row {i} has {needed}; every token needs its logits",
                    config.classes.tensor
                )));
            }
            let logits = logits.row(i).expect("the rows were counted");
            let own = &logits[row.skip as usize * classes..];
            let scores = scores(row, own, classes).ok_or_else(|| no_number(i))?;
            entities(config, asked, row, &scores, classes)
                .map_err(|why| Error::internal(format!("row {i} of the context: {why}")))
        });
        let mut answers = answers.collect::<Result<Vec<_>>>()?;
        Ok(match texts.form {
            Form::Single => Self::One(answers.pop().unwrap_or_default()),
            _ => Self::Many(answers),
        })
    }
}

/// The caller has sent tokens where entities are looked for in a text, or the stage before keeps none.
fn no_text(form: Form, row: usize) -> Invalid {
    let at = match form {
        Form::Single => "/inputs".to_owned(),
        _ => format!("/inputs/{row}"),
    };
    let why = "has tokens and no text to find entities in; send a text, not token ids (and keep `offsets: true` of tokenize-text)";
    Invalid::at(at, why)
}

/// The entities of one row, in the text's order.
fn entities<'a>(
    config: &'a Config,
    asked: &Asked,
    row: &'a Row,
    scores: &[f32],
    classes: usize,
) -> std::result::Result<Vec<Entity<'a>>, String> {
    let labels = &config.classes.labels;
    let pieces = pieces(row, scores, classes, config.words);
    let spans = spans(&pieces, asked.strategy);
    let alone = asked.strategy == Strategy::None;
    let spans = match alone {
        true => spans,
        false => joined(&spans, labels),
    };
    let mut characters = Characters::new(&row.text);
    let mut entities = Vec::new();
    for span in spans {
        let label = labels.name(span.class);
        let name = match alone {
            true => Name::Entity(label),
            false => Name::EntityGroup(group_name(&label).to_owned()),
        };
        if name.is_among(&asked.ignore_labels) {
            continue;
        }
        entities.push(entity(name, span, alone, &row.text, &mut characters)?);
    }
    Ok(entities)
}

fn entity<'a>(
    name: Name<'a>,
    span: Span,
    alone: bool,
    text: &'a str,
    characters: &mut Characters<'_>,
) -> std::result::Result<Entity<'a>, String> {
    let Span { start, end, .. } = span;
    let nowhere = || format!("its tokens from byte {start} to {end} are no part of its text");
    let word = text.get(start..end).ok_or_else(nowhere)?;
    Ok(Entity {
        name,
        score: span.score,
        index: alone.then_some(span.index),
        // Some tokenizers count the space before a word to it.
        word: word.trim(),
        start: characters.before(start).ok_or_else(nowhere)?,
        end: characters.before(end).ok_or_else(nowhere)?,
    })
}

impl Name<'_> {
    fn is_among(&self, labels: &[String]) -> bool {
        let name: &str = match self {
            Self::Entity(name) => name,
            Self::EntityGroup(name) => name,
        };
        labels.iter().any(|label| label == name)
    }
}
