//! Nodes that compute the same from the same, made one: exporters write a mask once for each layer.
//! Must not know what nodes compute.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use tract_onnx::pb::{GraphProto, NodeProto, TensorProto};

/// Constants up to so many bytes are compared by value.
const SMALL: usize = 64;

/// Operators that give something else each time.
const RANDOM: [&str; 6] = [
    "Bernoulli",
    "Dropout",
    "Multinomial",
    "RandomNormal",
    "RandomNormalLike",
    "RandomUniform",
];

/// Merges them in `graph`.
pub(super) fn merge(graph: &mut GraphProto) {
    let mut first: HashMap<Vec<u8>, Vec<String>> = HashMap::new();
    let mut instead: HashMap<String, String> = HashMap::new();
    let outputs: Vec<String> = graph.output.iter().map(|it| it.name.clone()).collect();
    for tensor in graph.initializer.iter().filter(|it| is_small(it)) {
        let names = first
            .entry(of_tensor(tensor))
            .or_insert_with(|| vec![tensor.name.clone()]);
        instead.insert(tensor.name.clone(), names[0].clone());
    }
    for input in &graph.input {
        instead.remove(&input.name);
    }
    instead.retain(|name, to| name != to && !graph.input.iter().any(|it| it.name == *to));
    for mut node in std::mem::take(&mut graph.node) {
        for input in &mut node.input {
            if let Some(name) = instead.get(input) {
                input.clone_from(name);
            }
        }
        let is_output = node.output.iter().any(|it| outputs.contains(it));
        let has_graph = node.attribute.iter().any(|it| it.g.is_some());
        let is_random = RANDOM.contains(&node.op_type.as_str());
        if !is_output && !has_graph && !is_random && is_light(&node) {
            match first.entry(of_node(&node)) {
                Entry::Occupied(same) => {
                    let pairs = node.output.iter().zip(same.get());
                    instead.extend(pairs.map(|(from, to)| (from.clone(), to.clone())));
                }
                Entry::Vacant(place) => {
                    place.insert(node.output.clone());
                }
            }
        }
        // Merged, it stays as well: a graph inside may still say its name.
        graph.node.push(node);
    }
}

fn is_light(node: &NodeProto) -> bool {
    let mut tensors = node.attribute.iter().filter_map(|it| it.t.as_ref());
    tensors.all(is_small)
}

fn is_small(tensor: &TensorProto) -> bool {
    tensor.raw_data.len() <= SMALL
        && tensor.float_data.len() + tensor.int32_data.len() + tensor.int64_data.len() <= SMALL / 4
        && tensor.double_data.is_empty()
        && tensor.string_data.is_empty()
        && tensor.uint64_data.is_empty()
        && tensor.external_data.is_empty()
}

fn of_tensor(tensor: &TensorProto) -> Vec<u8> {
    let unnamed = TensorProto {
        name: String::new(),
        doc_string: String::new(),
        ..tensor.clone()
    };
    format!("{unnamed:?}").into_bytes()
}

fn of_node(node: &NodeProto) -> Vec<u8> {
    let mut attributes = node.attribute.clone();
    for attribute in &mut attributes {
        attribute.doc_string.clear();
        if let Some(tensor) = &mut attribute.t {
            tensor.name.clear();
            tensor.doc_string.clear();
        }
    }
    attributes.sort_by(|a, b| a.name.cmp(&b.name));
    let (inputs, outputs) = (&node.input, node.output.iter().map(|it| it.is_empty()));
    let outputs: Vec<bool> = outputs.collect();
    format!(
        "{} {} {inputs:?} {outputs:?} {attributes:?}",
        node.domain, node.op_type
    )
    .into_bytes()
}
