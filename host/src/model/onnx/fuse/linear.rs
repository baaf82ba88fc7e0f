//! A product with constant weights, the bias that is added and the activation that follows, made one.
//! Must not know how products are computed.

use super::index::{Index, is, other};
use super::{Fused, integers, node, text};
use crate::model::onnx::lookup::attribute;
use crate::model::onnx::ops::{FUSED_GELU, LINEAR};
use tract_onnx::pb::NodeProto;

pub(super) fn find(index: &Index<'_>) -> Vec<Fused> {
    index
        .nodes()
        .filter_map(|(at, node)| at_node(index, at, node))
        .collect()
}

/// Two layers of which only the second takes what the first makes.
pub(super) fn find_pairs(index: &Index<'_>) -> Vec<Fused> {
    let pair = |(_, first): (usize, &NodeProto)| {
        let made = first.output.first().filter(|_| first.op_type == LINEAR)?;
        let (at, second) = index.only_taker(made)?;
        if second.op_type != LINEAR || second.input[0] != *made || second.input[1] == *made {
            return None;
        }
        let inputs: Vec<&str> = first
            .input
            .iter()
            .chain(&second.input[1..])
            .map(String::as_str)
            .collect();
        let both = |name| {
            [first, second]
                .map(|it| attribute(it, name).cloned())
                .into_iter()
                .flatten()
        };
        let turned: Vec<i64> = both("turned").flat_map(|it| it.ints).collect();
        let activations: Vec<_> = both("activation")
            .map(|it| String::from_utf8_lossy(&it.s).into_owned())
            .collect();
        let attributes = vec![
            text("activation", &activations.join(",")),
            integers("turned", &turned),
        ];
        Some(Fused {
            at,
            node: node(LINEAR, second, &inputs, attributes),
        })
    };
    let mut found: Vec<Fused> = Vec::new();
    for one in index.nodes().filter_map(pair) {
        // Of three in a row, the first two.
        if found
            .iter()
            .all(|it| it.node.output[0] != one.node.input[0])
        {
            found.push(one);
        }
    }
    found
}

fn at_node<'a>(index: &Index<'a>, at: usize, product: &'a NodeProto) -> Option<Fused> {
    let [x, weights, ..] = product.input.as_slice() else {
        return None;
    };
    let dims = index.weights(weights, 2)?;
    if dims.contains(&0) {
        return None;
    }
    let is_turned = match () {
        () if is(product, "MatMul") => false,
        () if is_plain(product) => attribute(product, "transB").is_some_and(|it| it.i == 1),
        () => return None,
    };
    let width = if is_turned { dims[0] } else { dims[1] };
    let bias = product
        .input
        .get(2)
        .filter(|it| !it.is_empty())
        .map(String::as_str);
    if !bias.is_none_or(|it| is_bias(index, it, width)) {
        return None;
    }
    let tail = Tail::of(index, at, product, bias, width);
    let inputs = [x, weights.as_str(), tail.bias.unwrap_or_default()];
    let attributes = vec![
        text("activation", tail.activation),
        integers("turned", &[i64::from(is_turned)]),
    ];
    Some(Fused {
        at: tail.at,
        node: node(LINEAR, tail.last, &inputs, attributes),
    })
}

/// What follows a product and is done along with it.
pub(super) struct Tail<'a> {
    pub(super) at: usize,
    pub(super) last: &'a NodeProto,
    pub(super) bias: Option<&'a str>,
    pub(super) activation: &'static str,
}

impl<'a> Tail<'a> {
    /// Behind `product`, which has `width` columns; another bias is looked for unless it has one.
    pub(super) fn of(
        index: &Index<'a>,
        at: usize,
        product: &'a NodeProto,
        bias: Option<&'a str>,
        width: i64,
    ) -> Tail<'a> {
        let mut tail = Tail {
            at,
            last: product,
            bias,
            activation: "none",
        };
        let made = &tail.last.output[0];
        if bias.is_none()
            && let Some((place, sum)) = index.only(made, "Add")
            && let Some(added) = other(sum, made).filter(|it| is_bias(index, it, width))
        {
            (tail.at, tail.last, tail.bias) = (place, sum, Some(added));
        }
        if let Some((place, next)) = index.only_taker(&tail.last.output[0])
            && let Some(form) = form(next)
        {
            (tail.at, tail.last, tail.activation) = (place, next, form);
        }
        tail
    }
}

/// What an activation is called where it is done along with the product.
fn form(node: &NodeProto) -> Option<&'static str> {
    if node.op_type == FUSED_GELU {
        let is_tanh = attribute(node, "form").is_some_and(|it| it.s == b"tanh"[..]);
        return Some(if is_tanh { "gelu-tanh" } else { "gelu" });
    }
    is(node, "Relu").then_some("relu")
}

/// Whether a `Gemm` is x·W + b.
fn is_plain(node: &NodeProto) -> bool {
    let is_one = |name: &str| attribute(node, name).is_none_or(|it| it.f == 1.0);
    let is_set = |name: &str| attribute(node, name).is_some_and(|it| it.i != 0);
    is(node, "Gemm") && is_one("alpha") && is_one("beta") && !is_set("transA")
}

fn is_bias(index: &Index<'_>, name: &str, width: i64) -> bool {
    index.weights(name, 1).is_some_and(|dims| dims[0] == width)
}
