//! Several operators of a graph made one that runs faster: linear layers, GELU, layer normalisation, attention.
//! Must not know how they are computed, nor tract.

mod attention;
mod duplicates;
mod gelu;
mod index;
mod linear;
mod norm;
mod quantised;
mod sum;

use self::index::Index;
use super::lookup::read;
use super::ops;
use std::collections::HashSet;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::{AttributeProto, GraphProto, NodeProto};

/// A node that stands for others: it comes where the last of them was, under the names of its outputs.
struct Fused {
    at: usize,
    node: NodeProto,
}

/// Puts one operator of ours in the place of ONNX's `Attention` where it is simple: tract's takes no mask that is repeated.
pub(super) fn attend(graph: &mut GraphProto) {
    let found = attention::find_whole(&Index::of(graph));
    put(graph, found);
}

/// Fuses what it finds in `graph`; gives how many operators it made.
pub(super) fn fuse(graph: &mut GraphProto) -> usize {
    duplicates::merge(graph);
    let passes: [fn(&Index<'_>) -> Vec<Fused>; 7] = [
        norm::find,
        gelu::find,
        linear::find,
        linear::find_pairs,
        quantised,
        attention::find,
        sum::find,
    ];
    let mut count = 0;
    for pass in passes {
        let found = pass(&Index::of(graph));
        count += found.len();
        put(graph, found);
    }
    count
}

fn quantised(index: &Index<'_>) -> Vec<Fused> {
    match ops::is_exact() {
        true => quantised::find(index),
        false => Vec::new(),
    }
}

fn put(graph: &mut GraphProto, found: Vec<Fused>) {
    for Fused { at, node } in found {
        graph.node[at] = node;
    }
    drop_unused(graph);
}

/// Takes out what makes only values that nothing takes.
fn drop_unused(graph: &mut GraphProto) {
    let mut taken: HashSet<String> = graph.output.iter().map(|it| it.name.clone()).collect();
    let mut kept = Vec::new();
    for node in std::mem::take(&mut graph.node).into_iter().rev() {
        if node.output.iter().any(|it| taken.contains(it)) {
            read(&node, &mut |name| {
                taken.insert(name.to_owned());
            });
            kept.push(node);
        }
    }
    kept.reverse();
    graph.node = kept;
}

fn node(
    operator: &str,
    like: &NodeProto,
    inputs: &[&str],
    attributes: Vec<AttributeProto>,
) -> NodeProto {
    NodeProto {
        name: like.name.clone(),
        op_type: operator.to_owned(),
        input: inputs.iter().map(|it| (*it).to_owned()).collect(),
        output: vec![like.output[0].clone()],
        attribute: attributes,
        ..NodeProto::default()
    }
}

fn number(name: &str, value: f32) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Float as i32,
        f: value,
        ..AttributeProto::default()
    }
}

fn integers(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Ints as i32,
        ints: values.to_vec(),
        ..AttributeProto::default()
    }
}

fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::String as i32,
        s: value.as_bytes().to_vec(),
        ..AttributeProto::default()
    }
}
