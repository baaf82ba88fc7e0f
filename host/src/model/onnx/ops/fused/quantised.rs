//! A product of whole numbers of 8 bits with constant weights, packed once, scaled to numbers, with bias and activation.
//! Must not know where its inputs come from.

use super::activation::Activation;
use super::linear::{shape_of, widen};
use crate::model::onnx::kernel::{Built, Kernel, operator, required};
use crate::model::onnx::output::{filled, repeated};
use crate::model::onnx::threads::{share, stay_on_this_thread};
use rten_gemm::{
    GemmExecutor, GemmInputA, GemmInputB, GemmUninitOptions, PackedBMatrix, QuantParams,
};
use rten_tensor::NdTensorView;
use std::cell::RefCell;
use std::fmt;
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

/// Rows whose sums stay in the second cache until they are scaled.
const ROWS: usize = 128;

/// What makes weights of u8 ones of i8, and moves their zero points along.
const HALF: u8 = 128;

thread_local! {
    static SUMS: RefCell<Vec<i32>> = const { RefCell::new(Vec::new()) };
}

type Executor = GemmExecutor<u8, i8, i32>;

/// Inputs: x [.., D] of u8, its zero point and its scale, and then constants: weights [D, N] of i8 or u8, their scale and
/// zero point, each one or N, and a bias [N].
#[derive(Debug)]
struct Quantised(Activation);

struct Packed {
    weights: PackedBMatrix<i8>,
    /// Nothing where all are 0.
    zeros: Option<Vec<i32>>,
    scales: Vec<f32>,
    bias: Vec<f32>,
    activation: Activation,
}

/// Whether sums are exact on this machine: without VNNI, x86 adds pairs of products in 16 bits, which may not hold them.
pub(in crate::model::onnx) fn is_exact() -> bool {
    !Executor::new().may_saturate()
}

pub(crate) fn linear(_context: &ParsingContext, node: &NodeProto) -> Built {
    let activation = Activation::named(node.get_attr("activation")?)?;
    operator(node, Quantised(activation))
}

impl Kernel for Quantised {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let weights = required(inputs, 3)?;
        ensure!(weights.rank() == 2, "the weights are no matrix");
        of_width(inputs, &weights.shape[0], &weights.shape[1])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        self.packed(inputs)?.run(inputs)
    }

    fn varying(&self) -> usize {
        3
    }

    fn bound(&self, constants: &[Option<&Tensor>]) -> TractResult<Option<Arc<dyn Kernel>>> {
        Ok(Some(Arc::new(self.packed(constants)?)))
    }
}

impl Quantised {
    fn packed(&self, inputs: &[Option<&Tensor>]) -> TractResult<Packed> {
        let weights = *required(inputs, 3)?;
        let (depth, width) = (weights.shape()[0], weights.shape()[1]);
        let zeros = match inputs.get(5).copied().flatten() {
            Some(zeros) => bytes(zeros)?,
            None => vec![if weights.datum_type() == u8::datum_type() {
                -128
            } else {
                0
            }],
        };
        let scales = required(inputs, 4)?.try_as_plain_ram()?;
        let bias = match inputs.get(6).copied().flatten() {
            Some(bias) => bias.try_as_plain_ram()?.as_slice::<f32>()?.to_vec(),
            None => vec![0.0; width],
        };
        let weights = bytes(weights)?;
        let matrix = NdTensorView::from_data([depth, width], &weights[..]);
        let zeros = spread(&zeros, width)?;
        let has_zeros = zeros.iter().any(|it| *it != 0);
        let zeros = zeros.into_iter().map(i32::from);
        Ok(Packed {
            weights: Executor::new().prepack_b(matrix),
            zeros: has_zeros.then(|| zeros.collect()),
            scales: spread(scales.as_slice::<f32>()?, width)?,
            bias,
            activation: self.0,
        })
    }
}

/// The same numbers of i8, those of u8 moved by half their range.
fn bytes(tensor: &Tensor) -> TractResult<Vec<i8>> {
    let view = tensor.try_as_plain_ram()?;
    if tensor.datum_type() == u8::datum_type() {
        let bytes = view.as_slice::<u8>()?.iter();
        return Ok(bytes.map(|it| it.wrapping_sub(HALF) as i8).collect());
    }
    Ok(view.as_slice::<i8>()?.to_vec())
}

/// One for each column.
fn spread<T: Copy>(values: &[T], width: usize) -> TractResult<Vec<T>> {
    match values {
        [one] => Ok(vec![*one; width]),
        all if all.len() == width => Ok(all.to_vec()),
        _ => bail!("{} values do not fit {width} columns", values.len()),
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (depth, width) = (self.weights.rows(), self.weights.cols());
        write!(f, "{depth}x{width} {:?}", self.activation)
    }
}

impl Kernel for Packed {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let (depth, width) = (self.weights.rows(), self.weights.cols());
        of_width(inputs, &depth.to_dim(), &width.to_dim())
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let x = required(inputs, 0)?;
        let (depth, width) = (self.weights.rows(), self.weights.cols());
        let shape = shape_of(x, depth, width)?;
        let zero = *required(inputs, 1)?.try_as_plain_ram()?.to_scalar::<u8>()?;
        let scale = *required(inputs, 2)?
            .try_as_plain_ram()?
            .to_scalar::<f32>()?;
        let scales: Vec<f32> = self.scales.iter().map(|it| scale * it).collect();
        let zeros = [zero; ROWS];
        let view = x.try_as_plain_ram()?;
        let numbers = view.as_slice::<u8>()?;
        stay_on_this_thread();
        let most = share(numbers.len() / depth.max(1), ROWS);
        let output = filled(&shape, most * width, |index, piece| {
            let executor = Executor::new();
            let rows = piece.len() / width;
            let from = &numbers[index * most * depth..][..rows * depth];
            let piece = repeated(&self.bias, piece)?;
            // Taken, not borrowed: while a product waits for its parts, this thread may begin another piece.
            let mut room = SUMS.take();
            room.clear();
            room.reserve(rows * width);
            let options = GemmUninitOptions {
                a_quant: Some(QuantParams {
                    zero_point: &zeros[..rows],
                }),
                ..GemmUninitOptions::default()
            };
            let sums = executor.gemm_uninit(
                &mut room.spare_capacity_mut()[..rows * width],
                GemmInputA::Unpacked(NdTensorView::from_data([rows, depth], from)),
                GemmInputB::Packed(&self.weights),
                options,
            );
            let sums = sums.map_err(|error| format_err!("{error:?}"))?;
            let numbers = piece.chunks_exact_mut(width);
            let rows = numbers
                .zip(sums.chunks_exact(width))
                .zip(from.chunks_exact(depth));
            for ((numbers, sums), from) in rows {
                let sums = numbers.iter_mut().zip(sums).zip(&scales);
                // Packed weights know nothing of zero points: what they take away is the same for a whole row.
                match &self.zeros {
                    None => sums.for_each(|((number, sum), scale)| {
                        *number += *sum as f32 * scale;
                    }),
                    Some(zeros) => {
                        let all: i32 = from.iter().map(|it| i32::from(*it)).sum();
                        let all = all - depth as i32 * i32::from(zero);
                        sums.zip(zeros).for_each(|(((number, sum), scale), zero)| {
                            *number += (sum - all * zero) as f32 * scale;
                        });
                    }
                }
            }
            SUMS.set(room);
            self.activation.apply(piece);
            Ok(piece)
        });
        Ok(vec![output?])
    }
}

fn of_width(
    inputs: &[Option<TypedFact>],
    depth: &TDim,
    width: &TDim,
) -> TractResult<Vec<TypedFact>> {
    let x = required(inputs, 0)?;
    ensure!(x.datum_type == u8::datum_type(), "only u8 is supported");
    let mut shape = x.shape.to_tvec();
    widen(&mut shape, depth, width)?;
    Ok(vec![f32::fact(shape)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made<T: Datum + Copy>(shape: &[usize], of: impl Fn(usize) -> T) -> Tensor {
        let numbers: Vec<T> = (0..shape.iter().product()).map(of).collect();
        Tensor::from_shape(shape, &numbers).expect("shape fits")
    }

    /// As the specification has it, a product at a time; `zeros` and `scales` are of the columns.
    fn plain(x: &Tensor, weights: &[i32], zeros: &[i32], scales: &[f32], bias: &[f32]) -> Vec<f32> {
        let (depth, width) = (x.shape()[1], zeros.len());
        let x = x.cast_to::<i32>().expect("whole").into_owned();
        let x = x.try_as_plain_ram().expect("plain");
        let rows = x.as_slice::<i32>().expect("i32").chunks(depth);
        let one = |row: &[i32], column: usize| {
            let weight = |at: usize| weights[at * width + column] - zeros[column];
            let sum: i32 = (0..depth).map(|at| (row[at] - 93) * weight(at)).sum();
            sum as f32 * (0.03 * scales[column]) + bias[column]
        };
        rows.flat_map(|row| (0..width).map(move |column| one(row, column)))
            .collect()
    }

    #[test]
    fn products_are_exact_at_every_size_with_weights_of_either_dtype() {
        if !is_exact() {
            return;
        }
        for (rows, depth, width) in [(1, 1, 1), (3, 5, 7), (130, 64, 33), (17, 384, 48)] {
            let x = made(&[rows, depth], |at| (at * 7919 % 256) as u8);
            let (zero, scale) = (tensor0(93u8), tensor0(0.03f32));
            let bias: Vec<f32> = (0..width).map(|at| at as f32 - 2.0).collect();
            let scales: Vec<f32> = (0..width).map(|at| 0.001 * (at + 1) as f32).collect();
            let of_i8 = made(&[depth, width], |at| (at * 104_729 % 256) as u8 as i8);
            let of_u8 = made(&[depth, width], |at| (at * 104_729 % 256) as u8);
            let zeros_i8 = made(&[width], |at| at as i8 - 3);
            let zeros_u8 = made(&[width], |at| 120 + at as u8);
            for (weights, zeros) in [
                (&of_i8, Some(&zeros_i8)),
                (&of_u8, Some(&zeros_u8)),
                (&of_i8, None),
                (&of_u8, None),
            ] {
                let wide = |it: &Tensor| {
                    let it = it.cast_to::<i32>().expect("whole").into_owned();
                    it.try_as_plain_ram()
                        .expect("plain")
                        .as_slice::<i32>()
                        .expect("i32")
                        .to_vec()
                };
                let columns = zeros.map_or(vec![0; width], wide);
                let expected = plain(&x, &wide(weights), &columns, &scales, &bias);
                let (scales, bias) = (tensor1(&scales), tensor1(&bias));
                let inputs = [
                    Some(&x),
                    Some(&zero),
                    Some(&scale),
                    Some(weights),
                    Some(&scales),
                    zeros,
                    Some(&bias),
                ];
                let found = Quantised(Activation::None).run(&inputs).expect("it runs");
                let found = found[0].try_as_plain_ram().expect("plain");
                for (found, expected) in found.as_slice::<f32>().expect("f32").iter().zip(expected)
                {
                    assert!(
                        (found - expected).abs() <= 1e-6 * expected.abs().max(1.0),
                        "{found} is not {expected}"
                    );
                }
            }
        }
    }
}
