//! What a pipeline is asked, and what it answers.
//! Must not know how it comes from the one to the other.

use super::{Timing, tensors};
use crate::tensor::{Data, NamedTensor};
use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// What is asked.
#[derive(Clone, Debug)]
pub enum Request {
    /// A body, for all stages.
    Body(Body),
    /// The model's own inputs, for the model alone.
    Tensors(Vec<NamedTensor>),
}

/// A body as it came: bytes and what they are.
#[derive(Clone, Debug)]
pub struct Body {
    /// The media type without parameters, such as `application/json`.
    pub content_type: String,
    /// The whole of it.
    pub bytes: Bytes,
}

impl Request {
    /// A body that is JSON.
    pub fn json(bytes: impl Into<Bytes>) -> Request {
        Request::Body(Body {
            content_type: "application/json".to_owned(),
            bytes: bytes.into(),
        })
    }

    /// How many bytes of it have to be read.
    pub fn bytes(&self) -> usize {
        match self {
            Request::Body(body) => body.bytes.len(),
            // They have been read.
            Request::Tensors(_) => 0,
        }
    }
}

/// The answer to a request.
#[derive(Debug)]
pub struct Answer {
    /// What was found.
    pub outputs: Outputs,
    /// The parameters that no stage was given: what they ask for is left to whoever gets the answer.
    pub asked: Map<String, Value>,
    /// The tokens that the model read, where it reads tokens; those that only fill up rows are not counted.
    pub tokens: Option<u64>,
    /// Where the time went, in order.
    pub timing: Timing,
}

/// What was found.
#[derive(Debug)]
pub enum Outputs {
    /// What the last plugin wrote: the JSON of the response's `outputs`.
    Json(Box<RawValue>),
    /// What the model gave, where no plugin comes after it.
    Tensors(Vec<NamedTensor>),
}

impl Outputs {
    /// The JSON of the response's `outputs`: of tensors, nested lists by name.
    pub fn into_json(self) -> Box<RawValue> {
        match self {
            Outputs::Json(json) => json,
            Outputs::Tensors(tensors) => tensors::write(&tensors),
        }
    }
}

/// The ones in a mask of tokens, by the name that all exporters of Transformers give it.
pub(super) fn tokens(inputs: &[NamedTensor]) -> Option<u64> {
    let mask = inputs.iter().find(|input| input.name == "attention_mask")?;
    match mask.tensor.data() {
        Data::I64(ones) => Some(ones.iter().filter(|one| **one != 0).count() as u64),
        Data::I32(ones) => Some(ones.iter().filter(|one| **one != 0).count() as u64),
        _ => None,
    }
}
