//! From logits to the answer, in the form that the pictures came in.
//! Reads no JSON; what was asked for is checked already.

use crate::config::Config;
use modelhost_plugin::classes::no_number;
use modelhost_plugin::classification::{Classification, Scored};
use modelhost_plugin::{Error, Result, Tensors};
use serde::Serialize;

/// The response's `outputs`.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Answer<'a> {
    /// The labels of one picture.
    One(Vec<Scored<'a>>),
    /// One list of labels a picture.
    Many(Vec<Vec<Scored<'a>>>),
}

/// In which form the pictures came, as the context's one byte says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `1`: one picture.
    One,
    /// `n`: a list of them.
    Many,
}

impl Form {
    /// From the `context` that the preprocess stage wrote.
    pub(crate) fn from_context(context: &[u8]) -> Result<Self> {
        match context {
            b"1" => Ok(Self::One),
            b"n" => Ok(Self::Many),
            _ => Err(Error::internal(
                "the context is not that of pictures, which is `1` for one and `n` for a list; use a preprocess plugin that writes it, such as resize-image",
            )),
        }
    }
}

impl<'a> Answer<'a> {
    /// The answer for every row of the batch.
    pub(crate) fn new(
        config: &'a Config,
        asked: Classification,
        form: Form,
        outputs: &Tensors,
    ) -> Result<Self> {
        // Nobody else says how many pictures of a list there were.
        let tensor = outputs.tensor(&config.classes.tensor)?;
        let rows = match form {
            Form::One => 1,
            Form::Many => tensor.shape.first().map_or(0, |rows| *rows as usize),
        };
        let logits = config.classes.logits(outputs, rows)?;
        let function = asked
            .function
            .unwrap_or_else(|| config.classes.usual_function(logits.shape[1] as usize));
        let labels = |row: usize| {
            let logits = logits.row(row).expect("the rows were counted");
            let scores = function.apply(logits).ok_or_else(|| no_number(row))?;
            Ok(asked.labels(&config.classes.labels, &scores))
        };
        Ok(match form {
            Form::One => Self::One(labels(0)?),
            Form::Many => Self::Many((0..rows).map(labels).collect::<Result<_>>()?),
        })
    }
}
