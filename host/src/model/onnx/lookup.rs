//! Looking things up in an ONNX graph: who makes a value, what a node says of itself.
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
