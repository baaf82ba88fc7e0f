//! Layer normalisation over the last axis, of a value or of the sum of two.
//! Must not know where its inputs come from.

use super::rows::{Rows, sum};
use crate::model::onnx::kernel::{Built, Kernel, operator, required, required_f32};
use crate::model::onnx::output::filled;
use rten_simd::SimdOp as _;
use rten_vecmath::{Normalize, NormalizeOptions, Sum, SumSquareSub};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::broadcast::multi_broadcast;
use tract_onnx::tract_hir::internal::*;

#[derive(Debug)]
struct Norm {
    epsilon: f32,
}

pub(crate) fn norm(_context: &ParsingContext, node: &NodeProto) -> Built {
    let epsilon = node.get_attr("epsilon")?;
    operator(node, Norm { epsilon })
}

impl Kernel for Norm {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let x = required_f32(inputs, 0)?;
        let width = x.shape.last().context("it needs an axis")?;
        let vectors = [required_f32(inputs, 1)?]
            .into_iter()
            .chain(inputs[2].as_ref());
        for vector in vectors {
            let is_vector = vector.rank() == 1 && vector.shape[0] == *width;
            ensure!(is_vector, "scale and bias are of another width");
        }
        let Some(added) = &inputs[3] else {
            return Ok(vec![x.without_value()]);
        };
        let is_alike = added.datum_type == x.datum_type && added.shape.last() == Some(width);
        ensure!(is_alike, "what is added is of another width");
        let shape = multi_broadcast(&[x.shape.dims(), added.shape.dims()])?;
        Ok(vec![f32::fact(shape)])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let x = required(inputs, 0)?;
        let width = *x.shape().last().context("it needs an axis")?;
        let scale = required(inputs, 1)?.try_as_plain_ram()?;
        let scale = scale.as_slice::<f32>()?;
        let bias = inputs[2].map(Tensor::try_as_plain_ram).transpose()?;
        let bias = bias.as_ref().map(|it| it.as_slice::<f32>()).transpose()?;
        let shape = match inputs[3] {
            Some(added) => multi_broadcast(&[x.shape(), added.shape()])?,
            None => x.shape().into(),
        };
        let of_x = x.try_as_plain_ram()?;
        let of_added = inputs[3].map(Tensor::try_as_plain_ram).transpose()?;
        let x = Rows::new(of_x.as_slice()?, x.shape(), &shape);
        let added = inputs[3].zip(of_added.as_ref());
        let added = added.map(|(it, view)| Ok(Rows::new(view.as_slice()?, it.shape(), &shape)));
        let added: Option<Rows<'_>> = added.transpose().map_err(|error: TractError| error)?;
        let output = filled(&shape, width, |row, piece| {
            let piece = match &added {
                Some(added) => sum(x.row(row), added.row(row), piece),
                None => piece.write_copy_of_slice(x.row(row)),
            };
            self.normalise(piece, scale, bias);
            Ok(piece)
        });
        Ok(vec![output?])
    }
}

impl Norm {
    fn normalise(&self, row: &mut [f32], scale: &[f32], bias: Option<&[f32]>) {
        let width = row.len() as f32;
        let mean = Sum::new(row).dispatch() / width;
        let variance = SumSquareSub::new(row, mean).dispatch() / width;
        let options = NormalizeOptions {
            pre_scale_bias: mean,
            scale: (variance + self.epsilon).sqrt().recip(),
            element_scale: Some(scale),
            element_bias: bias,
            ..NormalizeOptions::default()
        };
        Normalize::new_mut(row, options).dispatch();
    }
}
