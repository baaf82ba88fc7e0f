//! ZipMap, which makes a map of each row of probabilities: the rows are served as the tensor that they are.
//! Must not know who reads them.

use tract_onnx::pb::tensor_shape_proto::Dimension;
use tract_onnx::pb::tensor_shape_proto::dimension::Value as Size;
use tract_onnx::pb::type_proto::{Tensor, Value};
use tract_onnx::pb::{GraphProto, NodeProto, TensorShapeProto, TypeProto};

/// ONNX's number of f32.
const F32: i32 = 1;

/// Takes every ZipMap out of `graph`.
pub(super) fn unzip(graph: &mut GraphProto) {
    for node in &mut graph.node {
        if node.op_type != "ZipMap" {
            continue;
        }
        let columns = columns(node);
        let made = node.output.first();
        let outputs = graph.output.iter_mut();
        for output in outputs.filter(|output| Some(&output.name) == made) {
            output.r#type = Some(table(columns));
        }
        node.op_type = "Identity".to_owned();
        node.domain = String::new();
        node.attribute.clear();
    }
}

fn columns(node: &NodeProto) -> usize {
    let lists = node.attribute.iter();
    let lengths = lists.map(|list| list.ints.len().max(list.strings.len()));
    lengths.max().unwrap_or(0)
}

fn table(columns: usize) -> TypeProto {
    let open = Dimension::default();
    let fixed = Dimension {
        value: Some(Size::DimValue(columns as i64)),
        ..Dimension::default()
    };
    let shape = TensorShapeProto {
        dim: vec![open, fixed],
    };
    TypeProto {
        value: Some(Value::TensorType(Tensor {
            elem_type: F32,
            shape: Some(shape),
        })),
        ..TypeProto::default()
    }
}
