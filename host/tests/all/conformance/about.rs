//! What a case is about.
//! Must not know what comes of it.

use tract_onnx::pb::type_proto::Value;
use tract_onnx::pb::{GraphProto, ModelProto, ValueInfoProto};

/// What a case is about: its one operator, or the one whose definition it spells out.
pub(super) fn operator(name: &str, graph: &GraphProto) -> String {
    match &graph.node[..] {
        [node] => node.op_type.clone(),
        _ if name.contains("_expanded") => "(definitions spelt out)".to_owned(),
        _ => "(several)".to_owned(),
    }
}

pub(super) fn opset(proto: &ModelProto) -> i64 {
    let onnx = proto.opset_import.iter();
    let mut onnx = onnx.filter(|import| ["", "ai.onnx"].contains(&import.domain.as_str()));
    onnx.next().map_or(0, |import| import.version)
}

/// The first input's element type, or the first output's.
pub(super) fn dtype(graph: &GraphProto) -> String {
    let first = graph.input.first().or(graph.output.first());
    let name = first.map_or("no tensor", called);
    name.to_owned()
}

/// Whether inputs and outputs have the element types that most models have.
pub(super) fn is_plain(graph: &GraphProto) -> bool {
    let mut values = graph.input.iter().chain(&graph.output);
    values.all(|value| ["f32", "i64", "i32", "bool", "i8", "u8"].contains(&called(value)))
}

/// The element type of `value`.
fn called(value: &ValueInfoProto) -> &'static str {
    let kind = value.r#type.as_ref().and_then(|kind| kind.value.as_ref());
    let Some(Value::TensorType(tensor)) = kind else {
        return "no tensor";
    };
    let names = [
        "?", "f32", "u8", "i8", "u16", "i16", "i32", "i64", "text", "bool", "f16", "f64", "u32",
        "u64",
    ];
    let number = usize::try_from(tensor.elem_type).ok();
    let name = number.and_then(|number| names.get(number).copied());
    name.unwrap_or("other")
}
