//! AveragePool, LpPool and MaxPool where tract's have another shape or divisor, or none is there.
//! Must not know where a picture begins.

use crate::model::onnx::kernel::{Built, Kernel, operator, required, required_f32};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

/// The names that they go by in a rewritten graph.
pub(in crate::model::onnx) const AVERAGE: &str = "modelhost.AveragePool";
pub(in crate::model::onnx) const MAX: &str = "modelhost.MaxPool";

#[derive(Debug, Clone, Copy)]
enum Kind {
    Average { with_pads: bool },
    Lp(f32),
    Max,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Padding {
    Explicit,
    SameUpper,
    SameLower,
    Valid,
}

#[derive(Debug)]
struct Pool {
    kind: Kind,
    padding: Padding,
    ceil: bool,
    kernel: Vec<usize>,
    strides: Vec<usize>,
    dilations: Vec<usize>,
    pads: Vec<usize>,
}

/// Where the window stands along one axis.
struct Axis {
    size: usize,
    output: usize,
    before: usize,
    after: usize,
}

pub(super) fn average(_context: &ParsingContext, node: &NodeProto) -> Built {
    let with_pads = node.get_attr_opt::<i64>("count_include_pad")? == Some(1);
    pool(node, Kind::Average { with_pads })
}

pub(super) fn lp(_context: &ParsingContext, node: &NodeProto) -> Built {
    let p: i64 = node.get_attr_opt("p")?.unwrap_or(2);
    pool(node, Kind::Lp(p as f32))
}

pub(super) fn max(_context: &ParsingContext, node: &NodeProto) -> Built {
    pool(node, Kind::Max)
}

fn pool(node: &NodeProto, kind: Kind) -> Built {
    ensure!(
        node.output.len() == 1,
        "its second output is not supported with `ceil_mode`"
    );
    let list = |name: &str, length: usize, default: usize| -> TractResult<Vec<usize>> {
        let given: Vec<i64> = node.get_attr_opt_vec(name)?.unwrap_or_default();
        if given.is_empty() {
            return Ok(vec![default; length]);
        }
        ensure!(
            given.len() == length,
            "its `{name}` has not {length} numbers"
        );
        let positive =
            |it: i64| usize::try_from(it).with_context(|| format!("`{name}` is negative"));
        given.into_iter().map(positive).collect()
    };
    let axes = node.get_attr_vec::<i64>("kernel_shape")?.len();
    let auto: Option<&str> = node.get_attr_opt("auto_pad")?;
    let padding = match auto.unwrap_or("NOTSET") {
        "NOTSET" | "" => Padding::Explicit,
        "SAME_UPPER" => Padding::SameUpper,
        "SAME_LOWER" => Padding::SameLower,
        "VALID" => Padding::Valid,
        other => bail!("its auto_pad `{other}` is not known"),
    };
    let pool = Pool {
        kind,
        padding,
        ceil: node.get_attr_opt::<i64>("ceil_mode")? == Some(1),
        kernel: list("kernel_shape", axes, 1)?,
        strides: list("strides", axes, 1)?,
        dilations: list("dilations", axes, 1)?,
        pads: list("pads", 2 * axes, 0)?,
    };
    ensure!(
        pool.strides
            .iter()
            .chain(&pool.kernel)
            .all(|number| *number > 0),
        "its kernel and strides must not be 0"
    );
    operator(node, pool)
}

impl Pool {
    fn axis(&self, axis: usize, size: usize) -> TractResult<Axis> {
        let (stride, reach) = (
            self.strides[axis],
            self.dilations[axis] * (self.kernel[axis] - 1) + 1,
        );
        let (output, before, after) = match self.padding {
            Padding::SameUpper | Padding::SameLower => {
                let output = size.div_ceil(stride);
                let pad = ((output.max(1) - 1) * stride + reach).saturating_sub(size);
                let less = pad / 2;
                if self.padding == Padding::SameUpper {
                    (output, less, pad - less)
                } else {
                    (output, pad - less, less)
                }
            }
            Padding::Explicit | Padding::Valid => {
                let (before, after) = match self.padding {
                    Padding::Valid => (0, 0),
                    _ => (self.pads[axis], self.pads[axis + self.kernel.len()]),
                };
                let room = (size + before + after).checked_sub(reach);
                let room = room.with_context(|| format!("a window of {reach} on {size}"))?;
                let mut output = room / stride + 1;
                // No window begins behind what is there.
                if self.ceil && !room.is_multiple_of(stride) && output * stride < size + before {
                    output += 1;
                }
                (output, before, after)
            }
        };
        Ok(Axis {
            size,
            output,
            before,
            after,
        })
    }

    fn axes(&self, shape: &[usize]) -> TractResult<Vec<Axis>> {
        ensure!(
            shape.len() == self.kernel.len() + 2,
            "its input has another rank"
        );
        let sizes = shape[2..].iter().enumerate();
        sizes.map(|(axis, size)| self.axis(axis, *size)).collect()
    }

    /// The value at one place: `at` counts windows along every axis.
    fn window(&self, plane: &[f32], axes: &[Axis], at: &[usize]) -> f32 {
        let (mut inside, mut counted) = (Vec::new(), 0usize);
        let cells: usize = self.kernel.iter().product();
        for cell in 0..cells {
            let (mut rest, mut index, mut step) = (cell, 0, 1);
            let (mut is_inside, mut is_padded) = (true, true);
            for (axis, size) in axes.iter().enumerate().rev() {
                let offset = rest % self.kernel[axis] * self.dilations[axis];
                rest /= self.kernel[axis];
                let place = at[axis] * self.strides[axis] + offset;
                is_padded &= place < size.before + size.size + size.after;
                is_inside &= place >= size.before && place < size.before + size.size;
                index +=
                    place.wrapping_sub(size.before).wrapping_mul(step) * usize::from(is_inside);
                step *= size.size;
            }
            counted += usize::from(is_padded);
            if is_inside {
                inside.push(plane[index]);
            }
        }
        match self.kind {
            Kind::Max => inside.into_iter().fold(f32::NEG_INFINITY, f32::max),
            Kind::Lp(p) => inside
                .iter()
                .map(|x| x.abs().powf(p))
                .sum::<f32>()
                .powf(1.0 / p),
            Kind::Average { with_pads } => {
                let divisor = if with_pads { counted } else { inside.len() };
                inside.iter().sum::<f32>() / divisor.max(1) as f32
            }
        }
    }
}

impl Kernel for Pool {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let input = required_f32(inputs, 0)?;
        ensure!(
            input.rank() == self.kernel.len() + 2,
            "its input has another rank"
        );
        let mut shape = input.shape.to_tvec();
        for (axis, size) in shape[2..].iter_mut().enumerate() {
            let known = size.to_usize().context("its size must be known")?;
            *size = self.axis(axis, known)?.output.to_dim();
        }
        Ok(vec![f32::fact(&shape)])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let input = *required(inputs, 0)?;
        let axes = self.axes(input.shape())?;
        let plane: usize = axes.iter().map(|axis| axis.size).product();
        let places: usize = axes.iter().map(|axis| axis.output).product();
        let values = input.try_as_plain_ram()?.as_slice::<f32>()?.to_vec();
        let mut output = Vec::new();
        for plane in values.chunks_exact(plane.max(1)) {
            for place in 0..places {
                let mut rest = place;
                let mut at = vec![0; axes.len()];
                for (at, axis) in at.iter_mut().zip(&axes).rev() {
                    *at = rest % axis.output;
                    rest /= axis.output;
                }
                output.push(self.window(plane, &axes, &at));
            }
        }
        let mut shape = input.shape()[..2].to_vec();
        shape.extend(axes.iter().map(|axis| axis.output));
        Ok(vec![Tensor::from_shape(&shape, &output)?])
    }
}
