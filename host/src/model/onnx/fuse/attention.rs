//! Attention: two products around a softmax, with the transpositions that only bring heads forward and back.
//! Must not know shapes: heads may be any leading axes.

use super::index::{Index, is};
use super::{Fused, integers, node, number};
use crate::model::onnx::lookup::attribute;
use crate::model::onnx::ops::ATTENTION;
use tract_onnx::pb::{AttributeProto, NodeProto};

/// [batch, length, head, width] to [batch, head, length, width], and back.
const HEADS: [i64; 4] = [0, 2, 1, 3];

/// An operand behind its transpositions and scales.
struct Operand<'a> {
    name: &'a str,
    scale: f32,
    /// Which stored axis each axis is; empty if none is moved.
    axes: Vec<i64>,
}

/// Attention that is spelled out.
pub(super) fn find(index: &Index<'_>) -> Vec<Fused> {
    let nodes = index.nodes().map(|(_, node)| node);
    nodes.filter_map(|node| at_softmax(index, node)).collect()
}

/// Attention that is an operator already.
pub(super) fn find_whole(index: &Index<'_>) -> Vec<Fused> {
    let nodes = index.nodes();
    nodes
        .filter_map(|(at, node)| at_whole(index, at, node))
        .collect()
}

/// What is done to the scores before the softmax.
enum Mask<'a> {
    None,
    Added(&'a str),
    /// A number in the place of scores, where the truths of a value hide or show them; one of numbers is added.
    Filled {
        by: f32,
        truths: &'a str,
        hides: bool,
    },
}

fn at_softmax(index: &Index<'_>, softmax: &NodeProto) -> Option<Fused> {
    if !is(softmax, "Softmax") || attribute(softmax, "axis").is_none_or(|it| it.i != -1) {
        return None;
    }
    let (scores, mask) = masked(index, softmax.input.first()?)?;
    let (product, scale) = scaled(index, scores)?;
    let [query, key] = product.input.as_slice() else {
        return None;
    };
    let (at, last, turns_nan) = weighted(index, softmax)?;
    let (query, key) = (operand(index, query), operand(index, key));
    let found = Attention {
        scale: query.scale * key.scale * scale,
        query,
        key,
        value: operand(index, &last.input[1]),
        mask,
        turns_nan,
    };
    found.fused(index, at, last)
}

/// What is known of it when it is found.
struct Attention<'a> {
    scale: f32,
    query: Operand<'a>,
    key: Operand<'a>,
    value: Operand<'a>,
    mask: Mask<'a>,
    /// Whether rows of no number become zeros.
    turns_nan: bool,
}

impl Attention<'_> {
    /// Up to `last`, or the transposition that brings heads back behind it.
    fn fused(&self, index: &Index<'_>, at: usize, last: &NodeProto) -> Option<Fused> {
        // The widths of rows must lie together.
        let ends = |it: &Operand<'_>| it.axes.last().is_none_or(|axis| *axis == 3);
        if !ends(&self.query) || !ends(&self.value) || self.value.scale != 1.0 {
            return None;
        }
        let back = index.only(&last.output[0], "Transpose");
        let back = back.filter(|(_, it)| attribute(it, "perm").is_some_and(|it| it.ints == HEADS));
        let is_back = back.is_some();
        let (at, last) = back.unwrap_or((at, last));
        let mut attributes = vec![
            number("scale", self.scale),
            integers("query", &self.query.axes),
            integers("key", &self.key.axes),
            integers("value", &self.value.axes),
            integers("back", &[i64::from(is_back)]),
            integers("nan", &[i64::from(self.turns_nan)]),
        ];
        let mut inputs = vec![self.query.name, self.key.name, self.value.name];
        self.mask.put(&mut inputs, &mut attributes);
        Some(Fused {
            at,
            node: node(ATTENTION, last, &inputs, attributes),
        })
    }
}

impl<'a> Mask<'a> {
    fn put(&self, inputs: &mut Vec<&'a str>, attributes: &mut Vec<AttributeProto>) {
        match self {
            Mask::None => (),
            Mask::Added(mask) => inputs.push(mask),
            Mask::Filled { by, truths, hides } => {
                inputs.push(truths);
                attributes.push(number("fill", *by));
                attributes.push(integers("hides", &[i64::from(*hides)]));
            }
        }
    }
}

/// ONNX's own operator, of heads in an axis of their own, without a past.
fn at_whole(index: &Index<'_>, at: usize, whole: &NodeProto) -> Option<Fused> {
    let is_set = |name: &str| attribute(whole, name).is_some_and(|it| it.i != 0);
    let softcap = attribute(whole, "softcap").is_some_and(|it| it.f != 0.0);
    let is_more = whole.input.len() > 4 || whole.output.len() > 1 || softcap;
    if !is(whole, "Attention") || is_more || is_set("is_causal") || is_set("q_num_heads") {
        return None;
    }
    let [query, key, value] = whole.input.first_chunk()?;
    let (query, mut key) = (operand(index, query), operand(index, key));
    if query.scale != 1.0 || key.scale != 1.0 {
        return None;
    }
    // It takes keys as rows.
    key.axes = match key.axes.as_slice() {
        [a, b, c, d] => vec![*a, *b, *d, *c],
        _ => vec![0, 1, 3, 2],
    };
    let mask = whole.input.get(3).filter(|it| !it.is_empty());
    let found = Attention {
        // The operator's own is known with its shapes.
        scale: attribute(whole, "scale").map_or(0.0, |it| it.f),
        query,
        key,
        value: operand(index, value),
        mask: mask.map_or(Mask::None, |mask| Mask::Filled {
            by: f32::NEG_INFINITY,
            truths: mask,
            hides: false,
        }),
        turns_nan: true,
    };
    found.fused(index, at, whole)
}

/// The scores behind `name`, and what is done to them.
fn masked<'a>(index: &Index<'a>, name: &'a str) -> Option<(&'a str, Mask<'a>)> {
    if let Some(filled) = index.maker(name, "Where") {
        let [truths, yes, no] = filled.input.as_slice() else {
            return None;
        };
        let (by, scores, hides) = match (index.scalar(yes), index.scalar(no)) {
            (Some(by), None) => (by, no, true),
            (None, Some(by)) => (by, yes, false),
            _ => return None,
        };
        return Some((scores, Mask::Filled { by, truths, hides }));
    }
    let Some(sum) = index.maker(name, "Add") else {
        return Some((name, Mask::None));
    };
    let [a, b] = sum.input.as_slice() else {
        return None;
    };
    match (scaled(index, a), scaled(index, b)) {
        (Some(_), _) => Some((a, Mask::Added(b))),
        (None, Some(_)) => Some((b, Mask::Added(a))),
        (None, None) => None,
    }
}

/// The product that `name` is, times a number.
fn scaled<'a>(index: &Index<'a>, name: &str) -> Option<(&'a NodeProto, f32)> {
    if let Some(product) = index.maker(name, "MatMul") {
        return Some((product, 1.0));
    }
    let (scale, of) = times(index, name)?;
    Some((index.maker(of, "MatMul")?, scale))
}

/// The number by which `name` is another value, and that value.
fn times<'a>(index: &Index<'a>, name: &str) -> Option<(f32, &'a str)> {
    if let Some(product) = index.maker(name, "Mul") {
        return index.number_and_other(product);
    }
    let quotient = index.maker(name, "Div")?;
    let by = index.scalar(quotient.input.get(1)?)?;
    Some((1.0 / by, quotient.input.first()?))
}

/// The product that takes the weights alone, whether rows of no number become zeros before it.
fn weighted<'a>(index: &Index<'a>, softmax: &NodeProto) -> Option<(usize, &'a NodeProto, bool)> {
    let weights = &softmax.output[0];
    let is_product = |name: &str| {
        let (at, node) = index.only(name, "MatMul")?;
        (node.input[0] == name && node.input[1] != name).then_some((at, node))
    };
    if let Some((at, node)) = is_product(weights) {
        return Some((at, node, false));
    }
    let takers = index.takers(weights);
    let [(_, one), (_, two)] = takers.as_slice() else {
        return None;
    };
    let (test, chosen) = if is(one, "IsNaN") {
        (one, two)
    } else {
        (two, one)
    };
    let zero = index.scalar(chosen.input.get(1)?);
    let is_meant = is(test, "IsNaN") && is(chosen, "Where") && zero == Some(0.0);
    let takes = chosen.input[0] == test.output[0] && chosen.input.get(2) == Some(weights);
    let (at, node) = is_product(&chosen.output[0])?;
    (is_meant && takes).then_some((at, node, true))
}

/// What `name` is before it is transposed and scaled.
fn operand<'a>(index: &Index<'a>, name: &'a str) -> Operand<'a> {
    let mut found = Operand {
        name,
        scale: 1.0,
        axes: Vec::new(),
    };
    loop {
        if let Some((scale, of)) = times(index, found.name) {
            found.scale *= scale;
            found.name = of;
            continue;
        }
        let turned = index.maker(found.name, "Transpose");
        let axes = turned
            .and_then(|it| attribute(it, "perm"))
            .map(|it| &it.ints);
        match (turned, axes) {
            (Some(turned), Some(axes))
                if axes.len() == 4 && axes.iter().all(|it| (0..4).contains(it)) =>
            {
                found.axes = match found.axes.as_slice() {
                    [] => axes.clone(),
                    earlier => earlier.iter().map(|axis| axes[*axis as usize]).collect(),
                };
                found.name = &turned.input[0];
            }
            _ => return found,
        }
    }
}
