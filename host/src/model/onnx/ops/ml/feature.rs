//! ArrayFeatureExtractor: columns by their numbers.
//! Must not know what the columns mean.

use crate::model::onnx::kernel::{Built, Kernel, operator, required};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

#[derive(Debug)]
struct Features;

pub(in crate::model::onnx::ops) fn array_feature_extractor(
    _context: &ParsingContext,
    node: &NodeProto,
) -> Built {
    operator(node, Features)
}

impl Kernel for Features {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let table = required(inputs, 0)?;
        let count: TDim = required(inputs, 1)?.shape.iter().product();
        let mut shape = match table.rank() {
            0 => bail!("it takes columns of a table, not of one number"),
            1 => tvec!(1.to_dim()),
            rank => table.shape.iter().take(rank - 1).cloned().collect(),
        };
        shape.push(count);
        Ok(vec![table.datum_type.fact(&shape)])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let table = *required(inputs, 0)?;
        let columns = required(inputs, 1)?.cast_to::<i64>()?;
        let columns = columns.try_as_plain_ram()?.as_slice::<i64>()?;
        Ok(vec![match table.datum_type() {
            DatumType::F32 => taken::<f32>(table, columns)?,
            DatumType::F64 => taken::<f64>(table, columns)?,
            DatumType::I32 => taken::<i32>(table, columns)?,
            DatumType::I64 => taken::<i64>(table, columns)?,
            other => bail!("{other:?} is not supported"),
        }])
    }
}

fn taken<T: Datum + Copy>(table: &Tensor, columns: &[i64]) -> TractResult<Tensor> {
    let (width, rest) = table.shape().split_last().context("it has no columns")?;
    let column = |column: &i64| {
        let fits = usize::try_from(*column).ok().filter(|at| at < width);
        fits.with_context(|| format!("there is no column {column} of {width}"))
    };
    let columns: Vec<usize> = columns.iter().map(column).collect::<TractResult<_>>()?;
    let rows = table
        .try_as_plain_ram()?
        .as_slice::<T>()?
        .chunks((*width).max(1));
    let values: Vec<T> = rows
        .flat_map(|row| columns.iter().map(|column| row[*column]))
        .collect();
    let mut shape = if rest.is_empty() {
        vec![1]
    } else {
        rest.to_vec()
    };
    shape.push(columns.len());
    Tensor::from_shape(&shape, &values)
}
