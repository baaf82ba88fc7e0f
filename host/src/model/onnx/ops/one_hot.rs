//! OneHot: of an index outside of the classes nothing is on, where tract breaks off.
//! Must not know what the classes are.

use crate::model::onnx::kernel::{Built, Kernel, axis_in, required, wired};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::tract_data::half::f16;
use tract_onnx::tract_hir::internal::*;

#[derive(Debug, Clone)]
struct OneHot {
    axis: i64,
}

pub(super) fn one_hot(_context: &ParsingContext, node: &NodeProto) -> Built {
    let axis = node.get_attr_opt("axis")?.unwrap_or(-1);
    Ok((expand(OneHot { axis }), vec![]))
}

impl OneHot {
    /// Where the axis of classes comes in indices of `rank`.
    fn axis(&self, rank: usize) -> TractResult<usize> {
        let axis = self.axis;
        let fits = axis_in(axis, rank + 1).ok();
        fits.with_context(|| format!("its axis {axis} does not fit indices of rank {rank}"))
    }
}

/// How many classes there are.
fn depth(given: &Tensor) -> TractResult<usize> {
    let given = given.cast_to::<i64>()?;
    match *given.try_as_plain_ram()?.as_slice::<i64>()? {
        [depth] if depth > 0 => Ok(depth as usize),
        _ => bail!("its depth is not one positive number"),
    }
}

impl Expansion for OneHot {
    fn name(&self) -> StaticName {
        "OneHot".into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, 3)?;
        check_output_arity(outputs, 1)?;
        solver.equals(&inputs[2].datum_type, &outputs[0].datum_type)?;
        solver.equals(inputs[0].rank.bex() + 1, &outputs[0].rank)?;
        solver.given_2(
            &inputs[0].shape,
            &inputs[1].value,
            move |solver, mut shape: TVec<TDim>, given| {
                shape.insert(self.axis(shape.len())?, depth(&given)?.to_dim());
                solver.equals(&outputs[0].shape, shape)
            },
        )
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let axis = self.axis(model.outlet_fact(inputs[0])?.rank())?;
        let given = model.outlet_fact(inputs[1])?.konst.clone();
        let depth = depth(&*given.context("its depth must be known before it runs")?)?;
        let classes = Classes { axis, depth };
        wired(classes, prefix, model, &[inputs[0], inputs[2]])
    }
}

#[derive(Debug)]
struct Classes {
    axis: usize,
    depth: usize,
}

impl Kernel for Classes {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let mut shape = required(inputs, 0)?.shape.to_tvec();
        shape.insert(self.axis, self.depth.to_dim());
        Ok(vec![required(inputs, 1)?.datum_type.fact(&shape)])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let (indices, values) = (*required(inputs, 0)?, *required(inputs, 1)?);
        ensure!(values.len() == 2, "it has not two values");
        let mut shape = indices.shape().to_vec();
        let inner: usize = shape[self.axis..].iter().product();
        shape.insert(self.axis, self.depth);
        let indices = indices.cast_to::<i64>()?;
        let indices = indices.try_as_plain_ram()?.as_slice::<i64>()?;
        let mut hot = vec![0_u8; indices.len() * self.depth];
        for (at, index) in indices.iter().enumerate() {
            let depth = self.depth as i64;
            let class = if *index < 0 { index + depth } else { *index };
            if (0..depth).contains(&class) {
                let (outer, inside) = (at / inner, at % inner);
                hot[(outer * self.depth + class as usize) * inner + inside] = 1;
            }
        }
        let of = |at: u8| values.slice(0, usize::from(at), usize::from(at) + 1);
        let (off, on) = (of(0)?, of(1)?);
        Ok(vec![match values.datum_type().unquantized() {
            DatumType::Bool => filled::<bool>(&shape, &hot, &off, &on)?,
            DatumType::F16 => filled::<f16>(&shape, &hot, &off, &on)?,
            DatumType::F32 => filled::<f32>(&shape, &hot, &off, &on)?,
            DatumType::F64 => filled::<f64>(&shape, &hot, &off, &on)?,
            DatumType::I8 => filled::<i8>(&shape, &hot, &off, &on)?,
            DatumType::I16 => filled::<i16>(&shape, &hot, &off, &on)?,
            DatumType::I32 => filled::<i32>(&shape, &hot, &off, &on)?,
            DatumType::I64 => filled::<i64>(&shape, &hot, &off, &on)?,
            DatumType::U8 => filled::<u8>(&shape, &hot, &off, &on)?,
            DatumType::U16 => filled::<u16>(&shape, &hot, &off, &on)?,
            DatumType::U32 => filled::<u32>(&shape, &hot, &off, &on)?,
            DatumType::U64 => filled::<u64>(&shape, &hot, &off, &on)?,
            other => bail!("{other:?} is not supported"),
        }])
    }
}

fn filled<T: Datum + Copy>(
    shape: &[usize],
    hot: &[u8],
    off: &Tensor,
    on: &Tensor,
) -> TractResult<Tensor> {
    let (off, on) = (off.cast_to_scalar::<T>()?, on.cast_to_scalar::<T>()?);
    let pick = |hot: &u8| if *hot == 1 { on } else { off };
    let values: Vec<T> = hot.iter().map(pick).collect();
    Tensor::from_shape(shape, &values)
}
