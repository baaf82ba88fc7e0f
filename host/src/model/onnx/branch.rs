//! `If` with a condition that is known before a run: the branch that it takes stands in its place.
//! tract wants both branches to give the same shapes; exporters write `If` where they do not.
//! Must not know plans or signatures.

use super::lookup::{attribute, read};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use tract_onnx::pb::{GraphProto, ModelProto, NodeProto, ValueInfoProto};
use tract_onnx::prelude::{TractResult, TypedModel};

/// `model` without the `If`s whose condition `analyse` finds to be constant, of a model that gives conditions only.
pub(super) fn settled<'a>(
    model: &'a ModelProto,
    analyse: impl Fn(&ModelProto) -> TractResult<TypedModel>,
) -> Cow<'a, ModelProto> {
    let mut settled = Cow::Borrowed(model);
    while let Some(graph) = &settled.graph {
        let asked = conditions(graph);
        if asked.is_empty() {
            break;
        }
        let found = analyse(&only(&settled, graph, &asked)).and_then(|model| known(&model, &asked));
        let found = found.unwrap_or_default();
        if found.is_empty() {
            break;
        }
        if let Some(graph) = &mut settled.to_mut().graph {
            take(graph, &found);
        }
    }
    settled
}

/// The conditions of `graph` that no other `If` leads to.
fn conditions(graph: &GraphProto) -> Vec<String> {
    let ifs = graph.node.iter().filter(|node| is_if(node));
    let asked = ifs.filter_map(|node| node.input.first());
    let mut asked: Vec<String> = asked
        .filter(|name| !above(graph, name).into_iter().any(is_if))
        .cloned()
        .collect();
    asked.sort_unstable();
    asked.dedup();
    asked
}

fn is_if(node: &NodeProto) -> bool {
    node.op_type == "If"
}

/// The nodes that lead to `name`, in the order of the graph.
fn above<'a>(graph: &'a GraphProto, name: &'a str) -> Vec<&'a NodeProto> {
    let mut wanted = HashSet::from([name]);
    let mut found = Vec::new();
    for node in graph.node.iter().rev() {
        if node.output.iter().any(|it| wanted.contains(it.as_str())) {
            read(node, &mut |name| {
                wanted.insert(name);
            });
            found.push(node);
        }
    }
    found.reverse();
    found
}

/// The part of `model` that makes the values called `names`.
fn only(model: &ModelProto, graph: &GraphProto, names: &[String]) -> ModelProto {
    let mut kept: Vec<NodeProto> = Vec::new();
    for node in names.iter().flat_map(|name| above(graph, name)) {
        if !kept.iter().any(|other| other.output == node.output) {
            kept.push(node.clone());
        }
    }
    let place = |node: &NodeProto| graph.node.iter().position(|it| it.output == node.output);
    kept.sort_by_key(place);
    let output = |name: &String| ValueInfoProto {
        name: name.clone(),
        ..ValueInfoProto::default()
    };
    let graph = GraphProto {
        node: kept,
        output: names.iter().map(output).collect(),
        ..graph.clone()
    };
    ModelProto {
        graph: Some(graph),
        ..model.clone()
    }
}

/// The values of those of `names`, the outputs of `model`, that are constant.
fn known(model: &TypedModel, names: &[String]) -> TractResult<HashMap<String, bool>> {
    let mut found = HashMap::new();
    for (at, name) in names.iter().enumerate() {
        if let Some(value) = &model.output_fact(at)?.konst {
            let value = value.cast_to::<bool>()?;
            let value = value
                .try_as_plain_ram()?
                .as_slice::<bool>()?
                .first()
                .copied();
            found.extend(value.map(|value| (name.clone(), value)));
        }
    }
    Ok(found)
}

/// Puts branches in the place of the `If`s whose conditions are `known`.
fn take(graph: &mut GraphProto, known: &HashMap<String, bool>) {
    for node in std::mem::take(&mut graph.node) {
        let value = node.input.first().and_then(|name| known.get(name));
        let branch = value.filter(|_| is_if(&node)).and_then(|value| {
            let name = if *value { "then_branch" } else { "else_branch" };
            attribute(&node, name).and_then(|it| it.g.clone())
        });
        match branch {
            Some(branch) => inline(graph, &node.output, branch),
            None => graph.node.push(node),
        }
    }
}

/// Puts `branch` into `graph`, its outputs under the names `outputs`.
fn inline(graph: &mut GraphProto, outputs: &[String], mut branch: GraphProto) {
    let prefix = outputs.concat();
    let made = branch.node.iter().flat_map(|node| &node.output);
    let constants = branch.initializer.iter().map(|tensor| &tensor.name);
    let names: HashMap<String, String> = made
        .chain(constants)
        .filter(|name| !name.is_empty())
        .map(|name| (name.clone(), format!("{prefix}.{name}")))
        .collect();
    rename(&mut branch, &names);
    for node in &mut branch.node {
        node.name = format!("{prefix}.{}", node.name);
    }
    graph.initializer.append(&mut branch.initializer);
    graph.node.append(&mut branch.node);
    for (output, made) in outputs.iter().zip(branch.output) {
        if !output.is_empty() {
            graph.node.push(NodeProto {
                op_type: "Identity".to_owned(),
                input: vec![made.name],
                output: vec![output.clone()],
                ..NodeProto::default()
            });
        }
    }
}

/// Says `names` otherwise in `graph` and the graphs inside it.
fn rename(graph: &mut GraphProto, names: &HashMap<String, String>) {
    let renamed = |name: &mut String| {
        if let Some(other) = names.get(name) {
            name.clone_from(other);
        }
    };
    graph
        .initializer
        .iter_mut()
        .for_each(|it| renamed(&mut it.name));
    graph.output.iter_mut().for_each(|it| renamed(&mut it.name));
    for node in &mut graph.node {
        node.input
            .iter_mut()
            .chain(&mut node.output)
            .for_each(renamed);
        let graphs = node.attribute.iter_mut().filter_map(|it| it.g.as_mut());
        graphs.for_each(|graph| rename(graph, names));
    }
}
