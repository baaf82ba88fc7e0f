//! Layer normalisation, in one operator or spelled out, with the sum before it.
//! Must not know what is normalised.

use super::index::{Index, is};
use super::{Fused, node, number};
use crate::model::onnx::lookup::attribute;
use crate::model::onnx::ops::NORM;
use tract_onnx::pb::NodeProto;

/// Of `LayerNormalization`, by the specification.
const EPSILON: f32 = 1e-5;

struct Norm<'a> {
    x: &'a str,
    epsilon: f32,
    scale: &'a str,
    bias: Option<&'a str>,
    at: usize,
    last: &'a NodeProto,
}

pub(super) fn find(index: &Index<'_>) -> Vec<Fused> {
    let found = index.nodes().filter_map(|(at, node)| {
        let norm = whole(index, at, node).or_else(|| spelled(index, node))?;
        Some(fused(index, &norm))
    });
    found.collect()
}

fn fused(index: &Index<'_>, norm: &Norm<'_>) -> Fused {
    let sum = index.maker(norm.x, "Add").filter(|sum| {
        let varies = |it: &String| index.constant(it).is_none();
        sum.input.iter().all(varies)
    });
    let mut inputs = vec![norm.x, norm.scale, norm.bias.unwrap_or_default(), ""];
    // Taken elsewhere too, the sum is made anyway.
    if let Some(sum) = sum.filter(|_| index.only_taker(norm.x).is_some()) {
        (inputs[0], inputs[3]) = (&sum.input[0], &sum.input[1]);
    }
    Fused {
        at: norm.at,
        node: node(
            NORM,
            norm.last,
            &inputs,
            vec![number("epsilon", norm.epsilon)],
        ),
    }
}

fn whole<'a>(index: &Index<'a>, at: usize, node: &'a NodeProto) -> Option<Norm<'a>> {
    if !is(node, "LayerNormalization") || node.output.iter().skip(1).any(|it| !it.is_empty()) {
        return None;
    }
    let axis = attribute(node, "axis").map_or(-1, |it| it.i);
    let stash = attribute(node, "stash_type").map_or(1, |it| it.i);
    let scale = node.input.get(1)?;
    index.weights(scale, 1)?;
    let bias = node.input.get(2).filter(|it| !it.is_empty());
    let is_whole = bias.is_none_or(|it| index.weights(it, 1).is_some());
    (axis == -1 && stash == 1 && is_whole).then_some(Norm {
        x: node.input.first()?,
        epsilon: attribute(node, "epsilon").map_or(EPSILON, |it| it.f),
        scale,
        bias: bias.map(String::as_str),
        at,
        last: node,
    })
}

/// (x - mean) / √(mean of (x - mean)² + ε) · scale + bias, beginning at the division.
fn spelled<'a>(index: &Index<'a>, node: &'a NodeProto) -> Option<Norm<'a>> {
    if !is(node, "Div") {
        return None;
    }
    let x = centred(index, &node.input[0])?;
    let root = index.maker(node.input.get(1)?, "Sqrt")?;
    let (epsilon, variance) = index.number_and_other(index.maker(&root.input[0], "Add")?)?;
    let squares = index
        .maker(variance, "ReduceMean")
        .filter(|it| is_last(index, it))?;
    if squared(index, &squares.input[0])? != x {
        return None;
    }
    let (_, scaled) = index.only(&node.output[0], "Mul")?;
    let scale = scaled
        .input
        .iter()
        .find(|it| index.weights(it, 1).is_some())?;
    let (at, last) = index.only(&scaled.output[0], "Add")?;
    let bias = last
        .input
        .iter()
        .find(|it| index.weights(it, 1).is_some())?;
    Some(Norm {
        x,
        epsilon,
        scale,
        bias: Some(bias),
        at,
        last,
    })
}

/// The x of `name` = x - mean of x.
fn centred<'a>(index: &Index<'a>, name: &str) -> Option<&'a str> {
    let difference = index.maker(name, "Sub")?;
    let mean = index.maker(difference.input.get(1)?, "ReduceMean")?;
    (is_last(index, mean) && mean.input[0] == difference.input[0]).then_some(&difference.input[0])
}

/// The x of `name` = (x - mean of x)².
fn squared<'a>(index: &Index<'a>, name: &str) -> Option<&'a str> {
    if let Some(power) = index.maker(name, "Pow") {
        let is_square = index.scalar(power.input.get(1)?) == Some(2.0);
        return centred(index, &power.input[0]).filter(|_| is_square);
    }
    let product = index.maker(name, "Mul")?;
    let is_square = product.input.len() == 2 && product.input[0] == product.input[1];
    centred(index, &product.input[0]).filter(|_| is_square)
}

/// Whether a mean is taken over the last axis, which stays.
fn is_last(index: &Index<'_>, mean: &NodeProto) -> bool {
    let stays = attribute(mean, "keepdims").is_none_or(|it| it.i == 1);
    let axes = attribute(mean, "axes").map(|it| it.ints.clone());
    let given = || index.integers(mean.input.get(1)?);
    stays && axes.or_else(given).is_some_and(|axes| axes == [-1])
}
