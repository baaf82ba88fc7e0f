//! Nodes that compute the same from the same, made one: exporters write a mask once for each layer.
//! Must not know what nodes compute.

use std::collections::HashMap;
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
    for node in std::mem::take(&mut graph.node) {
        let mut node = node;
        for input in &mut node.input {
            if let Some(name) = instead.get(input) {
                input.clone_from(name);
            }
        }
        let is_output = node.output.iter().any(|it| outputs.contains(it));
        let has_graph = node.attribute.iter().any(|it| it.g.is_some());
        if is_output || has_graph || RANDOM.contains(&node.op_type.as_str()) || !is_light(&node) {
            graph.node.push(node);
            continue;
        }
        match first.get(&of_node(&node)) {
            Some(names) if names.len() == node.output.len() => {
                let pairs = node.output.iter().zip(names);
                instead.extend(pairs.map(|(from, to)| (from.clone(), to.clone())));
                // A graph inside may still say the old name.
                graph.node.push(node);
            }
            _ => {
                first.insert(of_node(&node), node.output.clone());
                graph.node.push(node);
            }
        }
    }
}

fn is_light(node: &NodeProto) -> bool {
    let tensors = node.attribute.iter().filter_map(|it| it.t.as_ref());
    tensors.into_iter().all(is_small)
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
