//! Equal: tract's takes sizes that are not known yet for unequal, which they may turn out not to be.
//! Must not know where its inputs come from.

use crate::model::onnx::kernel::Built;
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::broadcast::multi_broadcast;
use tract_onnx::tract_core::ops::binary::BinMiniOp;
use tract_onnx::tract_core::ops::logic::CompEq;
use tract_onnx::tract_core::tract_data::TooEarly;
use tract_onnx::tract_hir::internal::*;
use tract_onnx::tract_hir::ops::binary::BinIntoHir;

#[derive(Debug, Clone, Hash, PartialEq, Eq)]
struct Equal;

pub(super) fn equal(_context: &ParsingContext, _node: &NodeProto) -> Built {
    Ok((Equal.into_hir(), vec![]))
}

impl BinMiniOp for Equal {
    fn name(&self) -> &'static str {
        "Equal"
    }

    fn result_datum_type(&self, a: DatumType, b: DatumType) -> TractResult<DatumType> {
        CompEq.result_datum_type(a, b)
    }

    fn eval_in_a(&self, a: &mut Tensor, b: &Tensor) -> TractResult<()> {
        CompEq.eval_in_a(a, b)
    }

    fn eval_out_of_place(&self, c: &mut Tensor, a: &Tensor, b: &Tensor) -> TractResult<()> {
        CompEq.eval_out_of_place(c, a, b)
    }

    fn is_commutative(&self) -> bool {
        CompEq.is_commutative()
    }

    fn eval(&self, a: TValue, b: TValue, dtype: DatumType) -> TractResult<Tensor> {
        if a.datum_type() == bool::datum_type() {
            // tract compares only numbers.
            let number = |truth: TValue| truth.cast_to_dt(u8::datum_type()).map(Cow::into_owned);
            return CompEq.eval(number(a)?.into_tvalue(), number(b)?.into_tvalue(), dtype);
        }
        CompEq.eval(a, b, dtype)
    }

    fn eval_symbolic(
        &self,
        context: &EvalContext,
        inputs: TVec<TValue>,
    ) -> TractResult<Option<TVec<TValue>>> {
        let size = TDim::datum_type();
        if inputs.iter().all(|input| input.datum_type() != size) {
            return Ok(None);
        }
        let sizes = |input: &TValue| -> TractResult<Vec<TDim>> {
            let sizes = input.cast_to::<TDim>()?;
            let sizes = sizes.try_as_plain_ram()?.as_slice::<TDim>()?.iter();
            Ok(sizes.map(|size| size.eval(context.symbols)).collect())
        };
        let (a, b) = (sizes(&inputs[0])?, sizes(&inputs[1])?);
        let shape = multi_broadcast(&[inputs[0].shape(), inputs[1].shape()])?;
        let a = tract_ndarray::ArrayD::from_shape_vec(inputs[0].shape(), a)?;
        let b = tract_ndarray::ArrayD::from_shape_vec(inputs[1].shape(), b)?;
        let wide = "both broadcast to the shape that they have together";
        let a = a.broadcast(&*shape).context(wide)?;
        let b = b.broadcast(&*shape).context(wide)?;
        let pairs = a.iter().zip(&b);
        let equal = pairs
            .map(|(a, b)| is_same(a, b))
            .collect::<TractResult<Vec<_>>>()?;
        Ok(Some(tvec!(
            Tensor::from_shape(&shape, &equal)?.into_tvalue()
        )))
    }

    fn uniform_tdim_comparison(&self, a: &TDim, b: &TDim) -> Option<TDim> {
        CompEq.uniform_tdim_comparison(a, b)
    }
}

/// Whether two sizes are equal, if that is decided whatever the symbols stand for.
fn is_same(a: &TDim, b: &TDim) -> TractResult<bool> {
    let difference = (a.clone() - b).simplify();
    if let TDim::Val(difference) = difference {
        return Ok(difference == 0);
    }
    let other = (b.clone() - a).simplify();
    if is_positive(&difference) || is_positive(&other) {
        return Ok(false);
    }
    Err(TooEarly::UndeterminedSymbol(difference.to_string()).into())
}

fn is_positive(size: &TDim) -> bool {
    size.prove_strict_positive() || is_size(&(size.clone() - 1).simplify())
}

/// Whether `size` is made of sizes and whole numbers in such a way that it cannot be negative.
pub(super) fn is_size(size: &TDim) -> bool {
    match size {
        TDim::Val(value) => *value >= 0,
        TDim::Sym(_) => true,
        TDim::Add(terms) | TDim::Mul(terms) | TDim::Broadcast(terms) => terms.iter().all(is_size),
        TDim::MulInt(factor, term) => *factor >= 0 && is_size(term),
        TDim::Div(term, _) => is_size(term),
        _ => false,
    }
}
