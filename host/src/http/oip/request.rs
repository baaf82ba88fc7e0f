//! An inference request of the protocol, as written and as meant.
//! Must not know what becomes of it.

use super::datatype;
use super::elements;
use crate::http::object::Object;
use crate::model::{Dim, Signature};
use crate::tensor::{Data, Dtype, NamedTensor, Tensor};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// As written.
#[derive(Deserialize)]
struct Written<'a> {
    id: Option<String>,
    #[serde(default)]
    parameters: Map<String, Value>,
    #[serde(borrow)]
    inputs: Vec<Object<WrittenInput<'a>>>,
    #[serde(default)]
    outputs: Vec<Object<WrittenOutput>>,
}

#[derive(Deserialize)]
struct WrittenInput<'a> {
    name: String,
    shape: Vec<i64>,
    datatype: String,
    #[serde(default)]
    parameters: Map<String, Value>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct WrittenOutput {
    name: String,
    #[serde(default)]
    parameters: Map<String, Value>,
}

/// As meant.
#[derive(Debug)]
pub(super) struct Infer {
    /// The caller's name for it, to be given back.
    pub(super) id: Option<String>,
    /// Whether the inputs are requests for the plugins.
    pub(super) is_staged: bool,
    pub(super) inputs: Vec<Input>,
    /// The outputs that are asked for, in order; all of them where there is none.
    pub(super) outputs: Vec<Wanted>,
    /// Whether outputs are binary where they do not say.
    pub(super) is_binary: bool,
}

#[derive(Debug)]
pub(super) struct Input {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    pub(super) elements: Elements,
    /// What each element of a BYTES input is, where that is said.
    pub(super) content_type: Option<String>,
}

#[derive(Debug)]
pub(super) enum Elements {
    Numbers(Data),
    /// Of a BYTES input; texts, or anything else.
    Parts(Vec<Bytes>),
}

#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) is_binary: bool,
}

/// Extensions that ask for another answer than the one that would be given.
const REFUSED: [(&str, &str); 5] = [
    (
        "shared_memory_region",
        "shared memory is not served; send the tensor itself",
    ),
    (
        "classification",
        "classes are not made here; ask for the tensor, or set the request's parameter `pipeline`",
    ),
    ("sequence_id", "no model here keeps state between requests"),
    (
        "sequence_start",
        "no model here keeps state between requests",
    ),
    ("sequence_end", "no model here keeps state between requests"),
];

impl Infer {
    /// Reads a `body` of which the first `json` bytes are JSON and the others the inputs' binary data.
    /// An error says where in the request it is.
    pub(super) fn read(body: &Bytes, json: Option<usize>) -> Result<Infer, String> {
        let length = json.unwrap_or(body.len());
        let head = body.get(..length).ok_or_else(|| {
            format!(
                "Inference-Header-Content-Length says {length}, and the body has {} bytes",
                body.len()
            )
        })?;
        let Object(written): Object<Written<'_>> = serde_json::from_slice(head)
            .map_err(|error| format!("the request is not as the protocol has it: {error}"))?;
        refused("parameters", &written.parameters)?;
        let mut rest = body.slice(length..);
        let mut inputs = Vec::with_capacity(written.inputs.len());
        for Object(input) in written.inputs {
            inputs.push(input.meant(&mut rest)?);
        }
        if !rest.is_empty() {
            return Err(format!(
                "{} bytes are left over behind the inputs' binary data; each input's `binary_data_size` says how many are its own",
                rest.len()
            ));
        }
        let is_binary = flag("parameters", &written.parameters, "binary_data_output")?;
        let outputs = written.outputs.into_iter().map(|Object(output)| {
            let place = format!("output `{}`", output.name);
            refused(&place, &output.parameters)?;
            let asked = flag(&place, &output.parameters, "binary_data")?;
            Ok(Wanted {
                is_binary: asked.unwrap_or(is_binary.unwrap_or(false)),
                name: output.name,
            })
        });
        Ok(Infer {
            id: written.id,
            is_staged: flag("parameters", &written.parameters, "pipeline")?.unwrap_or(false),
            inputs,
            outputs: outputs.collect::<Result<_, String>>()?,
            is_binary: is_binary.unwrap_or(false),
        })
    }

    /// A `body` that is the bytes of the only input and nothing else, for a model of this `signature`.
    pub(super) fn raw(body: Bytes, signature: &Signature) -> Result<Infer, String> {
        let [port] = signature.inputs.as_slice() else {
            return Err(format!(
                "a body without JSON is the data of a single input, and this model has {}",
                signature.inputs.len()
            ));
        };
        let (elements, count) = match port.dtype {
            Dtype::Text => (Elements::Parts(vec![body]), 1),
            dtype => {
                let data = datatype::read(dtype, &body)?;
                let count = data.len();
                (Elements::Numbers(data), count)
            }
        };
        let dims = port.shape.as_deref().unwrap_or(&[Dim::Any]);
        let is_open = |dim: &&Dim| !matches!(dim, Dim::Fixed(_));
        let mut open = dims.iter().filter(is_open).count();
        let fixed: usize = dims
            .iter()
            .filter_map(|dim| match dim {
                Dim::Fixed(size) => Some(*size),
                _ => None,
            })
            .product();
        let shape = dims.iter().map(|dim| match dim {
            Dim::Fixed(size) => *size,
            _ => {
                open -= 1;
                // Of several open axes the outer ones are one long.
                match open {
                    0 => count / fixed.max(1),
                    _ => 1,
                }
            }
        });
        let input = Input {
            name: port.name.clone(),
            shape: shape.collect(),
            elements,
            content_type: None,
        };
        Ok(Infer {
            id: None,
            is_staged: false,
            inputs: vec![input],
            outputs: Vec::new(),
            is_binary: true,
        })
    }
}

impl WrittenInput<'_> {
    fn meant(self, rest: &mut Bytes) -> Result<Input, String> {
        let place = format!("input `{}`", self.name);
        let of = |message: String| format!("{place}: {message}");
        refused(&place, &self.parameters)?;
        let dtype = datatype::named(&self.datatype).map_err(of)?;
        let dims = self.shape.iter().map(|dim| usize::try_from(*dim));
        let shape = dims.collect::<Result<Vec<usize>, _>>();
        let shape =
            shape.map_err(|_| of(format!("`shape` {:?} has a negative dim", self.shape)))?;
        let elements = match (self.parameters.get("binary_data_size"), self.data) {
            (Some(_), Some(_)) => {
                return Err(of(
                    "`data` and `binary_data_size` exclude each other".to_owned()
                ));
            }
            (None, None) => {
                return Err(of(
                    "`data` is missing, and there is no `binary_data_size`".to_owned()
                ));
            }
            (None, Some(json)) => match dtype {
                Dtype::Text => elements::parts(json).map(Elements::Parts),
                dtype => elements::read(dtype, json).map(Elements::Numbers),
            },
            (Some(size), None) => {
                let size = size.as_u64().and_then(|size| usize::try_from(size).ok());
                let size = size.filter(|size| *size <= rest.len()).ok_or_else(|| {
                    of(format!(
                        "`binary_data_size` must be a number of bytes, of which {} are left",
                        rest.len()
                    ))
                })?;
                let bytes = rest.split_to(size);
                match dtype {
                    Dtype::Text => datatype::parts(&bytes).map(Elements::Parts),
                    dtype => datatype::read(dtype, &bytes).map(Elements::Numbers),
                }
            }
        };
        let elements = elements.map_err(of)?;
        let content_type = self.parameters.get("content_type");
        Ok(Input {
            name: self.name,
            shape,
            elements,
            content_type: content_type.and_then(Value::as_str).map(str::to_owned),
        })
    }
}

impl Input {
    /// The tensor that a model takes.
    pub(super) fn tensor(self) -> Result<NamedTensor, String> {
        let Input {
            name,
            shape,
            elements,
            ..
        } = self;
        let of = |message: String| format!("input `{name}`: {message}");
        let data = match elements {
            Elements::Numbers(data) => data,
            Elements::Parts(parts) => Data::Text(datatype::texts(&parts).map_err(of)?),
        };
        let tensor = Tensor::new(shape, data).map_err(|error| of(error.to_string()))?;
        Ok(NamedTensor { name, tensor })
    }
}

fn refused(place: &str, parameters: &Map<String, Value>) -> Result<(), String> {
    let found = REFUSED
        .iter()
        .find(|(name, _)| parameters.contains_key(*name));
    match found {
        Some((name, why)) => Err(format!("{place}: `{name}`: {why}")),
        None => Ok(()),
    }
}

fn flag(place: &str, parameters: &Map<String, Value>, name: &str) -> Result<Option<bool>, String> {
    match parameters.get(name) {
        None => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => Err(format!("{place}: `{name}` must be true or false")),
    }
}
