//! The self-check: whether a model answers a row alone as it does beside others, and filled up with zeros.
//! Must not know requests, nor when rows are joined.

use super::batch::{Batching, Joining, Padding, Piece};
use crate::model::{Dim, Model, PlanCost, Port};
use crate::tensor::{NamedTensor, Tensor};

/// How far a number may be from where the row ran alone, as a share of the largest where that is above 1: rounding.
const TOLERANCE: f64 = 1e-5;

/// Whether rows of several requests may share a run of `model`. `samples` are inputs that requests have, of which one is taken;
/// `most_rows` is what the operator allows.
pub(super) fn batching(
    model: &Model,
    samples: impl Iterator<Item = Vec<NamedTensor>>,
    most_rows: usize,
) -> Batching {
    match joining(model, samples, most_rows) {
        Ok(joining) => Batching::On(joining),
        Err(reason) => Batching::Off { reason },
    }
}

fn joining(
    model: &Model,
    samples: impl Iterator<Item = Vec<NamedTensor>>,
    most_rows: usize,
) -> Result<Joining, String> {
    if most_rows == 1 {
        return Err("the manifest says so (`batching.max_size: 1`)".to_owned());
    }
    let inputs = &model.signature().inputs;
    let rows = counts_rows(inputs)?;
    let lengths = lengths(inputs, rows);
    let is_open = |port: &Port| inner(port).any(|dim| !matches!(dim, Dim::Fixed(_)));
    let in_powers = match model.plan_cost() {
        PlanCost::None | PlanCost::Light => false,
        PlanCost::Heavy if inputs.iter().any(is_open) => {
            return Err("each shape of its inputs takes a plan of its own".to_owned());
        }
        PlanCost::Heavy => true,
        PlanCost::EachValue => return Err("values of its inputs decide shapes inside".to_owned()),
    };
    let mut joining = Joining {
        most_rows,
        in_powers,
        padding: Err("its inputs have no axis that could be filled up".to_owned()),
    };
    let alone = |inputs: Vec<NamedTensor>| {
        let outputs = model.run_arranged(inputs.clone(), 1).ok()?;
        Some((inputs, outputs))
    };
    let made_up = std::iter::once_with(|| model.made_up(1, 8)).flatten();
    let (sample, outputs) = samples
        .chain(made_up)
        .find_map(alone)
        .ok_or("there is no example that it answers, to check it with")?;
    side_by_side(model, &joining, &sample, &outputs)?;
    if let Some(axes) = lengths {
        joining.padding = padded(model, &joining, axes, &sample, &outputs);
    }
    Ok(joining)
}

/// The symbol of the first axis, which all inputs have to have in common.
fn counts_rows(inputs: &[Port]) -> Result<Option<&str>, String> {
    let mut symbol: Option<(&str, &str)> = None;
    for port in inputs {
        let name = &port.name;
        match port.shape.as_ref().map(|shape| shape.first()) {
            None => return Err(format!("its input `{name}` has no known rank")),
            Some(None) => return Err(format!("its input `{name}` is a scalar")),
            Some(Some(Dim::Fixed(size))) => {
                return Err(format!("its input `{name}` takes {size} rows, always"));
            }
            Some(Some(Dim::Any)) => {}
            Some(Some(Dim::Symbol(rows))) => match symbol {
                Some((other, first)) if other != rows => {
                    return Err(format!(
                        "its inputs `{first}` and `{name}` count their rows apart"
                    ));
                }
                _ => symbol = Some((rows, name)),
            },
        }
        let again = inner(port)
            .any(|dim| matches!((dim, symbol), (Dim::Symbol(it), Some((rows, _))) if it == rows));
        if again {
            return Err(format!(
                "another axis of its input `{name}` is as long as there are rows"
            ));
        }
    }
    if inputs.is_empty() {
        return Err("it has no inputs".to_owned());
    }
    Ok(symbol.map(|(rows, _)| rows))
}

fn inner(port: &Port) -> impl Iterator<Item = &Dim> {
    port.shape.iter().flatten().skip(1)
}

/// Of each input the axis that is as long as the request, where there is one such length.
fn lengths(inputs: &[Port], rows: Option<&str>) -> Option<Vec<Option<usize>>> {
    let mut length: Option<&str> = None;
    let mut axes = Vec::new();
    for port in inputs {
        let mut place = None;
        for (axis, dim) in port.shape.iter().flatten().enumerate().skip(1) {
            match dim {
                Dim::Fixed(_) => {}
                Dim::Any => return None,
                Dim::Symbol(name) => {
                    let is_other = length.is_some_and(|length| length != name);
                    if place.is_some() || is_other || rows == Some(name) {
                        return None;
                    }
                    (place, length) = (Some(axis), Some(name.as_str()));
                }
            }
        }
        axes.push(place);
    }
    length.map(|_| axes)
}

/// Rows of one length, some of the same values and some of others, as they are alone.
fn side_by_side(
    model: &Model,
    joining: &Joining,
    sample: &[NamedTensor],
    outputs: &[NamedTensor],
) -> Result<(), String> {
    let turned = |input: &NamedTensor| input.with(input.tensor.turned());
    let turned: Vec<NamedTensor> = sample.iter().map(turned).collect();
    let mut all = vec![(sample.to_vec(), outputs.to_vec())];
    let shapes: Vec<Vec<usize>> = sample.iter().map(|it| it.tensor.shape().to_vec()).collect();
    for mate in std::iter::once(turned).chain(model.made_up_as(&shapes)) {
        if mate != sample
            && let Ok(outputs) = model.run_arranged(mate.clone(), 1)
        {
            all.push((mate, outputs));
        }
    }
    if all.len() == 1 {
        return Err("there are no two rows that it answers, to check it with".to_owned());
    }
    agrees(model, joining, &all)
}

/// The sample beside a shorter one that is filled up.
fn padded(
    model: &Model,
    joining: &Joining,
    axes: Vec<Option<usize>>,
    sample: &[NamedTensor],
    outputs: &[NamedTensor],
) -> Result<Padding, String> {
    let mut length = 0;
    let mut short = Vec::new();
    for (input, axis) in sample.iter().zip(&axes) {
        let mut inner = input.tensor.shape()[1..].to_vec();
        let rows = 0..input.tensor.shape()[0];
        if let Some(axis) = axis {
            length = inner[axis - 1];
            inner[axis - 1] = length.div_ceil(2);
        }
        short.push(input.with(input.tensor.part(rows, &inner)));
    }
    if length < 2 {
        return Err("the example is too short to check it with".to_owned());
    }
    let cut = model
        .run_arranged(short.clone(), 1)
        .map_err(|error| error.to_string())?;
    let mut padding = Padding {
        inputs: axes,
        outputs: Vec::new(),
    };
    for (whole, cut) in outputs.iter().zip(&cut) {
        let (whole, part) = (whole.tensor.shape(), cut.tensor.shape());
        let mut follows = Vec::new();
        for axis in 1..whole.len().min(part.len()) {
            if (whole[axis], part[axis]) == (length, length.div_ceil(2)) {
                follows.push(axis);
            } else if whole[axis] != part[axis] {
                return Err(format!(
                    "its output `{}` is not as long as its inputs",
                    cut.name
                ));
            }
        }
        padding.outputs.push(follows);
    }
    let joining = Joining {
        padding: Ok(padding.clone()),
        ..joining.clone()
    };
    let all = [(sample.to_vec(), outputs.to_vec()), (short, cut)];
    agrees(model, &joining, &all)?;
    Ok(padding)
}

/// Runs inputs together that are known with what comes of each alone.
fn agrees(
    model: &Model,
    joining: &Joining,
    all: &[(Vec<NamedTensor>, Vec<NamedTensor>)],
) -> Result<(), String> {
    let pieces = all.iter().map(|(inputs, _)| joining.piece(inputs.clone()));
    let pieces: Vec<Piece> = pieces.collect();
    let joined = joining
        .joined(&pieces)
        .ok_or("its inputs cannot be joined")?;
    let rows: usize = pieces.iter().map(Piece::rows).sum();
    let outputs = model
        .run_arranged(joined, 1)
        .map_err(|error| format!("with {rows} rows {error}"))?;
    if let Some(odd) = outputs.iter().find(|it| it.tensor.rows() != Some(rows)) {
        return Err(format!(
            "its output `{}` has the shape {:?} where {rows} rows go in",
            odd.name,
            odd.tensor.shape()
        ));
    }
    let given = joining
        .given_back(&pieces, &outputs)
        .ok_or("its outputs cannot be taken apart")?;
    for ((_, alone), together) in all.iter().zip(&given) {
        for (alone, together) in alone.iter().zip(together) {
            if let Some(how) = apart(&alone.tensor, &together.tensor) {
                return Err(format!(
                    "its output `{}` {how} when other rows run beside it",
                    alone.name
                ));
            }
        }
    }
    Ok(())
}

/// In which way `b` is not `a`.
fn apart(a: &Tensor, b: &Tensor) -> Option<String> {
    if a.shape() != b.shape() {
        return Some(format!(
            "has the shape {:?} instead of {:?}",
            b.shape(),
            a.shape()
        ));
    }
    match a.data().off(b.data()) {
        Some(off) => (off > TOLERANCE).then(|| format!("is off by {off:.0e}")),
        None => (a != b).then(|| "is another".to_owned()),
    }
}
