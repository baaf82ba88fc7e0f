//! Binarizer, FeatureVectorizer, Imputer and OneHotEncoder: columns that become other columns.
//! Must not know what the columns mean.

use super::rows::Rows;
use crate::model::onnx::kernel::{Built, Kernel, operator, required};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

#[derive(Debug)]
struct Binarizer(f32);

pub(in crate::model::onnx::ops) fn binarizer(_context: &ParsingContext, node: &NodeProto) -> Built {
    operator(
        node,
        Binarizer(node.get_attr_opt("threshold")?.unwrap_or(0.0)),
    )
}

impl Kernel for Binarizer {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        Ok(vec![f32::fact(required(inputs, 0)?.shape.clone())])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let input = *required(inputs, 0)?;
        let values = input.cast_to::<f32>()?;
        let is_above = |value: &f32| f32::from(u8::from(*value > self.0));
        let values = values.try_as_plain_ram()?.as_slice::<f32>()?.iter();
        let values: Vec<f32> = values.map(is_above).collect();
        Ok(vec![Tensor::from_shape(input.shape(), &values)?])
    }
}

/// So many columns of each input, side by side.
#[derive(Debug)]
struct Vectorizer(Vec<usize>);

pub(in crate::model::onnx::ops) fn feature_vectorizer(
    _context: &ParsingContext,
    node: &NodeProto,
) -> Built {
    let widths: Vec<i64> = node.get_attr_vec("inputdimensions")?;
    let widths = widths.into_iter().map(usize::try_from);
    let widths: Vec<usize> = widths.collect::<Result<_, _>>()?;
    ensure!(
        widths.len() == node.input.len(),
        "its `inputdimensions` are not one for each input"
    );
    operator(node, Vectorizer(widths))
}

impl Kernel for Vectorizer {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let count = Rows::count_in(required(inputs, 0)?);
        let width: usize = self.0.iter().sum();
        Ok(vec![f32::fact([count, width.to_dim()])])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let tables = (0..self.0.len()).map(|at| Rows::of(required(inputs, at)?));
        let tables: Vec<Rows> = tables.collect::<TractResult<_>>()?;
        let count = tables.first().map_or(0, |table| table.count);
        for (table, width) in tables.iter().zip(&self.0) {
            ensure!(
                table.count == count && table.width == *width,
                "an input is not {count} rows of {width} columns"
            );
        }
        let mut rows: Vec<_> = tables.iter().map(Rows::iter).collect();
        let mut values: Vec<f32> = Vec::new();
        for _ in 0..count {
            let row = rows.iter_mut().filter_map(Iterator::next);
            values.extend(row.flatten());
        }
        let width = self.0.iter().sum();
        Ok(vec![Tensor::from_shape(&[count, width], &values)?])
    }
}

#[derive(Debug)]
enum Imputer {
    Fractions { missing: f32, values: Vec<f32> },
    Wholes { missing: i64, values: Vec<i64> },
}

pub(in crate::model::onnx::ops) fn imputer(_context: &ParsingContext, node: &NodeProto) -> Built {
    let wholes: Vec<i64> = node
        .get_attr_opt_vec("imputed_value_int64s")?
        .unwrap_or_default();
    if !wholes.is_empty() {
        let missing = node.get_attr_opt("replaced_value_int64")?.unwrap_or(0);
        return operator(
            node,
            Imputer::Wholes {
                missing,
                values: wholes,
            },
        );
    }
    let values = node.get_attr_vec("imputed_value_floats")?;
    let missing = node.get_attr_opt("replaced_value_float")?.unwrap_or(0.0);
    operator(node, Imputer::Fractions { missing, values })
}

impl Kernel for Imputer {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let shape = required(inputs, 0)?.shape.clone();
        Ok(vec![match self {
            Imputer::Fractions { .. } => f32::fact(shape),
            Imputer::Wholes { .. } => i64::fact(shape),
        }])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let input = *required(inputs, 0)?;
        Ok(vec![match self {
            Imputer::Fractions { missing, values } => imputed(input, values, |value: f32| {
                value == *missing || (value.is_nan() && missing.is_nan())
            })?,
            Imputer::Wholes { missing, values } => {
                imputed(input, values, |value: i64| value == *missing)?
            }
        }])
    }
}

fn imputed<T: Datum + Copy>(
    input: &Tensor,
    values: &[T],
    is_missing: impl Fn(T) -> bool,
) -> TractResult<Tensor> {
    let width = input.shape().last().copied().unwrap_or(1);
    ensure!(
        values.len() == 1 || values.len() == width,
        "{} values for {width} columns",
        values.len()
    );
    let mut output = input.cast_to::<T>()?.into_owned();
    let mut plain = output.try_as_plain_ram_mut()?;
    let cells = plain.as_slice_mut::<T>()?.iter_mut();
    for (cell, value) in cells.zip(values.iter().cycle()) {
        if is_missing(*cell) {
            *cell = *value;
        }
    }
    Ok(output)
}

#[derive(Debug)]
struct Encoder {
    classes: Vec<i64>,
    /// Whether a class that is not known is nowhere hot, or an error.
    zeros: bool,
}

pub(in crate::model::onnx::ops) fn one_hot_encoder(
    _context: &ParsingContext,
    node: &NodeProto,
) -> Built {
    let classes = node.get_attr_opt_vec("cats_int64s")?;
    let encoder = Encoder {
        classes: classes.context("its classes are no whole numbers, which is not supported")?,
        zeros: node.get_attr_opt::<i64>("zeros")?.unwrap_or(1) != 0,
    };
    operator(node, encoder)
}

impl Kernel for Encoder {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let mut shape = required(inputs, 0)?.shape.to_tvec();
        shape.push(self.classes.len().to_dim());
        Ok(vec![f32::fact(&shape)])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let input = *required(inputs, 0)?;
        let given = input.cast_to::<i64>()?;
        let given = given.try_as_plain_ram()?.as_slice::<i64>()?;
        let mut values = Vec::new();
        for class in given {
            let is_known = self.classes.contains(class);
            ensure!(is_known || self.zeros, "the class {class} is not known");
            let hot = |known: &i64| f32::from(u8::from(known == class));
            values.extend(self.classes.iter().map(hot));
        }
        let mut shape = input.shape().to_vec();
        shape.push(self.classes.len());
        Ok(vec![Tensor::from_shape(&shape, &values)?])
    }
}
