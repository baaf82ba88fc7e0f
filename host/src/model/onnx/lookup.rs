//! Looking things up in an ONNX graph: who makes a value, what a node says of itself and what it reads.
//! Must not know what operators mean.

use tract_onnx::pb::{AttributeProto, GraphProto, NodeProto};

/// The node of `graph` that makes the value `name`.
pub(super) fn maker<'a>(graph: &'a GraphProto, name: &str) -> Option<&'a NodeProto> {
    let makes = |node: &&NodeProto| node.output.iter().any(|made| made == name);
    graph.node.iter().find(makes)
}

/// The attribute of `node` called `name`.
pub(super) fn attribute<'a>(node: &'a NodeProto, name: &str) -> Option<&'a AttributeProto> {
    node.attribute.iter().find(|it| it.name == name)
}

/// Gives `each` every name that `node` reads, and the graphs inside it.
pub(super) fn read<'a>(node: &'a NodeProto, each: &mut impl FnMut(&'a str)) {
    node.input.iter().for_each(|name| each(name));
    read_inside(node, each);
}

/// Gives `each` every name that the graphs inside `node` read.
pub(super) fn read_inside<'a>(node: &'a NodeProto, each: &mut impl FnMut(&'a str)) {
    let graphs = node.attribute.iter().filter_map(|it| it.g.as_ref());
    for graph in graphs {
        graph.output.iter().for_each(|output| each(&output.name));
        for node in &graph.node {
            read(node, each);
        }
    }
}
