//! CumSum: tract's cannot sum sizes, and needs its axis before it runs.
//! Must not know where its input comes from.

use crate::model::onnx::kernel::{Built, Kernel, axis_in, operator, required};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::tract_data::half::f16;
use tract_onnx::tract_hir::internal::*;
use tract_onnx::tract_hir::tract_num_traits::{Num, WrappingAdd};

#[derive(Debug)]
struct CumSum {
    reverse: bool,
    exclusive: bool,
}

pub(super) fn cum_sum(_context: &ParsingContext, node: &NodeProto) -> Built {
    let is = |name| Ok::<_, TractError>(node.get_attr_opt::<i64>(name)? == Some(1));
    let (reverse, exclusive) = (is("reverse")?, is("exclusive")?);
    operator(node, CumSum { reverse, exclusive })
}

impl Kernel for CumSum {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        Ok(vec![required(inputs, 0)?.without_value()])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let axis = required(inputs, 1)?.cast_to::<i64>()?;
        let axis = axis.try_as_plain_ram()?.as_slice::<i64>()?;
        let [axis] = *axis else {
            bail!("its axis is not one number");
        };
        let input = *required(inputs, 0)?;
        let axis = axis_in(axis, input.rank())?;
        Ok(vec![match input.datum_type() {
            DatumType::F16 => self.sums::<f16>(input, axis, |a, b| a + b)?,
            DatumType::F32 => self.sums::<f32>(input, axis, |a, b| a + b)?,
            DatumType::F64 => self.sums::<f64>(input, axis, |a, b| a + b)?,
            DatumType::I32 => self.wholes::<i32>(input, axis)?,
            DatumType::I64 => self.wholes::<i64>(input, axis)?,
            DatumType::U32 => self.wholes::<u32>(input, axis)?,
            DatumType::U64 => self.wholes::<u64>(input, axis)?,
            other => bail!("{other:?} is not supported"),
        }])
    }
}

impl CumSum {
    fn wholes<T>(&self, input: &Tensor, axis: usize) -> TractResult<Tensor>
    where
        T: Datum + Copy + Num + WrappingAdd,
    {
        self.sums::<T>(input, axis, |a, b| a.wrapping_add(&b))
    }

    fn sums<T>(&self, input: &Tensor, axis: usize, add: fn(T, T) -> T) -> TractResult<Tensor>
    where
        T: Datum + Copy + Num,
    {
        let mut output = input.clone();
        let (count, rest) = input.shape()[axis..].split_first().context("no axis")?;
        let inner: usize = rest.iter().product();
        let outer: usize = input.shape()[..axis].iter().product();
        let mut plain = output.try_as_plain_ram_mut()?;
        let values = plain.as_slice_mut::<T>()?;
        for start in (0..outer).flat_map(|o| (0..inner).map(move |i| o * count * inner + i)) {
            let mut sum = T::zero();
            for step in 0..*count {
                let step = if self.reverse { count - 1 - step } else { step };
                let value = &mut values[start + step * inner];
                let before = sum;
                sum = add(sum, *value);
                *value = if self.exclusive { before } else { sum };
            }
        }
        Ok(output)
    }
}
