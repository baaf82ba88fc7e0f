//! Resize with `align_corners`, over whole sizes as onnxruntime has it: tract's are those before they are rounded.
//! Must not know what is resized.

use crate::model::onnx::kernel::{Built, Kernel, required, wired};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::ops::nn::resize::cubic_kernel;
use tract_onnx::tract_hir::internal::*;

/// The name that it goes by in a rewritten graph.
pub(in crate::model::onnx) const CORNERS: &str = "modelhost.Resize";

#[derive(Debug, Clone)]
struct Resize {
    mode: Mode,
    /// The slots that are there, of scales and of sizes.
    scales: Option<usize>,
    sizes: Option<usize>,
}

#[derive(Debug, Clone, Copy)]
enum Mode {
    /// With the coefficient of its kernel.
    Cubic(f32),
    Linear,
    Nearest(Rounding),
}

#[derive(Debug, Clone, Copy)]
enum Rounding {
    Ceil,
    Floor,
    HalfDown,
    HalfUp,
}

/// What each axis becomes.
#[derive(Debug, Clone)]
enum Target {
    Scales(Vec<f32>),
    Sizes(Vec<TDim>),
}

pub(super) fn corners(_context: &ParsingContext, node: &NodeProto) -> Built {
    let text = |name: &str, default| -> TractResult<String> {
        let text: Option<String> = node.get_attr_opt(name)?;
        Ok(text.unwrap_or_else(|| String::from(default)))
    };
    let mode = match &*text("mode", "nearest")? {
        "cubic" => Mode::Cubic(node.get_attr_opt("cubic_coeff_a")?.unwrap_or(-0.75)),
        "linear" => Mode::Linear,
        "nearest" => Mode::Nearest(match &*text("nearest_mode", "round_prefer_floor")? {
            "ceil" => Rounding::Ceil,
            "floor" => Rounding::Floor,
            "round_prefer_floor" => Rounding::HalfDown,
            "round_prefer_ceil" => Rounding::HalfUp,
            other => bail!("its nearest_mode `{other}` is not supported"),
        }),
        other => bail!("its mode `{other}` is not supported"),
    };
    let slot = |slot: usize| {
        let before = node.input.iter().take(slot);
        let there = node.input.get(slot).is_some_and(|name| !name.is_empty());
        there.then(|| before.filter(|name| !name.is_empty()).count())
    };
    let resize = Resize {
        mode,
        scales: slot(2),
        sizes: slot(3),
    };
    Ok((expand(resize), vec![]))
}

impl Target {
    fn of(scales: Option<&Tensor>, sizes: Option<&Tensor>) -> TractResult<Target> {
        if let Some(sizes) = sizes {
            let sizes = sizes.cast_to::<TDim>()?;
            return Ok(Target::Sizes(
                sizes.try_as_plain_ram()?.as_slice()?.to_vec(),
            ));
        }
        let scales = scales.context("it has neither scales nor sizes")?;
        Ok(Target::Scales(
            scales.try_as_plain_ram()?.as_slice()?.to_vec(),
        ))
    }

    fn shape(&self, shape: &[TDim]) -> TractResult<TVec<TDim>> {
        match self {
            Target::Sizes(sizes) => {
                ensure!(
                    sizes.len() == shape.len(),
                    "it has not a size for each axis"
                );
                Ok(sizes.iter().cloned().collect())
            }
            Target::Scales(scales) => {
                ensure!(
                    scales.len() == shape.len(),
                    "it has not a scale for each axis"
                );
                let scaled = shape.iter().zip(scales).map(|(dim, scale)| {
                    if scale.fract() == 0.0 {
                        return Ok(dim.clone() * (*scale as i64));
                    }
                    let size = dim.to_usize()? as f32;
                    Ok(((size * scale).floor() as i64).to_dim())
                });
                scaled.collect()
            }
        }
    }
}

impl Expansion for Resize {
    fn name(&self) -> StaticName {
        "Resize".into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_output_arity(outputs, 1)?;
        solver.equals(&inputs[0].datum_type, &outputs[0].datum_type)?;
        solver.equals(&inputs[0].rank, &outputs[0].rank)?;
        let slot = self.sizes.or(self.scales);
        let slot = slot.context("it has neither scales nor sizes")?;
        solver.given_2(
            &inputs[0].shape,
            &inputs[slot].value,
            move |solver, shape: TVec<TDim>, value| {
                let (scales, sizes) = match self.sizes {
                    Some(_) => (None, Some(&*value)),
                    None => (Some(&*value), None),
                };
                let target = Target::of(scales, sizes)?;
                solver.equals(&outputs[0].shape, target.shape(&shape)?)
            },
        )
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let known = |slot: Option<usize>| -> TractResult<Option<Arc<Tensor>>> {
            let Some(slot) = slot else {
                return Ok(None);
            };
            let known = model.outlet_fact(inputs[slot])?.konst.clone();
            let known = known.context("its scales or sizes must be known before it runs")?;
            Ok(Some(known))
        };
        let sizes = known(self.sizes)?;
        let scales = if sizes.is_none() {
            known(self.scales)?
        } else {
            None
        };
        let target = Target::of(scales.as_deref(), sizes.as_deref())?;
        if let Target::Sizes(sizes) = &target {
            // Symbols in here would not be filled in with those of the graph.
            let are_known = sizes.iter().all(|size| size.to_usize().is_ok());
            ensure!(are_known, "its sizes must be known before it runs");
        }
        let mode = self.mode;
        wired(Corners { mode, target }, prefix, model, &inputs[..1])
    }
}

#[derive(Debug)]
struct Corners {
    mode: Mode,
    target: Target,
}

impl Kernel for Corners {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let input = required(inputs, 0)?;
        let dtype = input.datum_type;
        let fits = matches!(dtype, DatumType::F16 | DatumType::F32 | DatumType::U8);
        ensure!(fits, "{dtype:?} is not supported");
        let shape = self.target.shape(&input.shape.to_tvec())?;
        Ok(vec![input.datum_type.fact(&shape)])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let input = *required(inputs, 0)?;
        let dims: TVec<TDim> = input.shape().iter().map(|size| size.to_dim()).collect();
        let shape = self.target.shape(&dims)?;
        let shape: Vec<usize> = shape
            .iter()
            .map(|dim| dim.to_usize())
            .collect::<Result<_, _>>()?;
        let mut sizes = input.shape().to_vec();
        ensure!(
            !sizes.contains(&0) || shape.contains(&0),
            "it makes something of nothing"
        );
        let mut values = input
            .cast_to::<f32>()?
            .try_as_plain_ram()?
            .as_slice::<f32>()?
            .to_vec();
        for (axis, size) in shape.iter().enumerate() {
            if sizes[axis] == *size {
                continue;
            }
            let taps = self.taps(sizes[axis], *size);
            let inner: usize = sizes[axis + 1..].iter().product();
            let mut made = Vec::new();
            for block in values.chunks(sizes[axis] * inner) {
                for taps in &taps {
                    let start = made.len();
                    made.resize(start + inner, 0.0);
                    for (at, weight) in taps {
                        let row = &block[at * inner..(at + 1) * inner];
                        let pairs = made[start..].iter_mut().zip(row);
                        pairs.for_each(|(sum, value)| *sum += weight * value);
                    }
                }
            }
            values = made;
            sizes[axis] = *size;
        }
        let output = Tensor::from_shape(&shape, &values)?;
        Ok(vec![output.cast_to_dt(input.datum_type())?.into_owned()])
    }
}

impl Corners {
    /// What each of `output` places takes, and how much of it, from `input` places.
    fn taps(&self, input: usize, output: usize) -> Vec<Vec<(usize, f32)>> {
        let last = input.saturating_sub(1);
        let place = |at: usize| match output {
            0 | 1 => 0.0,
            _ => at as f32 * last as f32 / (output - 1) as f32,
        };
        let inside = |at: f32| (at.max(0.0) as usize).min(last);
        let taps = |at: f32| match self.mode {
            Mode::Cubic(coefficient) => {
                let floor = at.floor();
                let tap = |step: i8| {
                    let from = floor + f32::from(step);
                    (inside(from), cubic_kernel(at - from, coefficient))
                };
                (-1..=2).map(tap).collect()
            }
            Mode::Linear => {
                let part = at - at.floor();
                vec![(inside(at), 1.0 - part), (inside(at + 1.0), part)]
            }
            Mode::Nearest(rounding) => {
                let nearest = match rounding {
                    Rounding::Ceil => at.ceil(),
                    Rounding::Floor => at.floor(),
                    Rounding::HalfDown => (at - 0.5).ceil(),
                    Rounding::HalfUp => (at + 0.5).floor(),
                };
                vec![(inside(nearest), 1.0)]
            }
        };
        (0..output).map(|at| taps(place(at))).collect()
    }
}
