//! Pad: tract's cannot take anything away, nor pad truths.
//! Must not know where its input comes from.

use crate::model::onnx::kernel::{Built, axis_in};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::ops::array::{Pad as Tracts, PadMode, Slice};
use tract_onnx::tract_core::ops::cast::cast;
use tract_onnx::tract_hir::internal::*;

#[derive(Debug, Clone)]
struct Pad {
    mode: Mode,
    /// Before opset 11 they are an attribute, and an input since.
    pads: Option<Vec<i64>>,
    value: Option<usize>,
    axes: Option<usize>,
}

#[derive(Debug, Clone)]
enum Mode {
    Constant(f32),
    Edge,
    Reflect,
}

pub(super) fn pad(_context: &ParsingContext, node: &NodeProto) -> Built {
    let name: Option<&str> = node.get_attr_opt("mode")?;
    let mode = match name.unwrap_or("constant") {
        "constant" => Mode::Constant(node.get_attr_opt("value")?.unwrap_or(0.0)),
        "edge" => Mode::Edge,
        "reflect" => Mode::Reflect,
        other => bail!("its mode `{other}` is not supported"),
    };
    let present = |slot: usize| node.input.get(slot).is_some_and(|name| !name.is_empty());
    let value = present(2).then_some(2);
    let pad = Pad {
        mode,
        pads: node.get_attr_opt_vec("pads")?,
        value,
        axes: present(3).then(|| 2 + usize::from(value.is_some())),
    };
    Ok((expand(pad), vec![]))
}

impl Pad {
    /// What comes before and after each axis of a tensor of `rank`.
    fn pads(
        &self,
        rank: usize,
        pads: &[TDim],
        axes: Option<&Tensor>,
    ) -> TractResult<Vec<(TDim, TDim)>> {
        let axes: Vec<i64> = match axes {
            Some(axes) => {
                let axes = axes.cast_to::<i64>()?;
                axes.try_as_plain_ram()?.as_slice::<i64>()?.to_vec()
            }
            None => (0..rank as i64).collect(),
        };
        ensure!(
            pads.len() == 2 * axes.len(),
            "it has {} pads for {} axes",
            pads.len(),
            axes.len()
        );
        let mut both = vec![(0.to_dim(), 0.to_dim()); rank];
        for (at, axis) in axes.iter().enumerate() {
            let pair = (pads[at].clone(), pads[at + axes.len()].clone());
            both[axis_in(*axis, rank)?] = pair;
        }
        Ok(both)
    }
}

fn sizes(tensor: &Tensor) -> TractResult<Vec<TDim>> {
    let sizes = tensor.cast_to::<TDim>()?;
    Ok(sizes.try_as_plain_ram()?.as_slice::<TDim>()?.to_vec())
}

impl Expansion for Pad {
    fn name(&self) -> StaticName {
        "Pad".into()
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
        let mut values: Vec<_> = Vec::new();
        if self.pads.is_none() {
            values.push(&inputs[1].value);
        }
        values.extend(self.axes.map(|slot| &inputs[slot].value));
        solver.given_all(values, move |solver, values: Vec<Arc<Tensor>>| {
            let mut values = values.into_iter();
            let pads = match &self.pads {
                Some(pads) => pads.iter().map(|pad| pad.to_dim()).collect(),
                None => sizes(&*values.next().context("it has no pads")?)?,
            };
            let axes = values.next();
            solver.given(&inputs[0].rank, move |solver, rank| {
                let pads = self.pads(rank as usize, &pads, axes.as_deref())?;
                for (axis, (before, after)) in pads.into_iter().enumerate() {
                    let padded = inputs[0].shape[axis].bex() + before + after;
                    solver.equals(&outputs[0].shape[axis], padded)?;
                }
                Ok(())
            })
        })
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let known = |slot: usize, what: &str| -> TractResult<Arc<Tensor>> {
            let known = model.outlet_fact(inputs[slot])?.konst.clone();
            known.with_context(|| format!("{what} must be known before it runs"))
        };
        let pads = match &self.pads {
            Some(pads) => pads.iter().map(|pad| pad.to_dim()).collect(),
            None => sizes(&*known(1, "its pads")?)?,
        };
        let axes = self.axes.map(|slot| known(slot, "its axes")).transpose()?;
        let value = match self.value {
            Some(slot) => Some(known(slot, "its value")?),
            None => None,
        };
        let fact = model.outlet_fact(inputs[0])?.clone();
        let pads = self.pads(fact.rank(), &pads, axes.as_deref())?;
        let pads = pads
            .iter()
            .map(|(before, after)| Ok((before.to_i64()?, after.to_i64()?)))
            .collect::<TractResult<Vec<_>>>()?;
        let mut wire = inputs[0];
        // What is taken away goes first, as in onnxruntime: a reflection does not see it.
        for (axis, (before, after)) in pads.iter().enumerate() {
            if *before < 0 || *after < 0 {
                let start = before.min(&0).unsigned_abs().to_dim();
                let end = fact.shape[axis].clone() + *after.min(&0);
                let name = format!("{prefix}.without.{axis}");
                wire = model.wire_node(name, Slice { axis, start, end }, &[wire])?[0];
            }
        }
        let count = |count: i64| usize::try_from(count).unwrap_or(0);
        let is_truth = fact.datum_type == bool::datum_type();
        let mode = match &self.mode {
            Mode::Constant(_) if let Some(value) = value => {
                ensure!(value.len() == 1, "its value is not one number");
                let value = value.into_tensor().into_shape(&[])?;
                let value = if is_truth {
                    value.cast_to::<u8>()?.into_owned()
                } else {
                    value
                };
                PadMode::Constant(value.into_arc_tensor())
            }
            Mode::Constant(value) => PadMode::Constant(rctensor0(*value)),
            Mode::Edge => PadMode::Edge,
            Mode::Reflect => PadMode::Reflect,
        };
        let op = Tracts {
            pads: pads.iter().map(|(a, b)| (count(*a), count(*b))).collect(),
            mode,
        };
        if is_truth {
            let number = cast(u8::datum_type());
            wire = model.wire_node(format!("{prefix}.number"), number, &[wire])?[0];
            let padded = model.wire_node(format!("{prefix}.padded"), op, &[wire])?;
            return model.wire_node(prefix, cast(bool::datum_type()), &padded);
        }
        model.wire_node(prefix, op, &[wire])
    }
}
