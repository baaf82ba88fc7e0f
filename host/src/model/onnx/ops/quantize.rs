//! QuantizeLinear, DequantizeLinear and the last step of the QLinear operators, to the letter of ONNX.
//! Must not know which operator made the values.

use super::fused::{quantised, range};
use crate::model::onnx::kernel::{Built, Kernel, axis_in, operator, required};
use crate::model::onnx::output::filled;
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::tract_data::half::f16;
use tract_onnx::tract_hir::internal::*;

/// Name of the operator that a QLinear operator ends in: sums of i32, their scale, the output's scale and zero point.
pub(in crate::model::onnx) const REQUANTIZE: &str = "modelhost.Requantize";

/// Numbers that are quantised at once.
const PIECE: usize = 1 << 16;

/// How scales and zero points lie over a tensor.
#[derive(Debug, Clone, Copy)]
struct Layout {
    axis: i64,
    block: usize,
}

impl Layout {
    fn of(node: &NodeProto) -> TractResult<Layout> {
        let block: i64 = node.get_attr_opt("block_size")?.unwrap_or(0);
        Ok(Layout {
            axis: node.get_attr_opt("axis")?.unwrap_or(1),
            block: usize::try_from(block).context("block_size must not be negative")?,
        })
    }

    /// For each element of a tensor of `shape`, the index of its parameter among those of `params`.
    fn indices(self, shape: &[usize], params: &[usize]) -> TractResult<Vec<usize>> {
        let len: usize = shape.iter().product();
        if params.iter().product::<usize>() == 1 {
            return Ok(vec![0; len]);
        }
        let axis = axis_in(self.axis, shape.len())?;
        let inner: usize = shape[axis + 1..].iter().product();
        if self.block == 0 {
            let fits = params.iter().product::<usize>() == shape[axis] && params.len() == 1;
            ensure!(
                fits,
                "{params:?} scales do not fit axis {axis} of {shape:?}"
            );
            return Ok((0..len).map(|at| at / inner % shape[axis]).collect());
        }
        let blocks = shape[axis].div_ceil(self.block);
        let mut expected = shape.to_vec();
        expected[axis] = blocks;
        ensure!(
            params == expected,
            "{params:?} scales do not fit blocks of {shape:?}"
        );
        let index = |at: usize| {
            let (outer, along) = (at / (inner * shape[axis]), at / inner % shape[axis]);
            (outer * blocks + along / self.block) * inner + at % inner
        };
        Ok((0..len).map(index).collect())
    }
}

fn dtype_of(onnx: i64) -> TractResult<Option<DatumType>> {
    Ok(Some(match onnx {
        0 => return Ok(None),
        1 => DatumType::F32,
        2 => DatumType::U8,
        3 => DatumType::I8,
        4 => DatumType::U16,
        5 => DatumType::I16,
        10 => DatumType::F16,
        other => bail!("the ONNX element type {other} is not supported"),
    }))
}

fn floats(tensor: &Tensor) -> TractResult<Vec<f32>> {
    Ok(tensor
        .cast_to::<f32>()?
        .try_as_plain_ram()?
        .as_slice::<f32>()?
        .to_vec())
}

fn integers(tensor: Option<&&Tensor>, len: usize) -> TractResult<Vec<i32>> {
    let Some(tensor) = tensor else {
        return Ok(vec![0; len]);
    };
    let values = tensor.cast_to::<i32>()?;
    let values = values.try_as_plain_ram()?.as_slice::<i32>()?;
    ensure!(values.len() == len, "scale and zero point differ in size");
    Ok(values.to_vec())
}

/// `values` rounded half to even, moved by `zero` and held within `dtype`.
fn saturated(
    dtype: DatumType,
    shape: &[usize],
    values: impl Iterator<Item = (f32, i32)>,
) -> TractResult<Tensor> {
    let (low, high) = match dtype {
        DatumType::U8 => (0, i32::from(u8::MAX)),
        DatumType::I8 => (i32::from(i8::MIN), i32::from(i8::MAX)),
        DatumType::U16 => (0, i32::from(u16::MAX)),
        DatumType::I16 => (i32::from(i16::MIN), i32::from(i16::MAX)),
        other => bail!("quantised values of {other:?} are not supported"),
    };
    let values = values.map(|(value, zero)| {
        // `as` saturates, so that the sum cannot overflow i64.
        let value = i64::from(value.round_ties_even() as i32) + i64::from(zero);
        value.clamp(i64::from(low), i64::from(high)) as i32
    });
    let values: Vec<i32> = values.collect();
    Ok(Tensor::from_shape(shape, &values)?
        .cast_to_dt(dtype)?
        .into_owned())
}

#[derive(Debug)]
struct QuantizeLinear {
    layout: Layout,
    output: Option<DatumType>,
}

pub(super) fn quantize_linear(_context: &ParsingContext, node: &NodeProto) -> Built {
    let layout = Layout::of(node)?;
    let output = dtype_of(node.get_attr_opt("output_dtype")?.unwrap_or(0))?;
    operator(node, QuantizeLinear { layout, output })
}

impl Kernel for QuantizeLinear {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let zero = inputs.get(2).and_then(Option::as_ref);
        let dtype = zero.map(|zero| zero.datum_type).or(self.output);
        let shape = &required(inputs, 0)?.shape;
        Ok(vec![dtype.unwrap_or(DatumType::U8).fact(shape.clone())])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let (input, scale) = (required(inputs, 0)?, required(inputs, 1)?);
        let zero = inputs.get(2).and_then(Option::as_ref);
        let dtype = zero.map(|zero| zero.datum_type()).or(self.output);
        let index = self.layout.indices(input.shape(), scale.shape())?;
        let (values, scales) = (floats(input)?, floats(scale)?);
        let zeros = integers(zero, scales.len())?;
        let values = values.iter().zip(&index);
        let values = values.map(|(value, at)| (value / scales[*at], zeros[*at]));
        let dtype = dtype.unwrap_or(DatumType::U8);
        Ok(vec![saturated(dtype, input.shape(), values)?])
    }
}

#[derive(Debug)]
struct DequantizeLinear(Layout);

pub(super) fn dequantize_linear(_context: &ParsingContext, node: &NodeProto) -> Built {
    operator(node, DequantizeLinear(Layout::of(node)?))
}

impl Kernel for DequantizeLinear {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let dtype = required(inputs, 1)?.datum_type;
        Ok(vec![dtype.fact(required(inputs, 0)?.shape.clone())])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let (input, scale) = (required(inputs, 0)?, required(inputs, 1)?);
        let index = self.0.indices(input.shape(), scale.shape())?;
        let scales = floats(scale)?;
        let zeros = integers(inputs.get(2).and_then(Option::as_ref), scales.len())?;
        let values = input.cast_to::<i32>()?;
        let values = values
            .try_as_plain_ram()?
            .as_slice::<i32>()?
            .iter()
            .zip(&index);
        let values: Vec<f32> = values
            .map(|(value, at)| value.wrapping_sub(zeros[*at]) as f32 * scales[*at])
            .collect();
        let output = if scale.datum_type() == DatumType::F16 {
            let values: Vec<f16> = values.into_iter().map(f16::from_f32).collect();
            Tensor::from_shape(input.shape(), &values)?
        } else {
            Tensor::from_shape(input.shape(), &values)?
        };
        Ok(vec![output])
    }
}

/// Inputs: sums (i32), scale of the first factor, of the second (one, or one for each index of the axis), of the output, the output's zero point, and an optional bias along the axis.
#[derive(Debug)]
struct Requantize {
    axis: i64,
}

pub(super) fn requantize(_context: &ParsingContext, node: &NodeProto) -> Built {
    let axis = node.get_attr("axis")?;
    operator(node, Requantize { axis })
}

impl Kernel for Requantize {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let dtype = required(inputs, 4)?.datum_type;
        Ok(vec![dtype.fact(required(inputs, 0)?.shape.clone())])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let (sums, zero) = (required(inputs, 0)?, required(inputs, 4)?);
        let layout = |axis| Layout { axis, block: 0 };
        let first = floats(required(inputs, 1)?)?;
        let second = floats(required(inputs, 2)?)?;
        let output = floats(required(inputs, 3)?)?;
        let zeros = integers(Some(zero), 1)?;
        ensure!(
            output.len() == 1,
            "one output scale is needed, not {}",
            output.len()
        );
        let rows = layout(-2).indices(sums.shape(), &[first.len()])?;
        let columns = layout(self.axis).indices(sums.shape(), &[second.len()])?;
        let bias = inputs.get(5).and_then(Option::as_ref);
        let bias = integers(bias, bias.map_or(1, |bias| bias.len()))?;
        let channels = layout(self.axis).indices(sums.shape(), &[bias.len()])?;
        let values = sums.try_as_plain_ram()?.as_slice::<i32>()?.iter();
        let values = values.enumerate().map(|(at, sum)| {
            let sum = sum.wrapping_add(bias[channels[at]]) as f32;
            let scale = first[rows[at]] * second[columns[at]] / output[0];
            (sum * scale, zeros[0])
        });
        Ok(vec![saturated(zero.datum_type(), sums.shape(), values)?])
    }
}

#[derive(Debug)]
struct DynamicQuantizeLinear;

pub(super) fn dynamic_quantize_linear(_context: &ParsingContext, node: &NodeProto) -> Built {
    operator(node, DynamicQuantizeLinear)
}

impl Kernel for DynamicQuantizeLinear {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let values = u8::fact(required(inputs, 0)?.shape.clone());
        Ok(vec![values, f32::fact([0; 0]), u8::fact([0; 0])])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let input = *required(inputs, 0)?;
        let values = input.cast_to::<f32>()?;
        let values = values.try_as_plain_ram()?;
        let values = values.as_slice::<f32>()?;
        let (low, high) = range(values);
        let scale = if high == low {
            1.0
        } else {
            (high - low) / 255.0
        };
        let zero = (-low / scale).round_ties_even().clamp(0.0, 255.0) as u8;
        let whole = filled(input.shape(), PIECE, |index, piece| {
            let values = &values[index * PIECE..][..piece.len()];
            Ok(quantised(values, scale, zero, piece))
        });
        Ok(vec![whole?, tensor0(scale), tensor0(zero)])
    }
}
