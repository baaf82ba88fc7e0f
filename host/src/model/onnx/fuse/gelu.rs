//! GELU, as exporters write it: with the error function in three groupings, or with the hyperbolic tangent.
//! Must not know what comes before or after it.

use super::index::{Index, is, other};
use super::{Fused, node, text};
use crate::model::onnx::ops::{FUSED_GELU, GELU};
use std::f32::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};
use tract_onnx::pb::NodeProto;

/// <https://arxiv.org/abs/1606.08415>, section 2.
const CUBE: f32 = 0.044715;

pub(super) fn find(index: &Index<'_>) -> Vec<Fused> {
    index
        .nodes()
        .filter_map(|(at, node)| at_node(index, at, node))
        .collect()
}

fn at_node(index: &Index<'_>, at: usize, found: &NodeProto) -> Option<Fused> {
    let is_named = ["Gelu", GELU].contains(&found.op_type.as_str());
    if is_named && found.domain != "com.microsoft" {
        let form = if found.op_type == GELU { "tanh" } else { "erf" };
        let node = node(
            FUSED_GELU,
            found,
            &[found.input.first()?],
            vec![text("form", form)],
        );
        return Some(Fused { at, node });
    }
    let (x, form) = if is(found, "Erf") {
        (scaled(index, found.input.first()?)?, "erf")
    } else if is(found, "Tanh") {
        (of_tanh(index, found.input.first()?)?, "tanh")
    } else {
        return None;
    };
    let (_, plus) = index.only(found.output.first()?, "Add")?;
    let (one, _) = index.number_and_other(plus)?;
    if one != 1.0 {
        return None;
    }
    let (at, last) = product(index, x, plus.output.first()?)?;
    Some(Fused {
        at,
        node: node(FUSED_GELU, last, &[x], vec![text("form", form)]),
    })
}

/// The x of `name` = x / √2.
fn scaled<'a>(index: &Index<'a>, name: &str) -> Option<&'a str> {
    if let Some(by) = index.maker(name, "Div") {
        let number = index.scalar(by.input.get(1)?)?;
        return is_near(number, 1.0 / FRAC_1_SQRT_2).then_some(by.input.first()?);
    }
    let (number, x) = index.number_and_other(index.maker(name, "Mul")?)?;
    is_near(number, FRAC_1_SQRT_2).then_some(x)
}

/// The x of `name` = √(2/π) (x + 0.044715 x³).
fn of_tanh<'a>(index: &Index<'a>, name: &str) -> Option<&'a str> {
    let (number, sum) = index.number_and_other(index.maker(name, "Mul")?)?;
    if !is_near(number, FRAC_2_SQRT_PI * FRAC_1_SQRT_2) {
        return None;
    }
    let sum = index.maker(sum, "Add")?;
    let [a, b] = sum.input.as_slice() else {
        return None;
    };
    let is_sum = |x: &str, cubed: &str| {
        let cubed = index
            .maker(cubed, "Mul")
            .and_then(|it| index.number_and_other(it));
        cubed.is_some_and(|(number, cube)| is_near(number, CUBE) && is_cube(index, x, cube))
    };
    match () {
        () if is_sum(a, b) => Some(a),
        () if is_sum(b, a) => Some(b),
        () => None,
    }
}

fn is_cube(index: &Index<'_>, x: &str, name: &str) -> bool {
    if let Some(power) = index.maker(name, "Pow") {
        let exponent = power.input.get(1).and_then(|it| index.scalar(it));
        return power.input[0] == x && exponent == Some(3.0);
    }
    let product = index.maker(name, "Mul");
    let square = product.and_then(|it| index.maker(other(it, x)?, "Mul"));
    square.is_some_and(|it| it.input.iter().all(|input| input == x))
}

/// The last of the two products of `x`, `plus` and a half, in any grouping.
fn product<'a>(index: &Index<'a>, x: &str, plus: &str) -> Option<(usize, &'a NodeProto)> {
    let (at, first) = index.only(plus, "Mul")?;
    let partner = other(first, plus)?;
    if partner == x {
        let (at, last) = index.only(first.output.first()?, "Mul")?;
        return (index.number_and_other(last)?.0 == 0.5).then_some((at, last));
    }
    if index.scalar(partner) == Some(0.5) {
        let made = first.output.first()?;
        let (at, last) = index.only(made, "Mul")?;
        return (other(last, made)? == x).then_some((at, last));
    }
    let (half, of) = index.number_and_other(index.maker(partner, "Mul")?)?;
    (half == 0.5 && of == x).then_some((at, first))
}

fn is_near(a: f32, b: f32) -> bool {
    (a - b).abs() <= 1e-6
}
