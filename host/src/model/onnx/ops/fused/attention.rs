//! Attention over heads: softmax(scale · query · keyᵀ + mask) · value.
//! Must not know models; how one head is computed is another file's.

use super::head::{Head, Matrix, Scratch};
use crate::model::onnx::kernel::{Built, Kernel, operator, required};
use crate::model::onnx::output::filled;
use std::cell::RefCell;
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

/// What it takes; those of 16 bits are computed with 32.
const FLOATS: [DatumType; 2] = [DatumType::F16, DatumType::F32];

thread_local! {
    static SCRATCH: RefCell<(Scratch, Vec<f32>)> = RefCell::default();
}

/// Inputs: query [.., L, D], key [.., D, S], value [.., S, E] and, if there is one, a mask that is added to [.., L, S].
#[derive(Debug)]
struct Attention {
    /// 0 stands for 1 / √D.
    scale: f32,
    /// Where the axes of each of the first three lie in what is stored; empty if where they are named.
    axes: [Vec<usize>; 3],
    /// Whether the output is [batch, L, head, E].
    is_back: bool,
    /// Whether a row of no number becomes zeros.
    turns_nan: bool,
    /// Where the mask is one of truths: what stands for a score that is hidden.
    fill: f32,
    /// Whether a truth hides, or shows.
    hides: bool,
}

/// A tensor with its axes in the order in which they are meant.
struct View<'a> {
    shape: TVec<usize>,
    strides: TVec<usize>,
    numbers: &'a [f32],
}

pub(crate) fn attention(_context: &ParsingContext, node: &NodeProto) -> Built {
    let axes = |name| -> TractResult<Vec<usize>> {
        let axes = node.get_attr_opt_tvec::<i64>(name)?.unwrap_or_default();
        Ok(axes.iter().map(|axis| *axis as usize).collect())
    };
    let is_set = |name| -> TractResult<bool> { Ok(axes(name)?.first() == Some(&1)) };
    let attention = Attention {
        scale: node.get_attr("scale")?,
        axes: [axes("query")?, axes("key")?, axes("value")?],
        is_back: is_set("back")?,
        turns_nan: is_set("nan")?,
        fill: node.get_attr_opt("fill")?.unwrap_or(f32::NEG_INFINITY),
        hides: is_set("hides")?,
    };
    operator(node, attention)
}

fn moved<T: Clone>(dims: &[T], axes: &[usize]) -> TVec<T> {
    match axes {
        [] => dims.into(),
        axes => axes.iter().map(|axis| dims[*axis].clone()).collect(),
    }
}

impl Attention {
    fn back<T: Clone>(&self, mut shape: TVec<T>) -> TVec<T> {
        if self.is_back {
            shape.swap(1, 2);
        }
        shape
    }
}

impl Attention {
    /// Of a mask of truths, 1 where a score is hidden and 0 where not.
    fn hidden(&self, mask: &Tensor) -> TractResult<Option<Tensor>> {
        if mask.datum_type() != bool::datum_type() {
            return Ok(None);
        }
        let truths = mask.try_as_plain_ram()?;
        let truths = truths.as_slice::<bool>()?.iter();
        let hidden: Vec<f32> = truths.map(|it| f32::from(*it == self.hides)).collect();
        Ok(Some(Tensor::from_shape(mask.shape(), &hidden)?))
    }
}

impl Kernel for Attention {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let mut shapes = Vec::new();
        for (slot, axes) in self.axes.iter().enumerate() {
            let input = required(inputs, slot)?;
            let dtype = input.datum_type;
            ensure!(FLOATS.contains(&dtype), "{dtype:?} is not supported");
            let is_meant = input.rank() >= 2 && (axes.is_empty() || input.rank() == axes.len());
            ensure!(is_meant, "input {slot} has another rank");
            shapes.push(moved(&input.shape.to_tvec(), axes));
        }
        let rank = shapes[0].len();
        ensure!(
            shapes.iter().all(|it| it.len() == rank),
            "its inputs have different ranks"
        );
        ensure!(!self.is_back || rank == 4, "its inputs have another rank");
        let leading = |shape: &TVec<TDim>| shape[..rank - 2].to_vec();
        ensure!(
            leading(&shapes[1]) == leading(&shapes[2]),
            "key and value have different leading axes"
        );
        if leading(&shapes[0]) != leading(&shapes[1]) {
            let heads = |shape: &TVec<TDim>| shape.get(1).and_then(|it| it.to_usize().ok());
            let (all, shared) = (heads(&shapes[0]), heads(&shapes[1]));
            let is_shared = rank == 4 && shapes[0][0] == shapes[1][0];
            let is_whole = all
                .zip(shared)
                .is_some_and(|(all, shared)| shared > 0 && all % shared == 0);
            ensure!(
                is_shared && is_whole,
                "its inputs have different leading axes"
            );
        }
        ensure!(
            shapes[0][rank - 1] == shapes[1][rank - 2],
            "query and key have different widths"
        );
        ensure!(
            shapes[1][rank - 1] == shapes[2][rank - 2],
            "key and value have different lengths"
        );
        if let Some(mask) = inputs.get(3).and_then(Option::as_ref) {
            let dtype = mask.datum_type;
            let is_mask = FLOATS.contains(&dtype) || dtype == DatumType::Bool;
            let is_meant = is_mask && mask.rank() <= rank;
            ensure!(is_meant, "the mask has another dtype or rank");
            let scores: TVec<TDim> = shapes[0][..rank - 1]
                .iter()
                .chain([&shapes[1][rank - 1]])
                .cloned()
                .collect();
            let offset = rank - mask.rank();
            for (dim, size) in mask.shape.iter().zip(&scores[offset..]) {
                ensure!(dim.is_one() || dim == size, "the mask has another shape");
            }
        }
        let mut shape = shapes[0].clone();
        shape[rank - 1] = shapes[2][rank - 1].clone();
        let dtype = required(inputs, 0)?.datum_type;
        Ok(vec![dtype.fact(self.back(shape))])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let dtype = required(inputs, 0)?.datum_type();
        let wide = |slot: usize| required(inputs, slot)?.cast_to::<f32>();
        let (query, key, value) = (wide(0)?, wide(1)?, wide(2)?);
        let mask = inputs.get(3).copied().flatten();
        let hidden = mask.map(|mask| self.hidden(mask)).transpose()?.flatten();
        let mask = match (&hidden, mask) {
            (Some(hidden), _) => Some(Cow::Borrowed(hidden)),
            (None, Some(mask)) => Some(mask.cast_to::<f32>()?),
            (None, None) => None,
        };
        let (query_view, key_view) = (query.try_as_plain_ram()?, key.try_as_plain_ram()?);
        let value_view = value.try_as_plain_ram()?;
        let mask_view = mask.as_ref().map(|it| it.try_as_plain_ram()).transpose()?;
        let query = View::of(&query, query_view.as_slice()?, &self.axes[0]);
        let key = View::of(&key, key_view.as_slice()?, &self.axes[1]);
        let value = View::of(&value, value_view.as_slice()?, &self.axes[2]);
        let rank = query.shape.len();
        let leading: TVec<usize> = query.shape[..rank - 2].into();
        let (length, depth) = (query.shape[rank - 2], query.shape[rank - 1]);
        let (span, width) = (key.shape[rank - 1], value.shape[rank - 1]);
        let is_meant = key.shape[rank - 2] == depth && value.shape[rank - 2] == span;
        ensure!(is_meant, "its inputs have different widths or lengths");
        let others = [&key, &value].map(|it| &it.shape[..rank - 2]);
        let group = match leading.get(1) {
            Some(heads) if others[0] != &*leading && rank == 4 => heads / others[0][1].max(1),
            _ => 1,
        };
        let mut shared = leading.clone();
        if group > 1 {
            shared[1] /= group;
        }
        let is_one = others.iter().all(|it| *it == &*shared);
        ensure!(is_one, "its inputs have different leading axes");
        let mask = mask.as_ref().zip(mask_view.as_ref());
        let mask = mask.map(|(mask, view)| Ok(View::of(mask, view.as_slice()?, &[])));
        let mask = mask.transpose().map_err(|error: TractError| error)?;
        let scores: TVec<usize> = leading.iter().copied().chain([length, span]).collect();
        let mask = mask.map(|mask| mask.spread(&scores)).transpose()?;
        let scale = match self.scale {
            0.0 => (depth as f32).sqrt().recip(),
            scale => scale,
        };
        let mut shape = query.shape.clone();
        shape[rank - 1] = width;
        // Heads lie side by side in the rows of the output, or one behind the other.
        let heads = if self.is_back { leading[1] } else { 1 };
        let step = heads * width;
        let output = filled(&self.back(shape), length * step, |outer, piece| {
            SCRATCH.with_borrow_mut(|(scratch, rows)| {
                rows.resize(piece.len(), 0.0);
                for inner in 0..heads {
                    let at = place(outer * heads + inner, &leading);
                    let mut of_group = at.clone();
                    if group > 1 {
                        of_group[1] /= group;
                    }
                    let head = Head {
                        query: query.matrix(&at),
                        // Stored as [.., D, S].
                        key: key.matrix(&of_group).turned(),
                        value: value.matrix(&of_group),
                        mask: mask.as_ref().map(|mask| mask.matrix(&at)),
                        length,
                        span,
                        depth,
                        width,
                        scale,
                        fill: hidden.as_ref().map(|_| self.fill),
                        turns_nan: self.turns_nan,
                    };
                    head.run(scratch, &mut rows[inner * width..], step);
                }
                Ok(piece.write_copy_of_slice(rows))
            })
        });
        Ok(vec![output?.cast_to_dt(dtype)?.into_owned()])
    }
}

/// Where the matrix with this number lies along the leading axes.
fn place(number: usize, leading: &[usize]) -> TVec<usize> {
    let mut rest = number;
    let mut at: TVec<usize> = leading
        .iter()
        .rev()
        .map(|size| {
            let along = rest % size;
            rest /= size;
            along
        })
        .collect();
    at.reverse();
    at
}

impl<'a> View<'a> {
    fn of(tensor: &Tensor, numbers: &'a [f32], axes: &[usize]) -> View<'a> {
        let mut strides: TVec<usize> = tvec!(1; tensor.rank());
        for axis in (1..tensor.rank()).rev() {
            strides[axis - 1] = strides[axis] * tensor.shape()[axis];
        }
        View {
            shape: moved(tensor.shape(), axes),
            strides: moved(&strides, axes),
            numbers,
        }
    }

    /// Repeated over `shape`.
    fn spread(self, shape: &[usize]) -> TractResult<View<'a>> {
        let missing = shape.len() - self.shape.len();
        let mut strides: TVec<usize> = tvec!(0; missing);
        for ((own, size), stride) in self.shape.iter().zip(&shape[missing..]).zip(&self.strides) {
            ensure!(own == size || *own == 1, "the mask has another shape");
            strides.push(if *own == 1 { 0 } else { *stride });
        }
        Ok(View {
            shape: shape.into(),
            strides,
            numbers: self.numbers,
        })
    }

    /// The last two axes at one place of the others.
    fn matrix(&self, at: &[usize]) -> Matrix<'a> {
        let start: usize = at
            .iter()
            .zip(&self.strides)
            .map(|(at, stride)| at * stride)
            .sum();
        let [row, column] = [2, 1].map(|back| self.strides[self.strides.len() - back]);
        Matrix::new(&self.numbers[start..], row, column)
    }
}
