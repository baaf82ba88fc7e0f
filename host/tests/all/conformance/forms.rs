//! The forms of a case: as it is, and with dims that only requests decide.
//! Must not know what comes of them.

use tract_onnx::pb::tensor_shape_proto::dimension::Value as Size;
use tract_onnx::pb::type_proto::Value;
use tract_onnx::pb::{GraphProto, ModelProto, TensorShapeProto, ValueInfoProto};

/// How the dims of inputs are said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As the case has them, which is fixed.
    Fixed,
    /// Those above 1 have names, the same where they are the same, as exporters say them.
    Named,
    /// None is said.
    Unnamed,
}

/// `model` in another form, if that is another.
pub(super) fn of(model: &ModelProto, form: Form) -> Option<ModelProto> {
    let mut model = model.clone();
    let graph = model.graph.as_mut()?;
    let mut is_other = false;
    let name = |size: &Option<Size>| match (form, size) {
        (Form::Named, Some(Size::DimValue(size @ 2..))) => Some(Size::DimParam(format!("n{size}"))),
        (Form::Named, other) => other.clone(),
        _ => None,
    };
    let constants: Vec<String> = names(graph);
    let inputs = graph.input.iter_mut();
    for input in inputs.filter(|input| !constants.contains(&input.name)) {
        for dim in &mut shape(input).into_iter().flat_map(|shape| &mut shape.dim) {
            let open = name(&dim.value);
            is_other |= open != dim.value;
            dim.value = open;
        }
    }
    for output in &mut graph.output {
        for dim in &mut shape(output).into_iter().flat_map(|shape| &mut shape.dim) {
            dim.value = None;
        }
    }
    graph.value_info.clear();
    is_other.then_some(model)
}

fn names(graph: &GraphProto) -> Vec<String> {
    let constants = graph.initializer.iter();
    constants.map(|tensor| tensor.name.clone()).collect()
}

fn shape(value: &mut ValueInfoProto) -> Option<&mut TensorShapeProto> {
    let Value::TensorType(tensor) = value.r#type.as_mut()?.value.as_mut()?;
    tensor.shape.as_mut()
}
