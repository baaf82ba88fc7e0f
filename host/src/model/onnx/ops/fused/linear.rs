//! A product with constant weights, packed once, with bias and activation.
//! Must not know where its input comes from.

use super::activation::Activation;
use crate::model::onnx::kernel::{Built, Kernel, operator, required, required_f32};
use crate::model::onnx::output::{filled, repeated};
use crate::model::onnx::threads::{share, stay_on_this_thread};
use rten_gemm::{
    GemmExecutor, GemmInputA, GemmInputB, GemmOptions, GemmUninitOptions, PackedBMatrix,
};
use rten_tensor::NdTensorView;
use std::cell::RefCell;
use std::fmt;
use std::mem::MaybeUninit;
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

thread_local! {
    /// What the first of two layers makes.
    static BETWEEN: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Rows whose results stay in the second cache until the activation has seen them.
const ROWS: usize = 128;

/// One layer, or two of which the second takes what the first makes. Inputs: x [.., D], and for each layer its weights and its bias.
#[derive(Debug)]
struct Linear(Vec<Layer>);

/// Before its weights are known.
#[derive(Clone, Copy, Debug)]
struct Layer {
    activation: Activation,
    /// Whether the weights are stored as [outputs, inputs].
    is_turned: bool,
}

#[derive(Debug)]
struct Packed(Vec<PackedLayer>);

struct PackedLayer {
    weights: PackedBMatrix<f32>,
    bias: Option<Vec<f32>>,
    activation: Activation,
}

pub(crate) fn linear(_context: &ParsingContext, node: &NodeProto) -> Built {
    let turned: TVec<i64> = node.get_attr_tvec("turned")?;
    let activations = node.get_attr::<&str>("activation")?.split(',');
    let layer = |(name, turned): (&str, &i64)| -> TractResult<Layer> {
        Ok(Layer {
            activation: Activation::named(name)?,
            is_turned: *turned == 1,
        })
    };
    let layers = activations.zip(&turned).map(layer);
    operator(node, Linear(layers.collect::<TractResult<_>>()?))
}

impl Kernel for Linear {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let mut shape = required_f32(inputs, 0)?.shape.to_tvec();
        for (index, layer) in self.0.iter().enumerate() {
            let weights = required_f32(inputs, 1 + 2 * index)?;
            ensure!(weights.rank() == 2, "the weights are no matrix");
            let (depth, width) = match layer.is_turned {
                true => (&weights.shape[1], &weights.shape[0]),
                false => (&weights.shape[0], &weights.shape[1]),
            };
            widen(&mut shape, depth, width)?;
        }
        Ok(vec![f32::fact(shape)])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        self.packed(inputs)?.run(&inputs[..1])
    }

    fn bound(&self, constants: &[Option<&Tensor>]) -> TractResult<Option<Arc<dyn Kernel>>> {
        Ok(Some(Arc::new(self.packed(constants)?)))
    }
}

impl Linear {
    fn packed(&self, inputs: &[Option<&Tensor>]) -> TractResult<Packed> {
        let layer = |(index, layer): (usize, &Layer)| {
            let bias = inputs.get(2 + 2 * index).copied().flatten();
            layer.packed(required(inputs, 1 + 2 * index)?, bias)
        };
        let layers = self.0.iter().enumerate().map(layer);
        Ok(Packed(layers.collect::<TractResult<_>>()?))
    }
}

impl Layer {
    fn packed(self, weights: &Tensor, bias: Option<&Tensor>) -> TractResult<PackedLayer> {
        let view = weights.try_as_plain_ram()?;
        let shape = [weights.shape()[0], weights.shape()[1]];
        let matrix = NdTensorView::from_data(shape, view.as_slice::<f32>()?);
        let matrix = if self.is_turned {
            matrix.transposed()
        } else {
            matrix
        };
        let bias = match bias {
            Some(bias) => Some(bias.try_as_plain_ram()?.as_slice::<f32>()?.to_vec()),
            None => None,
        };
        Ok(PackedLayer {
            weights: GemmExecutor::<f32>::new().prepack_b(matrix),
            bias,
            activation: self.activation,
        })
    }
}

impl fmt::Debug for PackedLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (depth, width) = (self.weights.rows(), self.weights.cols());
        write!(f, "{depth}x{width} {:?}", self.activation)
    }
}

impl Kernel for Packed {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let mut shape = required_f32(inputs, 0)?.shape.to_tvec();
        for PackedLayer { weights, .. } in &self.0 {
            widen(
                &mut shape,
                &weights.rows().to_dim(),
                &weights.cols().to_dim(),
            )?;
        }
        Ok(vec![f32::fact(shape)])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let x = required(inputs, 0)?;
        let view = x.try_as_plain_ram()?;
        let numbers = view.as_slice::<f32>()?;
        let (last, inner) = self.0.split_last().context("it needs a layer")?;
        let depth = inner.first().unwrap_or(last).weights.rows();
        let width = last.weights.cols();
        let shape = shape_of(x, depth, width)?;
        stay_on_this_thread();
        let most = share(numbers.len() / depth.max(1), ROWS);
        let output = filled(&shape, most * width, |index, piece| {
            let executor = GemmExecutor::<f32>::new();
            let rows = piece.len() / width;
            let from = &numbers[index * most * depth..][..rows * depth];
            let Some(first) = inner.first() else {
                return last.run(&executor, from, piece);
            };
            // Taken, not borrowed: while a product waits for its parts, this thread may begin another piece.
            let mut between = BETWEEN.take();
            between.clear();
            between.reserve(rows * first.weights.cols());
            let spare = &mut between.spare_capacity_mut()[..rows * first.weights.cols()];
            let piece = first
                .run(&executor, from, spare)
                .and_then(|between| last.run(&executor, between, piece));
            BETWEEN.set(between);
            piece
        });
        Ok(vec![output?])
    }
}

impl PackedLayer {
    /// Of the rows `from`, into memory for as many rows.
    fn run<'a>(
        &self,
        executor: &GemmExecutor<f32>,
        from: &[f32],
        into: &'a mut [MaybeUninit<f32>],
    ) -> TractResult<&'a mut [f32]> {
        let depth = self.weights.rows();
        let rows = NdTensorView::from_data([from.len() / depth, depth], from);
        let (rows, weights) = (
            GemmInputA::Unpacked(rows),
            GemmInputB::Packed(&self.weights),
        );
        let failed = |error| format_err!("{error:?}");
        let into = match &self.bias {
            // Added to what is there already, which costs less than a bias that is added after.
            Some(bias) => {
                let into = repeated(bias, into)?;
                let options = GemmOptions {
                    beta: 1.0,
                    ..GemmOptions::default()
                };
                executor
                    .gemm(into, rows, weights, options)
                    .map_err(failed)?;
                into
            }
            None => executor
                .gemm_uninit(into, rows, weights, GemmUninitOptions::default())
                .map_err(failed)?,
        };
        self.activation.apply(into);
        Ok(into)
    }
}

/// Of the product of `x` with weights [depth, width].
pub(super) fn shape_of(x: &Tensor, depth: usize, width: usize) -> TractResult<TVec<usize>> {
    let mut shape: TVec<usize> = x.shape().into();
    let last = shape.last_mut().context("it needs an axis")?;
    ensure!(*last == depth, "its last axis is not {depth}");
    *last = width;
    Ok(shape)
}

/// The last of the dims of a product, of which it was `depth`.
pub(super) fn widen(shape: &mut [TDim], depth: &TDim, width: &TDim) -> TractResult<()> {
    let last = shape.last_mut().context("it needs an axis")?;
    ensure!(
        last == depth,
        "its last axis is {last}, its weights need {depth}"
    );
    *last = width.clone();
    Ok(())
}
