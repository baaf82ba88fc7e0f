//! The predictions, one a row.
//! Decides nothing; `output` has said what a row means.

use crate::config::Kind;
use crate::output::{Adjust, Output};
use modelhost_plugin::{Data, Error, Result, Tensor, Tensors};
use serde::Serialize;
use std::borrow::Cow;

/// One row's prediction, as JSON has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Prediction<'a> {
    /// With as many digits as a 32-bit float has.
    Short(f32),
    Number(f64),
    Whole(i64),
    Label(Cow<'a, str>),
    /// Of a model with several numbers a row.
    Numbers(Vec<Prediction<'a>>),
    /// The best first.
    Scores(Vec<Scored<'a>>),
}

/// A class with its score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Scored<'a> {
    label: Cow<'a, str>,
    score: Box<Prediction<'a>>,
}

/// The tensor with the predictions, floats of 16 bits as ones of 32.
pub(crate) fn widened<'a>(output: &Output, outputs: &'a Tensors) -> Result<Cow<'a, Tensor>> {
    let tensor = outputs.tensor(&output.tensor)?;
    let Tensor { shape, data } = tensor;
    if !matches!(data, Data::F16(_) | Data::Bf16(_)) {
        return Ok(Cow::Borrowed(tensor));
    }
    let floats = outputs.floats(&output.tensor, shape.len())?;
    Ok(Cow::Owned(Tensor {
        shape: shape.clone(),
        data: Data::F32(floats.data.into_owned()),
    }))
}

/// Every row's prediction.
pub(crate) fn answer<'a>(output: &'a Output, tensor: &'a Tensor) -> Result<Vec<Prediction<'a>>> {
    let (rows, width) = shape(output, tensor)?;
    let kind = output.kind.unwrap_or(match (width, &tensor.data) {
        (1, Data::F32(_) | Data::F64(_)) => Kind::Numbers,
        _ => Kind::Labels,
    });
    let row = |row: usize| {
        let elements = row * width..(row + 1) * width;
        match kind {
            Kind::Numbers => numbers(output, tensor, elements, row),
            Kind::Labels if width == 1 => label(output, tensor, row),
            Kind::Labels => best(output, tensor, elements, row),
            Kind::Scores => scores(output, tensor, elements, row),
        }
    };
    (0..rows).map(row).collect()
}

/// Rows, and elements of a row.
fn shape(output: &Output, tensor: &Tensor) -> Result<(usize, usize)> {
    let wrong = |what: &str| {
        Err(Error::internal(format!(
            "tensor `{}` has the shape {:?}{what}; predictions are one or several elements a row",
            output.tensor, tensor.shape
        )))
    };
    let (rows, width) = match *tensor.shape.as_slice() {
        [rows] => (rows as usize, 1),
        [rows, width] => (rows as usize, width as usize),
        _ => return wrong(""),
    };
    match length(&tensor.data) {
        elements if rows.checked_mul(width) != Some(elements) => {
            wrong(", which its elements do not fit")
        }
        _ if width == 0 => wrong(""),
        _ => Ok((rows, width)),
    }
}

type Elements = std::ops::Range<usize>;

fn numbers<'a>(
    output: &Output,
    tensor: &Tensor,
    elements: Elements,
    row: usize,
) -> Result<Prediction<'a>> {
    let one = |place| adjusted(element(tensor, place), &output.adjust, row);
    match elements.len() {
        1 => one(elements.start),
        _ => Ok(Prediction::Numbers(
            elements.map(one).collect::<Result<_>>()?,
        )),
    }
}

/// A label that the model names or numbers.
fn label<'a>(output: &'a Output, tensor: &'a Tensor, row: usize) -> Result<Prediction<'a>> {
    match element(tensor, row) {
        Element::Text(text) => Ok(Prediction::Label(Cow::Borrowed(text))),
        Element::Whole(class) => named(output, class, row),
        Element::Short(_) | Element::Number(_) => Err(Error::internal(format!(
            "tensor `{}` is one float a row, which says no label; set `answer: numbers`",
            output.tensor
        ))),
    }
}

/// The label with the greatest score.
fn best<'a>(
    output: &'a Output,
    tensor: &Tensor,
    elements: Elements,
    row: usize,
) -> Result<Prediction<'a>> {
    let scores = finite(output, tensor, elements, row)?;
    let order = |a: &(usize, f64), b: &(usize, f64)| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0));
    let best = scores.into_iter().enumerate().max_by(order);
    let class = best.map_or(0, |(class, _)| class as i64);
    named(output, class, row)
}

fn scores<'a>(
    output: &'a Output,
    tensor: &Tensor,
    elements: Elements,
    row: usize,
) -> Result<Prediction<'a>> {
    let values = finite(output, tensor, elements.clone(), row)?;
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    let scored = |class: usize| {
        let label = match named(output, class as i64, row)? {
            Prediction::Label(label) => label,
            _ => Cow::Owned(format!("LABEL_{class}")),
        };
        let score = adjusted(element(tensor, elements.start + class), &output.adjust, row)?;
        Ok(Scored {
            label,
            score: Box::new(score),
        })
    };
    Ok(Prediction::Scores(
        order.into_iter().map(scored).collect::<Result<_>>()?,
    ))
}

/// The name of a class, or its number where classes have no names.
fn named<'a>(output: &'a Output, class: i64, row: usize) -> Result<Prediction<'a>> {
    let Some(labels) = &output.labels else {
        return Ok(Prediction::Whole(class));
    };
    match usize::try_from(class) {
        Ok(class) if labels.count().is_none_or(|count| class < count) => {
            Ok(Prediction::Label(labels.name(class)))
        }
        _ => Err(Error::internal(format!(
            "the model's answer to row {row} is the class {class}, which has no name; mend `labels`"
        ))),
    }
}

/// One element, in the type that it is answered in.
enum Element<'a> {
    Short(f32),
    Number(f64),
    Whole(i64),
    Text(&'a str),
}

/// The element at a place that the shape has.
fn element(tensor: &Tensor, place: usize) -> Element<'_> {
    match &tensor.data {
        Data::F32(list) => Element::Short(list[place]),
        Data::F64(list) => Element::Number(list[place]),
        // Widened before anything is read.
        Data::F16(_) | Data::Bf16(_) => Element::Number(f64::NAN),
        Data::S8(list) => Element::Whole(list[place].into()),
        Data::S32(list) => Element::Whole(list[place].into()),
        Data::S64(list) => Element::Whole(list[place]),
        Data::U8(list) | Data::Boolean(list) => Element::Whole(list[place].into()),
        Data::Text(list) => Element::Text(&list[place]),
    }
}

fn adjusted<'a>(element: Element<'_>, adjust: &Adjust, row: usize) -> Result<Prediction<'a>> {
    let untouched = adjust.scale == 1.0 && adjust.offset == 0.0 && adjust.round.is_none();
    let number = match element {
        Element::Short(number) if untouched && number.is_finite() => {
            return Ok(Prediction::Short(number));
        }
        Element::Whole(number) if untouched => return Ok(Prediction::Whole(number)),
        Element::Short(number) => f64::from(number),
        Element::Number(number) => number,
        Element::Whole(number) => number as f64,
        Element::Text(_) => {
            return Err(Error::internal(
                "the model answers text; set `answer: labels`",
            ));
        }
    };
    let number = number * adjust.scale + adjust.offset;
    if !number.is_finite() {
        return Err(Error::internal(format!(
            "the model's answer to row {row} is no number"
        )));
    }
    Ok(Prediction::Number(match adjust.round {
        Some(digits) => rounded(number, digits),
        None => number,
    }))
}

fn rounded(number: f64, digits: u32) -> f64 {
    let factor = 10_f64.powi(i32::try_from(digits).unwrap_or(12));
    let rounded = (number * factor).round() / factor;
    // A number too large to have digits there stays as it is; there is no negative nothing.
    if rounded.is_finite() {
        rounded + 0.0
    } else {
        number
    }
}

fn finite(output: &Output, tensor: &Tensor, elements: Elements, row: usize) -> Result<Vec<f64>> {
    let score = |place| match element(tensor, place) {
        Element::Short(number) if !number.is_nan() => Some(f64::from(number)),
        Element::Number(number) if !number.is_nan() => Some(number),
        Element::Whole(number) => Some(number as f64),
        _ => None,
    };
    let scores: Option<Vec<f64>> = elements.map(score).collect();
    scores.ok_or_else(|| {
        Error::internal(format!(
            "the model's answer to row {row} in `{}` has a score that is no number",
            output.tensor
        ))
    })
}

fn length(data: &Data) -> usize {
    match data {
        Data::F32(list) => list.len(),
        Data::F64(list) => list.len(),
        Data::F16(list) | Data::Bf16(list) => list.len(),
        Data::S8(list) => list.len(),
        Data::S32(list) => list.len(),
        Data::S64(list) => list.len(),
        Data::U8(list) | Data::Boolean(list) => list.len(),
        Data::Text(list) => list.len(),
    }
}
