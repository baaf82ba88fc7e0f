//! A product of whole numbers that were quantised just before, with what makes it numbers again, made one.
//! Must not know how whole numbers are multiplied.

use super::index::{Index, is, other};
use super::linear::Tail;
use super::{Fused, node, text};
use crate::model::onnx::lookup::attribute;
use crate::model::onnx::ops::QUANTISED;
use tract_onnx::pb::{NodeProto, TensorProto};

const F32: i64 = 1;
/// ONNX's numbers of u8 and i8.
const BYTES: [i32; 2] = [2, 3];

pub(super) fn find(index: &Index<'_>) -> Vec<Fused> {
    let at = |(_, node): (usize, &NodeProto)| at_product(index, node);
    index.nodes().filter_map(at).collect()
}

fn at_product(index: &Index<'_>, product: &NodeProto) -> Option<Fused> {
    let [x, weights, x_zero, rest @ ..] = product.input.as_slice() else {
        return None;
    };
    let made = index.maker(x, "DynamicQuantizeLinear")?;
    let [values, x_scale, zero] = made.output.as_slice() else {
        return None;
    };
    let is_meant = is(product, "MatMulInteger") && values == x && zero == x_zero;
    let matrix = index.constant(weights)?;
    let is_matrix = BYTES.contains(&matrix.data_type) && matrix.dims.len() == 2;
    let width = *matrix.dims.get(1)?;
    let zero = rest.first().map_or("", String::as_str);
    let fits = |it: &TensorProto| [1, width].contains(&it.dims.iter().product());
    let is_zero = zero.is_empty() || index.constant(zero).is_some_and(fits);
    if !is_meant || !is_matrix || !is_zero || matrix.dims.contains(&0) {
        return None;
    }
    let (_, cast) = index.only(&product.output[0], "Cast")?;
    attribute(cast, "to").filter(|it| it.i == F32)?;
    let (at, last) = index.only(&cast.output[0], "Mul")?;
    let scales = index.maker(other(last, &cast.output[0])?, "Mul")?;
    let scale = other(scales, x_scale)?;
    let is_scale = |it: &TensorProto| it.data_type == F32 as i32 && fits(it);
    index.constant(scale).filter(|it| is_scale(it))?;
    let tail = Tail::of(index, at, last, None, width);
    let bias = tail.bias.unwrap_or_default();
    let inputs = [x, x_zero, x_scale, weights, scale, zero, bias];
    let attributes = vec![text("activation", tail.activation)];
    Some(Fused {
        at: tail.at,
        node: node(QUANTISED, tail.last, &inputs, attributes),
    })
}
