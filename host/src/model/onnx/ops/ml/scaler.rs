//! Scaler and Normalizer.
//! Must not know what the columns mean.

use super::rows::Rows;
use crate::model::onnx::kernel::{Built, Kernel, operator, required};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

#[derive(Debug)]
struct Scaler {
    offset: Vec<f32>,
    scale: Vec<f32>,
}

pub(in crate::model::onnx::ops) fn scaler(_context: &ParsingContext, node: &NodeProto) -> Built {
    let offset = node.get_attr_opt_vec("offset")?.unwrap_or_default();
    let scale = node.get_attr_opt_vec("scale")?.unwrap_or_default();
    ensure!(
        offset.len() == scale.len() && !scale.is_empty(),
        "its `offset` and `scale` differ in length"
    );
    operator(node, Scaler { offset, scale })
}

impl Kernel for Scaler {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        Ok(vec![f32::fact(required(inputs, 0)?.shape.clone())])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let input = *required(inputs, 0)?;
        let rows = Rows::of(input)?;
        let columns = self.scale.len();
        ensure!(
            columns == 1 || columns == rows.width,
            "{columns} scales for {} columns",
            rows.width
        );
        let scaled = |row: &[f32]| -> Vec<f32> {
            let value = |(at, value): (usize, &f32)| {
                let at = if columns == 1 { 0 } else { at };
                (value - self.offset[at]) * self.scale[at]
            };
            row.iter().enumerate().map(value).collect()
        };
        let values: Vec<f32> = rows.iter().flat_map(scaled).collect();
        Ok(vec![Tensor::from_shape(input.shape(), &values)?])
    }
}

#[derive(Debug)]
enum Norm {
    Max,
    L1,
    L2,
}

#[derive(Debug)]
struct Normalizer(Norm);

pub(in crate::model::onnx::ops) fn normalizer(
    _context: &ParsingContext,
    node: &NodeProto,
) -> Built {
    let norm: Option<&str> = node.get_attr_opt("norm")?;
    let norm = match norm.unwrap_or("MAX") {
        "MAX" => Norm::Max,
        "L1" => Norm::L1,
        "L2" => Norm::L2,
        other => bail!("its norm `{other}` is not supported"),
    };
    operator(node, Normalizer(norm))
}

impl Kernel for Normalizer {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        Ok(vec![f32::fact(required(inputs, 0)?.shape.clone())])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let input = *required(inputs, 0)?;
        let normalised = |row: &[f32]| -> Vec<f32> {
            let norm = match self.0 {
                Norm::Max => row.iter().copied().fold(f32::MIN, f32::max),
                Norm::L1 => row.iter().map(|value| value.abs()).sum(),
                Norm::L2 => row.iter().map(|value| value * value).sum::<f32>().sqrt(),
            };
            let norm = if norm == 0.0 { 1.0 } else { norm };
            row.iter().map(|value| value / norm).collect()
        };
        let values: Vec<f32> = Rows::of(input)?.iter().flat_map(normalised).collect();
        Ok(vec![Tensor::from_shape(input.shape(), &values)?])
    }
}
