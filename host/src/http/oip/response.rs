//! The protocol's answer: JSON, with the data in it or behind it.
//! Must not know how the tensors came about.

use super::datatype;
use super::request::Wanted;
use crate::tensor::{Data, NamedTensor};
use half::{bf16, f16};
use serde::Serialize;
use serde_json::{Value, json};

/// A response's body.
pub(super) struct Written {
    pub(super) body: Vec<u8>,
    /// The length of the JSON, where something comes behind it.
    pub(super) json: Option<usize>,
}

/// The whole answer as written.
#[derive(Serialize)]
struct Answer<'a> {
    model_name: &'a str,
    model_version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    outputs: Vec<Output<'a>>,
}

#[derive(Serialize)]
struct Output<'a> {
    name: &'a str,
    datatype: &'static str,
    shape: &'a [usize],
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Elements<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Elements<'a> {
    Halves(Vec<f32>),
    F32(&'a [f32]),
    F64(&'a [f64]),
    I8(&'a [i8]),
    I16(&'a [i16]),
    I32(&'a [i32]),
    I64(&'a [i64]),
    U8(&'a [u8]),
    U16(&'a [u16]),
    U32(&'a [u32]),
    U64(&'a [u64]),
    Bool(&'a [bool]),
    Text(&'a [String]),
}

impl<'a> Elements<'a> {
    fn of(data: &'a Data) -> Elements<'a> {
        match data {
            Data::F16(bits) => {
                Elements::Halves(bits.iter().map(|it| f16::from_bits(*it).to_f32()).collect())
            }
            Data::Bf16(bits) => Elements::Halves(
                bits.iter()
                    .map(|it| bf16::from_bits(*it).to_f32())
                    .collect(),
            ),
            Data::F32(values) => Elements::F32(values),
            Data::F64(values) => Elements::F64(values),
            Data::I8(values) => Elements::I8(values),
            Data::I16(values) => Elements::I16(values),
            Data::I32(values) => Elements::I32(values),
            Data::I64(values) => Elements::I64(values),
            Data::U8(values) => Elements::U8(values),
            Data::U16(values) => Elements::U16(values),
            Data::U32(values) => Elements::U32(values),
            Data::U64(values) => Elements::U64(values),
            Data::Bool(values) => Elements::Bool(values),
            Data::Text(values) => Elements::Text(values),
        }
    }
}

/// The outputs that are `wanted`, all of them where there is none, or which one there is not.
pub(super) fn chosen<'a>(
    outputs: &'a [NamedTensor],
    wanted: &[Wanted],
    is_binary: bool,
) -> Result<Vec<(&'a NamedTensor, bool)>, String> {
    if wanted.is_empty() {
        return Ok(outputs.iter().map(|output| (output, is_binary)).collect());
    }
    let find = |wanted: &Wanted| {
        let found = outputs.iter().find(|output| output.name == wanted.name);
        let found = found.ok_or_else(|| {
            let names: Vec<&str> = outputs.iter().map(|output| output.name.as_str()).collect();
            format!(
                "there is no output `{}`; there are: {}",
                wanted.name,
                names.join(", ")
            )
        })?;
        Ok((found, wanted.is_binary))
    };
    wanted.iter().map(find).collect()
}

/// The answer of `version` of `model`.
pub(super) fn write(
    model: &str,
    version: &str,
    id: Option<&str>,
    outputs: &[(&NamedTensor, bool)],
) -> Result<Written, serde_json::Error> {
    let mut behind = Vec::new();
    let written = outputs.iter().map(|(output, is_binary)| {
        let begin = behind.len();
        if *is_binary {
            datatype::write(output.tensor.data(), &mut behind);
        }
        Output {
            name: &output.name,
            datatype: datatype::name(output.tensor.dtype()),
            shape: output.tensor.shape(),
            parameters: is_binary.then(|| json!({"binary_data_size": behind.len() - begin})),
            data: (!is_binary).then(|| Elements::of(output.tensor.data())),
        }
    });
    let answer = Answer {
        model_name: model,
        model_version: version,
        id,
        outputs: written.collect(),
    };
    let mut body = serde_json::to_vec(&answer)?;
    let json = outputs
        .iter()
        .any(|(_, is_binary)| *is_binary)
        .then_some(body.len());
    body.extend_from_slice(&behind);
    Ok(Written { body, json })
}
