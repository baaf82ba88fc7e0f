//! The Reduce operators and ArgMax, ArgMin: tract sums whole numbers in 32 bits, overflows in the log of a sum of exponentials, and has no largest of nothing.
//! Must not know where its input comes from.

use super::size::cast_all;
use crate::model::onnx::kernel::{Built, Kernel, axis_in, required, wired};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::ops::cast::cast;
use tract_onnx::tract_core::tract_data::half::f16;
use tract_onnx::tract_hir::internal::*;
use tract_onnx::tract_hir::ops::nn::{Reduce as Tracts, Reducer};
use tract_onnx::tract_hir::tract_num_traits::{AsPrimitive, Bounded, Float};

#[derive(Debug, Clone)]
struct Reduce {
    reducer: Reducer,
    axes: Vec<i64>,
    /// Whether axes come as an input.
    given: bool,
    keeps: bool,
    /// Whether no axes are none, rather than all.
    none: bool,
}

pub(super) fn reduce(_context: &ParsingContext, node: &NodeProto) -> Built {
    let reducer = match node.op_type.as_str() {
        "ReduceL1" => Reducer::L1,
        "ReduceL2" => Reducer::L2,
        "ReduceLogSum" => Reducer::LogSum,
        "ReduceLogSumExp" => Reducer::LogSumExp,
        "ReduceMax" => Reducer::Max,
        "ReduceMean" => Reducer::Mean,
        "ReduceMin" => Reducer::Min,
        "ReduceProd" => Reducer::Prod,
        "ReduceSum" => Reducer::Sum,
        "ReduceSumSquare" => Reducer::SumSquare,
        other => bail!("`{other}` is not known"),
    };
    let reduce = Reduce {
        reducer,
        axes: node.get_attr_opt_vec("axes")?.unwrap_or_default(),
        given: node.input.get(1).is_some_and(|name| !name.is_empty()),
        keeps: keeps(node)?,
        none: node.get_attr_opt("noop_with_empty_axes")? == Some(1),
    };
    Ok((expand(reduce), vec![]))
}

pub(super) fn arg(_context: &ParsingContext, node: &NodeProto) -> Built {
    let last = node.get_attr_opt("select_last_index")? == Some(1);
    let reduce = Reduce {
        reducer: match node.op_type.as_str() {
            "ArgMax" => Reducer::ArgMax(last),
            _ => Reducer::ArgMin(last),
        },
        axes: vec![node.get_attr_opt("axis")?.unwrap_or(0)],
        given: false,
        keeps: keeps(node)?,
        none: false,
    };
    Ok((expand(reduce), vec![]))
}

fn keeps(node: &NodeProto) -> TractResult<bool> {
    Ok(node.get_attr_opt::<i64>("keepdims")?.unwrap_or(1) == 1)
}

impl Reduce {
    fn is_arg(&self) -> bool {
        matches!(self.reducer, Reducer::ArgMax(_) | Reducer::ArgMin(_))
    }

    /// What is reduced of a tensor of `rank`, from the front to the back.
    fn axes(&self, given: Option<&Tensor>, rank: usize) -> TractResult<TVec<usize>> {
        let axes = match given {
            Some(given) => {
                let given = given.cast_to::<i64>()?;
                given.try_as_plain_ram()?.as_slice::<i64>()?.to_vec()
            }
            None => self.axes.clone(),
        };
        if axes.is_empty() && !self.none {
            return Ok((0..rank).collect());
        }
        let counted = axes.iter().map(|axis| axis_in(*axis, rank).ok());
        let counted: Option<TVec<usize>> = counted.collect();
        let mut counted =
            counted.with_context(|| format!("its axes {axes:?} are outside of rank {rank}"))?;
        counted.sort_unstable();
        counted.dedup();
        Ok(counted)
    }

    fn shape(&self, axes: &[usize], shape: &[TDim]) -> TVec<TDim> {
        let dim = |(axis, dim): (usize, &TDim)| match axes.contains(&axis) {
            true => self.keeps.then(|| 1.to_dim()),
            false => Some(dim.clone()),
        };
        shape.iter().enumerate().filter_map(dim).collect()
    }
}

impl Expansion for Reduce {
    fn name(&self) -> StaticName {
        format!("Reduce<{:?}>", self.reducer).into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, 1 + usize::from(self.given))?;
        check_output_arity(outputs, 1)?;
        if self.is_arg() {
            solver.equals(&outputs[0].datum_type, i64::datum_type())?;
        } else {
            solver.equals(&inputs[0].datum_type, &outputs[0].datum_type)?;
        }
        if self.given {
            return solver.given_2(
                &inputs[0].shape,
                &inputs[1].value,
                move |solver, shape: TVec<TDim>, axes| {
                    let axes = self.axes(Some(&axes), shape.len())?;
                    solver.equals(&outputs[0].shape, self.shape(&axes, &shape))
                },
            );
        }
        solver.given(&inputs[0].shape, move |solver, shape| {
            let axes = self.axes(None, shape.len())?;
            solver.equals(&outputs[0].shape, self.shape(&axes, &shape))
        })
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let fact = model.outlet_fact(inputs[0])?.clone();
        let given = match inputs.get(1) {
            Some(axes) => {
                let axes = model.outlet_fact(*axes)?.konst.clone();
                Some(axes.context("its axes must be known before it runs")?)
            }
            None => None,
        };
        let axes = self.axes(given.as_deref(), fact.rank())?;
        let is_size = fact.datum_type == TDim::datum_type();
        let mut wire = inputs[0];
        if is_size {
            let whole = cast(i64::datum_type());
            wire = model.wire_node(format!("{prefix}.whole"), whole, &[wire])?[0];
        }
        let is_whole = is_size || fact.datum_type.is_integer();
        let is_bounded = matches!(
            self.reducer,
            Reducer::Max | Reducer::Min | Reducer::LogSumExp
        );
        if self.is_arg() || !(is_whole || is_bounded) {
            let signed = axes.iter().map(|axis| *axis as i64).collect();
            let tracts = Tracts::new(Some(signed), self.keeps, self.reducer);
            return tracts.wire(prefix, model, &[wire]);
        }
        let own = Own {
            reducer: self.reducer,
            axes: axes.clone(),
        };
        wire = wired(own, prefix, model, &[wire])?[0];
        if is_size {
            wire = cast_all(prefix, model, &[wire], fact.datum_type)?[0];
        }
        if !self.keeps {
            for axis in axes.iter().rev() {
                let name = format!("{prefix}.without.{axis}");
                wire = model.wire_node(name, AxisOp::Rm(*axis), &[wire])?[0];
            }
        }
        Ok(tvec!(wire))
    }
}

/// What tract has wrong, along axes that stay with a size of 1.
#[derive(Debug)]
struct Own {
    reducer: Reducer,
    axes: TVec<usize>,
}

impl Kernel for Own {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let input = required(inputs, 0)?;
        let mut shape = input.shape.to_tvec();
        self.axes.iter().for_each(|axis| shape[*axis] = 1.to_dim());
        Ok(vec![input.datum_type.fact(&shape)])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let input = *required(inputs, 0)?;
        Ok(vec![match input.datum_type() {
            DatumType::Bool => {
                let numbers = self.wholes::<u8>(&*input.cast_to::<u8>()?)?;
                // Of nothing comes the largest or smallest u8.
                numbers.cast_to::<bool>()?.into_owned()
            }
            DatumType::F16 => self.fractions::<f16>(input)?,
            DatumType::F32 => self.fractions::<f32>(input)?,
            DatumType::F64 => self.fractions::<f64>(input)?,
            DatumType::I8 => self.wholes::<i8>(input)?,
            DatumType::I16 => self.wholes::<i16>(input)?,
            DatumType::I32 => self.wholes::<i32>(input)?,
            DatumType::I64 => self.wholes::<i64>(input)?,
            DatumType::U8 => self.wholes::<u8>(input)?,
            DatumType::U16 => self.wholes::<u16>(input)?,
            DatumType::U32 => self.wholes::<u32>(input)?,
            DatumType::U64 => self.wholes::<u64>(input)?,
            other => bail!("{other:?} is not supported"),
        }])
    }
}

impl Own {
    fn fractions<T>(&self, input: &Tensor) -> TractResult<Tensor>
    where
        T: Datum + Copy + Float + AsPrimitive<f64>,
        f64: AsPrimitive<T>,
    {
        self.rows(input, |row: &[T]| match self.reducer {
            Reducer::Max => best(row, T::neg_infinity(), |one, other| one > other),
            Reducer::Min => best(row, T::infinity(), |one, other| one < other),
            _ => log_sum_exp(row.iter().map(|value| value.as_())).as_(),
        })
    }

    /// Beyond what the dtype holds comes the largest or smallest of it, as in onnxruntime.
    fn wholes<T>(&self, input: &Tensor) -> TractResult<Tensor>
    where
        T: Datum + Copy + Ord + Bounded + AsPrimitive<i128> + AsPrimitive<f64>,
        i128: AsPrimitive<T>,
    {
        let kept = |value: i128| -> T {
            value
                .clamp(T::min_value().as_(), T::max_value().as_())
                .as_()
        };
        // The smallest stands for what is no number.
        let whole = |value: f64| match value.is_nan() {
            true => T::min_value(),
            false => kept(value as i128),
        };
        let sum = |row: &[T], of: fn(i128) -> i128| {
            let values = row.iter().map(|value| of(value.as_()));
            values.fold(0, i128::saturating_add)
        };
        let same = |value| value;
        let square = |value: i128| value.saturating_mul(value);
        self.rows(input, |row: &[T]| match self.reducer {
            Reducer::L1 => kept(sum(row, i128::abs)),
            Reducer::L2 => whole((sum(row, square) as f64).sqrt()),
            Reducer::LogSum => whole((sum(row, same) as f64).ln()),
            Reducer::LogSumExp => whole(log_sum_exp(row.iter().map(|value| value.as_()))),
            Reducer::Max => best(row, T::min_value(), |one, other| one > other),
            Reducer::Mean => kept(sum(row, same) / row.len().max(1) as i128),
            Reducer::Min => best(row, T::max_value(), |one, other| one < other),
            Reducer::Prod => {
                let values = row.iter().map(|value| -> i128 { value.as_() });
                kept(values.fold(1, i128::saturating_mul))
            }
            Reducer::SumSquare => kept(sum(row, square)),
            _ => kept(sum(row, same)),
        })
    }

    /// `of` each row of what is reduced together.
    fn rows<T: Datum + Copy>(&self, input: &Tensor, of: impl Fn(&[T]) -> T) -> TractResult<Tensor> {
        let mut shape = input.shape().to_vec();
        let kept = (0..shape.len()).filter(|axis| !self.axes.contains(axis));
        let order: Vec<usize> = kept.chain(self.axes.iter().copied()).collect();
        let view = input.to_plain_array_view::<T>()?.permuted_axes(order);
        let width = self.axes.iter().map(|axis| shape[*axis]).product::<usize>();
        self.axes.iter().for_each(|axis| shape[*axis] = 1);
        let count: usize = shape.iter().product();
        let values = match view.as_slice() {
            Some(values) => Cow::Borrowed(values),
            None => Cow::Owned(view.as_standard_layout().iter().copied().collect()),
        };
        let row = |at: usize| of(&values[at * width..(at + 1) * width]);
        let reduced: Vec<T> = (0..count).map(row).collect();
        Tensor::from_shape(&shape, &reduced)
    }
}

/// The first of the best, `worst` where there is none.
fn best<T: Copy>(row: &[T], worst: T, is_better: impl Fn(T, T) -> bool) -> T {
    let better = |one: T, other: T| if is_better(one, other) { one } else { other };
    // Several at once, which the processor can compare together.
    let mut lanes = [worst; 16];
    let chunks = row.chunks_exact(lanes.len());
    let rest = chunks.remainder().iter();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = better(*value, *lane);
        }
    }
    let rest = rest.fold(worst, |best, value| better(*value, best));
    lanes
        .into_iter()
        .fold(rest, |best, lane| better(lane, best))
}

/// The largest goes before the exponential, which overflows above 88.
fn log_sum_exp(row: impl Iterator<Item = f64> + Clone) -> f64 {
    let max = row.clone().fold(f64::NEG_INFINITY, f64::max);
    if max.is_infinite() {
        return max;
    }
    max + row.map(|value| (value - max).exp()).sum::<f64>().ln()
}
