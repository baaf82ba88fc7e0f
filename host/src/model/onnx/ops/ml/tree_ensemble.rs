//! TreeEnsemble, which ai.onnx.ml 5 has in place of the regressor and the classifier.
//! Must not know how a tree is walked or what leaves are worth together.

use super::rows::Rows;
use super::transform::Transform;
use super::tree::{Forest, Place, Test};
use super::tree_regressor::{Aggregate, Regressor};
use crate::model::onnx::kernel::{Built, Kernel, operator, required};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::{NodeProto, TensorProto};
use tract_onnx::tensor::load_tensor;
use tract_onnx::tract_hir::internal::*;

/// Gives numbers as wide as it takes.
#[derive(Debug)]
struct Ensemble(Regressor);

pub(in crate::model::onnx::ops) fn tree_ensemble(
    context: &ParsingContext,
    node: &NodeProto,
) -> Built {
    let number = |name: &str| node.get_attr_opt::<i64>(name);
    let aggregate = match number("aggregate_function")?.unwrap_or(1) {
        0 => Aggregate::Average,
        1 => Aggregate::Sum,
        2 => Aggregate::Min,
        3 => Aggregate::Max,
        other => bail!("its aggregate_function {other} is not supported"),
    };
    let targets: usize = node.get_attr("n_targets")?;
    let ensemble = Regressor {
        forest: forest(context, node)?,
        base: Vec::new(),
        targets,
        aggregate,
        transform: transform(number("post_transform")?.unwrap_or(0), targets)?,
    };
    ensemble.check()?;
    operator(node, Ensemble(ensemble))
}

impl Kernel for Ensemble {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let input = required(inputs, 0)?;
        ensure!(
            [f32::datum_type(), f64::datum_type()].contains(&input.datum_type),
            "only f32 and f64 are supported"
        );
        let shape = [Rows::count_in(input), self.0.targets.to_dim()];
        Ok(vec![input.datum_type.fact(&shape)])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let input = required(inputs, 0)?;
        let scores = self.0.scores(input)?;
        let scores = scores.cast_to_dt(input.datum_type())?;
        Ok(vec![scores.into_owned()])
    }
}

/// Only what ONNX and onnxruntime mean by the same number: that takes 1 for LOGISTIC and 2 for SOFTMAX,
/// which the specification has the other way round, and leaves a single score as it is.
fn transform(number: i64, targets: usize) -> TractResult<Transform> {
    Ok(match number {
        0 => Transform::None,
        3 if targets > 1 => Transform::SoftmaxZero,
        other => bail!(
            "its post_transform {other} is not supported, because runtimes disagree on it; leave it out and put a node of its own behind"
        ),
    })
}

/// Branches stand before leaves: leaf `n` is the place behind all branches and `n` leaves.
fn forest(context: &ParsingContext, node: &NodeProto) -> TractResult<Forest> {
    let places = |name: &str| node.get_attr_vec::<usize>(name);
    let flags = |name: &str| node.get_attr_vec::<i64>(name);
    let numbers = |name: &str| numbers::<f64>(context, node, name);
    let modes: Vec<u8> = self::numbers(context, node, "nodes_modes")?;
    let splits = numbers("nodes_splits")?;
    let columns = places("nodes_featureids")?;
    let (yes, no) = (places("nodes_truenodeids")?, places("nodes_falsenodeids")?);
    let ends = [flags("nodes_trueleafs")?, flags("nodes_falseleafs")?];
    let missing: Option<Vec<i64>> = node.get_attr_opt_vec("nodes_missing_value_tracks_true")?;
    let (targets, weights) = (places("leaf_targetids")?, numbers("leaf_weights")?);
    let roots = places("tree_roots")?;
    let lengths = [splits.len(), columns.len(), yes.len(), no.len()];
    let lengths = lengths.into_iter().chain(ends.iter().map(Vec::len));
    let (branches, leaves) = (modes.len(), weights.len());
    ensure!(
        lengths
            .chain(missing.iter().map(Vec::len))
            .all(|it| it == branches),
        "its lists of nodes differ in length"
    );
    ensure!(
        targets.len() == leaves,
        "its lists of leaves differ in length"
    );
    ensure!(
        roots.iter().all(|root| *root < branches),
        "a root is no node"
    );
    let place = |end: i64, at: usize| {
        let most = if end == 0 { branches } else { leaves };
        ensure!(at < most, "a way leads to a node that is not there");
        Ok(if end == 0 { at } else { branches + at })
    };
    let members = if modes.contains(&MEMBER) {
        numbers("membership_values")?
    } else {
        Vec::new()
    };
    // The values of one node after those of another, NaN behind each.
    let mut members = members.split(|value| value.is_nan());
    let mut found = Vec::new();
    for at in 0..branches {
        let value = splits[at];
        let test = match modes[at] {
            0 => Test::Leq(value),
            1 => Test::Lt(value),
            2 => Test::Gte(value),
            3 => Test::Gt(value),
            4 => Test::Eq(value),
            5 => Test::Neq(value),
            MEMBER => {
                let values = members.next().filter(|values| !values.is_empty());
                let values = values.context("its membership_values do not fit its nodes")?;
                Test::Member(values.to_vec())
            }
            other => bail!("its node mode {other} is not supported"),
        };
        found.push(Place::Branch {
            column: columns[at],
            test,
            missing_is_true: missing.as_ref().is_some_and(|flags| flags[at] == 1),
            yes: place(ends[0][at], yes[at])?,
            no: place(ends[1][at], no[at])?,
        });
    }
    let leaf = |(target, weight)| Place::Leaf(vec![(target, weight)]);
    found.extend(targets.into_iter().zip(weights).map(leaf));
    Forest::new(found, roots)
}

/// The mode of a node that asks whether a number is in a list.
const MEMBER: u8 = 6;

fn numbers<T: Datum + Copy>(
    context: &ParsingContext,
    node: &NodeProto,
    name: &str,
) -> TractResult<Vec<T>> {
    let proto: &TensorProto = node.get_attr(name)?;
    let tensor = load_tensor(&*context.framework.provider, proto, context.model_dir)?;
    let tensor = tensor.cast_to::<T>()?;
    Ok(tensor.try_as_plain_ram()?.as_slice::<T>()?.to_vec())
}
