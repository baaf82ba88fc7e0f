//! An ONNX file: read, judged, and its signature.
//! Must not know how it is planned or run.

use super::convert::dtype;
use super::{Error, contained, zip_map};
use crate::model::signature::{Dim, Port, Signature};
use tract_onnx::pb;
use tract_onnx::prelude::{Framework, TractError, TractResult};

/// ONNX's number of text.
const TEXT: i32 = 8;
/// Protocol buffers cannot be larger.
const MOST_BYTES: usize = i32::MAX as usize;

/// Operators that leave the numbers as they are.
const FORMS: [&str; 7] = [
    "Identity",
    "Cast",
    "Reshape",
    "Squeeze",
    "Unsqueeze",
    "Flatten",
    "Transpose",
];
/// No exporter writes more of them one behind the other.
const MOST_FORMS: usize = 16;

/// An ONNX file that was read and not analysed yet.
pub struct File {
    pub(super) signature: Signature,
    pub(super) proto: pb::ModelProto,
}

impl File {
    /// Reads the file that holds `bytes`.
    pub fn read(mut bytes: &[u8]) -> Result<File, Error> {
        if bytes.len() > MOST_BYTES {
            return Err(Error::Load(format!(
                "the file has {} bytes; an ONNX file holds at most 2 GB, so it is damaged or none",
                bytes.len()
            )));
        }
        let proto = contained(|| tract_onnx::onnx().proto_model_for_read(&mut bytes));
        let mut proto = proto.map_err(Error::Load)?;
        proto.graph.iter_mut().for_each(zip_map::unzip);
        if let Some(elsewhere) = elsewhere(&proto) {
            return Err(elsewhere);
        }
        let signature = contained(|| signature(&proto)).map_err(Error::Load)?;
        Ok(File { signature, proto })
    }

    /// What the model takes and gives.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The operator that makes the numbers of an output, behind those that only change its form.
    pub fn producer(&self, output: &str) -> Option<&str> {
        let nodes = &self.proto.graph.as_ref()?.node;
        let mut name = output;
        // A file may say that a node feeds itself.
        for _ in 0..MOST_FORMS {
            let makes = |node: &&pb::NodeProto| node.output.iter().any(|made| made == name);
            let node = nodes.iter().find(makes)?;
            if !FORMS.contains(&node.op_type.as_str()) {
                return Some(&node.op_type);
            }
            name = node.input.first()?;
        }
        None
    }
}

/// What to say of a file whose weights are not in it.
fn elsewhere(proto: &pb::ModelProto) -> Option<Error> {
    let mut tensors = proto.graph.as_ref()?.initializer.iter();
    let tensor = tensors.find(|tensor| tensor.data_location == Some(1))?;
    let mut said = tensor.external_data.iter();
    let file = said.find(|entry| entry.key == "location");
    Some(Error::External {
        tensor: tensor.name.clone(),
        file: file.map_or_else(|| "?".to_owned(), |entry| entry.value.clone()),
    })
}

fn signature(proto: &pb::ModelProto) -> TractResult<Signature> {
    let message = |text: String| TractError::msg(text);
    let graph = proto
        .graph
        .as_ref()
        .ok_or_else(|| message("the file holds no graph; is it an ONNX model?".to_owned()))?;
    let is_initializer = |name: &str| graph.initializer.iter().any(|tensor| tensor.name == name);
    let mut inputs = graph
        .input
        .iter()
        .filter(|value| !is_initializer(&value.name))
        .map(port)
        .collect::<TractResult<Vec<_>>>()?;
    for input in &mut inputs {
        input.rows = rows(graph, &input.name);
        if let Some(shape) = &mut input.shape
            && let Some(dim @ (Dim::Any | Dim::Symbol(_))) = shape.get_mut(1)
            && let Some(channels) = channels(graph, &input.name)
        {
            *dim = Dim::Fixed(channels);
        }
    }
    let outputs = graph
        .output
        .iter()
        .map(port)
        .collect::<TractResult<Vec<_>>>()?;
    Ok(Signature { inputs, outputs })
}

fn port(value: &pb::ValueInfoProto) -> TractResult<Port> {
    let message = |text: String| TractError::msg(text);
    let Some(pb::type_proto::Value::TensorType(tensor)) =
        value.r#type.as_ref().and_then(|kind| kind.value.as_ref())
    else {
        return Err(message(format!(
            "`{}` is no tensor; sequences, maps and optionals are not supported",
            value.name
        )));
    };
    if tensor.elem_type == TEXT {
        return Err(message(format!(
            "`{}` is text, which is not supported; a classifier must be trained on numbered classes, and text encoded before the model",
            value.name
        )));
    }
    let dtype = dtype(tensor.elem_type).ok_or_else(|| {
        message(format!(
            "`{}` has the ONNX element type {}, which is not supported",
            value.name, tensor.elem_type
        ))
    })?;
    let dim = |dim: &pb::tensor_shape_proto::Dimension| match &dim.value {
        Some(pb::tensor_shape_proto::dimension::Value::DimValue(size)) => {
            usize::try_from(*size).map_or(Dim::Any, Dim::Fixed)
        }
        Some(pb::tensor_shape_proto::dimension::Value::DimParam(name)) if !name.is_empty() => {
            Dim::Symbol(name.clone())
        }
        _ => Dim::Any,
    };
    Ok(Port {
        name: value.name.clone(),
        dtype,
        shape: tensor
            .shape
            .as_ref()
            .map(|shape| shape.dim.iter().map(dim).collect()),
        rows: None,
    })
}

/// The rows of the constant table that `input` indexes in a `Gather` on axis 0, the least where there are several.
fn rows(graph: &pb::GraphProto, input: &str) -> Option<usize> {
    graph
        .node
        .iter()
        .filter(|node| node.op_type == "Gather" && node.input.get(1).is_some_and(|i| i == input))
        .filter(|node| {
            !node
                .attribute
                .iter()
                .any(|attribute| attribute.name == "axis" && attribute.i != 0)
        })
        .filter_map(|node| {
            let table = node.input.first()?;
            let table = graph.initializer.iter().find(|t| t.name == *table)?;
            usize::try_from(*table.dims.first()?).ok()
        })
        .min()
}

/// The channels that the convolution of `input` takes: files often leave open what its weights decide.
fn channels(graph: &pb::GraphProto, input: &str) -> Option<usize> {
    let conv = graph
        .node
        .iter()
        .find(|node| node.op_type == "Conv" && node.input.first().is_some_and(|i| i == input))?;
    let weights = graph
        .initializer
        .iter()
        .find(|tensor| Some(&tensor.name) == conv.input.get(1))?;
    let group = conv.attribute.iter().find(|it| it.name == "group");
    let group = group.map_or(1, |group| group.i);
    usize::try_from(weights.dims.get(1)?.checked_mul(group)?).ok()
}
