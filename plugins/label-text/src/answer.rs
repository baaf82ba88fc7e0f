//! From logits to the answer, in the form that the texts came in.
//! Reads no JSON; what was asked for is checked already.

use crate::config::Config;
use modelhost_plugin::classes::no_number;
use modelhost_plugin::classification::{Classification, Scored};
use modelhost_plugin::text::{Form, Texts};
use modelhost_plugin::{Error, Result, Tensors};
use serde::Serialize;

/// The response's `outputs`.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Answer<'a> {
    /// One list of labels a text.
    Labels(Vec<Vec<Scored<'a>>>),
    /// One score a pair.
    Scores(Vec<f32>),
}

impl<'a> Answer<'a> {
    /// The answer for every row of the batch.
    pub(crate) fn new(
        config: &'a Config,
        asked: Classification,
        texts: &Texts,
        outputs: &Tensors,
    ) -> Result<Self> {
        let rows = texts.rows.len();
        let logits = config.classes.logits(outputs, rows)?;
        let classes = logits.shape[1] as usize;
        let function = asked
            .function
            .unwrap_or_else(|| config.classes.usual_function(classes));
        let scores = (0..rows).map(|row| {
            let logits = logits.row(row).expect("the rows were counted");
            function.apply(logits).ok_or_else(|| no_number(row))
        });
        let labels = |scores: Result<Vec<f32>>| Ok(asked.labels(&config.classes.labels, &scores?));
        match texts.form {
            Form::Single if rows != 1 => Err(Error::internal(format!(
                "the context is that of a single text, and it has {rows} rows; mend the preprocess plugin"
            ))),
            Form::Single | Form::Batch => {
                Ok(Self::Labels(scores.map(labels).collect::<Result<_>>()?))
            }
            Form::Ranking => {
                let class = ranking_class(config, classes)?;
                let score = |scores: Result<Vec<f32>>| Ok(scores?[class]);
                Ok(Self::Scores(scores.map(score).collect::<Result<_>>()?))
            }
            Form::Similarity => Err(Error::internal(
                "the request compares texts, and each row is one of them; a classifier compares only pairs: let the preprocess plugin write pairs (`pairs: true` of tokenize-text), or use pool-embedding",
            )),
        }
    }
}

/// The class whose score says how well two texts fit.
fn ranking_class(config: &Config, classes: usize) -> Result<usize> {
    match config.score {
        Some(class) if class < classes => Ok(class),
        None if classes == 1 => Ok(0),
        _ => Err(Error::internal(format!(
            "the request compares texts, and the model has {classes} classes; set `score` to the label whose score says how well two texts fit"
        ))),
    }
}
