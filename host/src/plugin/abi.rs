//! The contract's values and ours: tensors both ways, checked on the way in.
//! Must not know how a plugin is run.

use super::sandbox::bindings::exports::modelhost::plugin::{lifecycle, preprocess};
use super::sandbox::bindings::modelhost::plugin::types;
use super::{Asset, CallError, LoadError, Port, Signature};
use crate::tensor::{Data, Dtype, NamedTensor, Tensor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A plugin that hands over more tensors than this is broken.
const MAX_TENSORS: usize = 1024;

/// Longer messages of a plugin are cut.
const MAX_TEXT_BYTES: usize = 2048;

/// What a configured plugin accepts and answers, as JSON Schemas; `None` where it decides nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Bodies that preprocess reads beside JSON: `image/png`, or `image/*` for all of a kind.
    pub media_types: Vec<String>,
    /// Of the request's `inputs`.
    pub inputs: Option<Value>,
    /// Of the request's `parameters`.
    pub parameters: Option<Value>,
    /// Of the response's `outputs`.
    pub outputs: Option<Value>,
}

/// What preprocess made of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// The model's inputs, each with a leading batch axis.
    pub tensors: Vec<NamedTensor>,
    /// Handed to postprocess as it is.
    pub context: Vec<u8>,
}

pub(super) fn description(given: lifecycle::Description) -> Result<Description, LoadError> {
    let parse = |what: &str, text: Option<String>| {
        text.map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|error| {
                LoadError::Invalid(format!("its schema of `{what}` is not JSON: {error}"))
            })
    };
    Ok(Description {
        media_types: given.media_types,
        inputs: parse("inputs", given.inputs)?,
        parameters: parse("parameters", given.parameters)?,
        outputs: parse("outputs", given.outputs)?,
    })
}

/// The files, as a guest is given them.
pub(super) fn assets(given: Vec<Asset>) -> Vec<lifecycle::Asset> {
    let asset = |Asset { name, data }| lifecycle::Asset { name, data };
    given.into_iter().map(asset).collect()
}

/// The model's tensors, as a guest is told of them.
pub(super) fn signature(given: &Signature) -> lifecycle::Signature {
    let dims = |shape: &Vec<Option<usize>>| {
        let dim = |dim: &Option<usize>| dim.map_or(-1, |size| i64::try_from(size).unwrap_or(-1));
        shape.iter().map(dim).collect()
    };
    let port = |port: &Port| types::Port {
        name: port.name.clone(),
        dtype: dtype(port.dtype).to_owned(),
        shape: port.shape.as_ref().map(dims),
    };
    lifecycle::Signature {
        inputs: given.inputs.iter().map(port).collect(),
        outputs: given.outputs.iter().map(port).collect(),
    }
}

/// The contract's name of a dtype; those that it does not carry keep ours.
pub fn dtype(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::I8 => "s8",
        Dtype::I32 => "s32",
        Dtype::I64 => "s64",
        Dtype::Bool => "boolean",
        other => other.name(),
    }
}

impl Description {
    /// Whether preprocess reads bodies of `media_type` as they are.
    pub fn takes(&self, media_type: &str) -> bool {
        self.media_types.iter().any(|known| {
            let kind = known.strip_suffix('*');
            kind.map_or(known == media_type, |kind| media_type.starts_with(kind))
        })
    }
}

pub(super) fn refusal(error: types::Error) -> CallError {
    match error {
        types::Error::InvalidInput(invalid) => CallError::Invalid {
            message: cut(invalid.message),
            field: invalid.field.map(cut),
        },
        types::Error::Internal(message) => CallError::Internal(cut(message)),
    }
}

/// A plugin's text goes to clients and into the log: a long one is cut.
fn cut(mut text: String) -> String {
    if text.len() > MAX_TEXT_BYTES {
        let end = (0..=MAX_TEXT_BYTES)
            .rev()
            .find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or(0));
        text.push('…');
    }
    text
}

pub(super) fn prepared(given: preprocess::Prepared) -> Result<Prepared, CallError> {
    if given.tensors.len() > MAX_TENSORS {
        return Err(CallError::Abi(format!(
            "it made {} tensors, the limit is {MAX_TENSORS}",
            given.tensors.len()
        )));
    }
    let tensors = given
        .tensors
        .into_iter()
        .map(from_guest)
        .collect::<Result<_, _>>()?;
    Ok(Prepared {
        tensors,
        context: given.context,
    })
}

fn from_guest(given: types::NamedTensor) -> Result<NamedTensor, CallError> {
    let types::NamedTensor { name, tensor } = given;
    let shape = tensor.shape.iter().map(|dim| *dim as usize).collect();
    let data = match tensor.data {
        types::TensorData::F16(v) => Data::F16(v),
        types::TensorData::Bf16(v) => Data::Bf16(v),
        types::TensorData::F32(v) => Data::F32(v),
        types::TensorData::F64(v) => Data::F64(v),
        types::TensorData::S8(v) => Data::I8(v),
        types::TensorData::S32(v) => Data::I32(v),
        types::TensorData::S64(v) => Data::I64(v),
        types::TensorData::U8(v) => Data::U8(v),
        types::TensorData::Boolean(v) => Data::Bool(v.into_iter().map(|byte| byte != 0).collect()),
        types::TensorData::Text(v) => Data::Text(v),
    };
    match Tensor::new(shape, data) {
        Ok(tensor) => Ok(NamedTensor { name, tensor }),
        Err(error) => Err(CallError::Abi(format!("tensor `{name}`: {error}"))),
    }
}

pub(super) fn to_guest(given: NamedTensor) -> Result<types::NamedTensor, CallError> {
    let NamedTensor { name, tensor } = given;
    let (shape, data) = tensor.into_parts();
    let shape = shape
        .iter()
        .map(|dim| u32::try_from(*dim))
        .collect::<Result<_, _>>()
        .map_err(|_| CallError::Internal(format!("tensor `{name}` is too large for a plugin")))?;
    let data = match data {
        Data::F16(v) => types::TensorData::F16(v),
        Data::Bf16(v) => types::TensorData::Bf16(v),
        Data::F32(v) => types::TensorData::F32(v),
        Data::F64(v) => types::TensorData::F64(v),
        Data::I8(v) => types::TensorData::S8(v),
        Data::I32(v) => types::TensorData::S32(v),
        Data::I64(v) => types::TensorData::S64(v),
        Data::U8(v) => types::TensorData::U8(v),
        Data::Bool(v) => types::TensorData::Boolean(v.into_iter().map(u8::from).collect()),
        Data::Text(v) => types::TensorData::Text(v),
        Data::I16(_) | Data::U16(_) | Data::U32(_) | Data::U64(_) => {
            return Err(CallError::Internal(format!(
                "tensor `{name}` has a dtype that the plugin contract does not carry"
            )));
        }
    };
    Ok(types::NamedTensor {
        name,
        tensor: types::Tensor { shape, data },
    })
}
