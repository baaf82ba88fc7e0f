//! Add, Sub, Mul, Div and Pow of whole numbers: tract's square stops at the limits of a dtype, its division of sizes rounds down, and what meets a size is cut to 32 bits.
//! Must not know where their inputs come from.

use super::equal::is_size;
use super::size::cast_all;
use crate::model::onnx::kernel::{Built, Kernel, required, wired};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::broadcast::multi_broadcast;
use tract_onnx::tract_core::ops::binary::{BinMiniOp, TypedBinOp};
use tract_onnx::tract_core::ops::{cast, math};
use tract_onnx::tract_hir::internal::*;
use tract_onnx::tract_hir::ops::binary::{rules, wire_rank_broadcast};
use tract_onnx::tract_hir::tract_num_traits::{AsPrimitive, Bounded, WrappingMul};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Arithmetic {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
}

pub(super) fn add(_context: &ParsingContext, _node: &NodeProto) -> Built {
    Ok((expand(Arithmetic::Add), vec![]))
}

pub(super) fn sub(_context: &ParsingContext, _node: &NodeProto) -> Built {
    Ok((expand(Arithmetic::Sub), vec![]))
}

pub(super) fn mul(_context: &ParsingContext, _node: &NodeProto) -> Built {
    Ok((expand(Arithmetic::Mul), vec![]))
}

pub(super) fn div(_context: &ParsingContext, _node: &NodeProto) -> Built {
    Ok((expand(Arithmetic::Div), vec![]))
}

pub(super) fn pow(_context: &ParsingContext, _node: &NodeProto) -> Built {
    Ok((expand(Arithmetic::Pow), vec![]))
}

impl Arithmetic {
    fn tracts(self) -> Box<dyn BinMiniOp> {
        match self {
            Arithmetic::Add => Box::new(math::Add),
            Arithmetic::Sub => Box::new(math::Sub),
            Arithmetic::Mul => Box::new(math::Mul),
            Arithmetic::Div => Box::new(math::Div),
            Arithmetic::Pow => Box::new(math::Pow),
        }
    }

    /// Of a power, the dtype of what is raised.
    fn dtype(self, a: DatumType, b: DatumType) -> TractResult<DatumType> {
        match self {
            Arithmetic::Pow => Ok(a),
            _ => self.tracts().result_datum_type(a, b),
        }
    }
}

impl Expansion for Arithmetic {
    fn name(&self) -> StaticName {
        self.tracts().name().into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        rules(solver, inputs, outputs, |a, b| self.dtype(a, b))
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let a = model.outlet_fact(inputs[0])?.datum_type;
        let b = model.outlet_fact(inputs[1])?.datum_type;
        let size = TDim::datum_type();
        let wires = wire_rank_broadcast(prefix, model, inputs)?;
        if *self == Arithmetic::Pow && (a.is_integer() || a == size) {
            let power = wired(WholePower, prefix, model, &wires)?;
            // A size that is squared may be one again.
            return if a == size {
                cast_all(&format!("{prefix}.power"), model, &power, size)
            } else {
                Ok(power)
            };
        }
        let dtype = match self {
            Arithmetic::Pow if b.is_integer() || b == size => f64::datum_type(),
            _ => self.tracts().operating_datum_type(a, b)?,
        };
        let wires = cast_all(prefix, model, &wires, dtype)?;
        let op: Box<dyn BinMiniOp> = match self {
            Arithmetic::Mul if dtype.is_integer() || dtype == size => Box::new(Times),
            Arithmetic::Div if dtype.is_integer() || dtype == size => Box::new(Over),
            _ => self.tracts(),
        };
        if *self == Arithmetic::Pow && dtype != a {
            let name = format!("{prefix}.power");
            let power = model.wire_node(name, TypedBinOp(op, None), &wires)?;
            return model.wire_node(prefix, cast::cast(a), &power);
        }
        model.wire_node(prefix, TypedBinOp(op, None), &wires)
    }
}

/// The product of whole numbers: of tract's, nothing is made that stops at the limits.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Times;

impl BinMiniOp for Times {
    fn name(&self) -> &'static str {
        "Times"
    }

    fn result_datum_type(&self, a: DatumType, b: DatumType) -> TractResult<DatumType> {
        math::Mul.result_datum_type(a, b)
    }

    fn neutral_element(&self) -> Option<i64> {
        Some(1)
    }

    fn eval_in_a(&self, a: &mut Tensor, b: &Tensor) -> TractResult<()> {
        math::Mul.eval_in_a(a, b)
    }

    fn eval_out_of_place(&self, c: &mut Tensor, a: &Tensor, b: &Tensor) -> TractResult<()> {
        math::Mul.eval_out_of_place(c, a, b)
    }

    fn eval(&self, a: TValue, b: TValue, dtype: DatumType) -> TractResult<Tensor> {
        if dtype == TDim::datum_type() {
            return of_sizes(&a, &b, |a, b| Ok(a.clone() * b));
        }
        math::Mul.eval(a, b, dtype)
    }
}

/// The quotient of whole numbers, rounded towards zero.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Over;

impl BinMiniOp for Over {
    fn name(&self) -> &'static str {
        "Over"
    }

    fn result_datum_type(&self, a: DatumType, b: DatumType) -> TractResult<DatumType> {
        math::Div.result_datum_type(a, b)
    }

    fn is_commutative(&self) -> bool {
        false
    }

    fn neutral_element(&self) -> Option<i64> {
        Some(1)
    }

    fn eval_in_a(&self, a: &mut Tensor, b: &Tensor) -> TractResult<()> {
        math::Div.eval_in_a(a, b)
    }

    fn eval_out_of_place(&self, c: &mut Tensor, a: &Tensor, b: &Tensor) -> TractResult<()> {
        math::Div.eval_out_of_place(c, a, b)
    }

    fn eval(&self, a: TValue, b: TValue, dtype: DatumType) -> TractResult<Tensor> {
        if dtype == TDim::datum_type() {
            return of_sizes(&a, &b, quotient);
        }
        let divisors = b.cast_to::<bool>()?;
        let divisors = divisors.try_as_plain_ram()?.as_slice::<bool>()?;
        ensure!(!divisors.contains(&false), "a whole number is divided by 0");
        math::Div.eval(a, b, dtype)
    }
}

fn of_sizes(
    a: &Tensor,
    b: &Tensor,
    of: impl Fn(&TDim, &TDim) -> TractResult<TDim>,
) -> TractResult<Tensor> {
    let shape = multi_broadcast(&[a.shape(), b.shape()])?;
    let wide = "both broadcast to the shape that they have together";
    let (a, b) = (a.cast_to::<TDim>()?, b.cast_to::<TDim>()?);
    let a = a.to_plain_array_view::<TDim>()?;
    let b = b.to_plain_array_view::<TDim>()?;
    let a = a.broadcast(&*shape).context(wide)?;
    let b = b.broadcast(&*shape).context(wide)?;
    let made = a.iter().zip(&b).map(|(a, b)| of(a, b));
    let made = made.collect::<TractResult<Vec<_>>>()?;
    Ok(tract_ndarray::ArrayD::from_shape_vec(&*shape, made)?.into_tensor())
}

fn quotient(a: &TDim, b: &TDim) -> TractResult<TDim> {
    if let (TDim::Val(a), TDim::Val(b)) = (a, b) {
        ensure!(*b != 0, "a whole number is divided by 0");
        return Ok(TDim::Val(a.wrapping_div(*b)));
    }
    let (part, by) = a.maybe_div(b)?;
    if is_size(&part) || part.prove_positive_or_zero() {
        return Ok(part / by);
    }
    // A division of sizes rounds down: each sign is divided alone.
    let above = part.clone().maxi(0.to_dim());
    let below = (-part).maxi(0.to_dim());
    Ok(above / by - below / by)
}

/// Whole numbers to a power, as onnxruntime has it: its squares and cubes wrap around, all others go through f64.
#[derive(Debug)]
struct WholePower;

impl Kernel for WholePower {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let (a, b) = (required(inputs, 0)?, required(inputs, 1)?);
        let shape = multi_broadcast(&[a.shape.to_tvec(), b.shape.to_tvec()])?;
        Ok(vec![a.datum_type.fact(&shape)])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let (a, b) = (*required(inputs, 0)?, *required(inputs, 1)?);
        Ok(vec![match a.datum_type() {
            DatumType::I32 => power::<i32>(a, b)?,
            DatumType::I64 => power::<i64>(a, b)?,
            other => bail!("{other:?} is not supported"),
        }])
    }
}

fn power<T>(a: &Tensor, b: &Tensor) -> TractResult<Tensor>
where
    T: Datum + Copy + Bounded + WrappingMul + AsPrimitive<f64>,
    f64: AsPrimitive<T>,
{
    let shape = multi_broadcast(&[a.shape(), b.shape()])?;
    let wide = "both broadcast to the shape that they have together";
    let by = b.cast_to::<f64>()?;
    let by = by.to_plain_array_view::<f64>()?;
    let single = if by.len() == 1 {
        by.first().copied()
    } else {
        None
    };
    let a = a.to_plain_array_view::<T>()?;
    let a = a.broadcast(&*shape).context(wide)?;
    let by = by.broadcast(&*shape).context(wide)?;
    let of = |(a, by): (&T, &f64)| {
        if single == Some(2.0) {
            return a.wrapping_mul(a);
        }
        if single == Some(3.0) {
            return a.wrapping_mul(a).wrapping_mul(a);
        }
        let power = a.as_().powf(*by);
        // What the dtype does not hold is its smallest.
        if power >= T::min_value().as_() && power < -T::min_value().as_() {
            power.as_()
        } else {
            T::min_value()
        }
    };
    let powers: Vec<T> = a.iter().zip(&by).map(of).collect();
    Tensor::from_shape(&shape, &powers)
}
