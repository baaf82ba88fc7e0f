//! Trees as TreeEnsembleClassifier and TreeEnsembleRegressor write them down: lists of nodes under ids.
//! Must not know how a tree is walked.

use super::tree::{Forest, Place, Test};
use std::collections::HashMap;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

/// The trees of `node`, whose leaves' attributes begin with `leaf`.
pub(super) fn forest(node: &NodeProto, leaf: &str) -> TractResult<Forest> {
    for attribute in &node.attribute {
        ensure!(
            !attribute.name.ends_with("_as_tensor"),
            "its `{}` is not supported; export it with 32-bit weights",
            attribute.name
        );
    }
    let numbers = |name: &str| node.get_attr_vec::<i64>(name);
    let (trees, ids) = (numbers("nodes_treeids")?, numbers("nodes_nodeids")?);
    let columns = numbers("nodes_featureids")?;
    let (yes, no) = (
        numbers("nodes_truenodeids")?,
        numbers("nodes_falsenodeids")?,
    );
    let values: Vec<f32> = node.get_attr_vec("nodes_values")?;
    let modes: Vec<&str> = node.get_attr_vec("nodes_modes")?;
    let missing: Vec<i64> = node
        .get_attr_opt_vec("nodes_missing_value_tracks_true")?
        .unwrap_or_default();
    let count = trees.len();
    let lengths = [
        ids.len(),
        columns.len(),
        yes.len(),
        no.len(),
        values.len(),
        modes.len(),
    ];
    ensure!(
        lengths.iter().all(|length| *length == count) && count > 0,
        "its lists of nodes differ in length"
    );
    let mut index = HashMap::new();
    let mut roots = Vec::new();
    for at in 0..count {
        if at == 0 || trees[at] != trees[at - 1] {
            roots.push(at);
        }
        let twice = index.insert((trees[at], ids[at]), at);
        ensure!(
            twice.is_none(),
            "its node {} of tree {} is there twice",
            ids[at],
            trees[at]
        );
    }
    let find = |tree: i64, id: i64| {
        let found = index.get(&(tree, id)).copied();
        found.with_context(|| format!("its tree {tree} has no node {id}"))
    };
    let mut places = Vec::new();
    for at in 0..count {
        let value = f64::from(values[at]);
        let test = match modes[at] {
            "LEAF" => {
                places.push(Place::Leaf(Vec::new()));
                continue;
            }
            "BRANCH_LEQ" => Test::Leq(value),
            "BRANCH_LT" => Test::Lt(value),
            "BRANCH_GTE" => Test::Gte(value),
            "BRANCH_GT" => Test::Gt(value),
            "BRANCH_EQ" => Test::Eq(value),
            "BRANCH_NEQ" => Test::Neq(value),
            other => bail!("its node mode `{other}` is not supported"),
        };
        places.push(Place::Branch {
            column: usize::try_from(columns[at]).context("a column is negative")?,
            test,
            missing_is_true: missing.get(at) == Some(&1),
            yes: find(trees[at], yes[at])?,
            no: find(trees[at], no[at])?,
        });
    }
    let list = |part: &str| numbers(&format!("{leaf}_{part}"));
    let (trees, ids, classes) = (list("treeids")?, list("nodeids")?, list("ids")?);
    let weights: Vec<f32> = node.get_attr_vec(&format!("{leaf}_weights"))?;
    ensure!(
        [ids.len(), classes.len(), weights.len()] == [trees.len(); 3],
        "its lists of leaves differ in length"
    );
    for (at, weight) in weights.into_iter().enumerate() {
        let class = usize::try_from(classes[at]).context("a class is negative")?;
        // onnxruntime leaves out what is said of a node that is no leaf.
        if let Place::Leaf(leaf) = &mut places[find(trees[at], ids[at])?] {
            leaf.push((class, f64::from(weight)));
        }
    }
    Forest::new(places, roots)
}
