//! An ONNX file: read, judged, and its signature.
//! Must not know how it is planned or run.

use super::convert::dtype;
use super::{Error, contained, decided, external, lookup, zip_map};
use crate::model::signature::{Dim, Port, Signature};
use tract_onnx::pb;
use tract_onnx::prelude::{Framework, TractError, TractResult};

/// ONNX's number of text.
const TEXT: i32 = 8;
/// Protocol buffers cannot be larger.
const MOST_BYTES: usize = i32::MAX as usize;

/// Operators that leave the numbers as they are.
pub(super) const FORMS: [&str; 7] = [
    "Identity",
    "Cast",
    "Reshape",
    "Squeeze",
    "Unsqueeze",
    "Flatten",
    "Transpose",
];
/// No exporter writes more of them one behind the other.
pub(super) const MOST_FORMS: usize = 16;

/// An ONNX file that was read and not analysed yet.
pub struct File {
    pub(super) signature: Signature,
    pub(super) proto: pb::ModelProto,
    /// Files that hold data of its tensors and were not filled in yet.
    pub(super) missing: Vec<String>,
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
        let (missing, elsewhere) = external::files(&mut proto);
        if elsewhere > MOST_BYTES as u64 {
            return Err(Error::Load(format!(
                "its weights have {elsewhere} bytes, and at most 2 GB can be served; quantise the model, or take a smaller one"
            )));
        }
        let signature = contained(|| signature(&proto)).map_err(Error::Load)?;
        Ok(File {
            signature,
            proto,
            missing,
        })
    }

    /// The files that hold data of its tensors, from its own folder; [`File::fill`] takes what is in them.
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// Gives the tensors that lie in `file` their data.
    pub fn fill(&mut self, file: &str, data: &[u8]) -> Result<(), Error> {
        external::fill(&mut self.proto, file, data).map_err(Error::Load)?;
        self.missing.retain(|missing| missing != file);
        Ok(())
    }

    /// What the model takes and gives.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The operator that makes the numbers of an output, behind those that only change its form.
    pub fn producer(&self, output: &str) -> Option<&str> {
        let graph = self.proto.graph.as_ref()?;
        let mut name = output;
        // A file may say that a node feeds itself.
        for _ in 0..MOST_FORMS {
            let node = lookup::maker(graph, name)?;
            if !FORMS.contains(&node.op_type.as_str()) {
                return Some(&node.op_type);
            }
            name = node.input.first()?;
        }
        None
    }
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
        decided::decide(graph, input);
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
