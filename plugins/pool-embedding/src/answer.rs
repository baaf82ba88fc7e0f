//! From the model's output to the answer, in the form that the texts came in.
//! Reads no JSON; what was asked for is checked already.

use crate::config::{Asked, Config, Holds};
use crate::pool::{Mode, Tokens};
use crate::vector::{cosine, normalized};
use modelhost_plugin::float::Floats;
use modelhost_plugin::text::{Form, Row, Texts};
use modelhost_plugin::{Error, Invalid, Result, Tensors};
use serde::Serialize;

/// The response's `outputs`.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    /// The vector of one text, or the similarities of the first text with each of the others.
    Numbers(Vec<f32>),
    /// One vector a text.
    Vectors(Vec<Vec<f32>>),
}

impl Answer {
    /// The answer for every row of the batch.
    pub(crate) fn new(
        config: &Config,
        asked: Asked,
        texts: &Texts,
        outputs: &Tensors,
    ) -> Result<Self> {
        if texts.form == Form::Ranking {
            return Err(Error::internal(
                "each row is a pair of texts, and a vector is that of one: let the preprocess plugin write single texts (without `pairs` of tokenize-text), or use label-text",
            ));
        }
        let vectors = vectors(config, asked, texts, outputs)?;
        let rows = vectors.len();
        let mut vectors = vectors.into_iter();
        match (texts.form, vectors.next()) {
            (Form::Batch, first) => Ok(Self::Vectors(first.into_iter().chain(vectors).collect())),
            (Form::Similarity, Some(source)) => {
                let similarities = vectors.map(|vector| cosine(&source, &vector));
                Ok(Self::Numbers(similarities.collect()))
            }
            (Form::Single, Some(vector)) if rows == 1 => Ok(Self::Numbers(vector)),
            (form, _) => Err(Error::internal(format!(
                "the context is that of {form:?}, and it has {rows} rows; mend the preprocess plugin"
            ))),
        }
    }
}

/// One finished vector a row.
fn vectors(
    config: &Config,
    asked: Asked,
    texts: &Texts,
    outputs: &Tensors,
) -> Result<Vec<Vec<f32>>> {
    let rank = match config.holds {
        Holds::Tokens(_) => 3,
        Holds::Vectors => 2,
    };
    let output = outputs.floats(&config.tensor, rank)?;
    let width = output.shape[rank - 1] as usize;
    if output.shape[0] as usize != texts.rows.len() || width == 0 {
        return Err(misfit(config, &output, texts));
    }
    let rows = texts.rows.iter().enumerate().map(|(i, row)| {
        let data = output.row(i).expect("the rows were counted");
        let vector = match &config.holds {
            Holds::Vectors => data.to_vec(),
            Holds::Tokens(modes) => {
                pooled(data, width, row, modes).ok_or_else(|| misfit(config, &output, texts))?
            }
        };
        finished(vector, asked, i)
    });
    rows.collect()
}

/// The row's own tokens, pooled; `None` where the output has fewer.
fn pooled(data: &[f32], width: usize, row: &Row, modes: &[Mode]) -> Option<Vec<f32>> {
    let first = (row.skip as usize).checked_mul(width)?;
    let behind = first.checked_add(row.tokens.len().checked_mul(width)?)?;
    let data = data.get(first..behind)?;
    Some(Tokens { data, width }.pool(modes))
}

/// Cut and normalised as the request wants it.
fn finished(mut vector: Vec<f32>, asked: Asked, row: usize) -> Result<Vec<f32>> {
    if let Some(dimensions) = asked.dimensions {
        if dimensions > vector.len() {
            return Err(Invalid::at(
                "/parameters/dimensions",
                format!("must be at most {}, not {dimensions}", vector.len()),
            )
            .into());
        }
        vector.truncate(dimensions);
    }
    if let Some(odd) = vector.iter().find(|x| !x.is_finite()) {
        return Err(Error::internal(format!(
            "the model's answer to row {row}: {odd}, which is no number"
        )));
    }
    Ok(match asked.normalize {
        true => normalized(vector),
        false => vector,
    })
}

fn misfit(config: &Config, output: &Floats<'_>, texts: &Texts) -> Error {
    let rows = texts.rows.len();
    let lengths = texts
        .rows
        .iter()
        .map(|row| row.skip as usize + row.tokens.len());
    let wanted = match config.holds {
        Holds::Tokens(_) => format!(
            "[{rows}, at least {}, width]: rows, tokens, width",
            lengths.max().unwrap_or(0)
        ),
        Holds::Vectors => format!("[{rows}, width]: rows, width"),
    };
    Error::internal(format!(
        "tensor `{}` has the shape {:?}; it must be {wanted}",
        config.tensor, output.shape
    ))
}
