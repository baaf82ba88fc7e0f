//! Requests for a model without plugins: one value for each number that its signature asks for.
//! Must not know what the model means; whether it answers such a request is found out by asking it.

use super::draft::Example;
use crate::model::{Dim, Port, Signature};
use crate::tensor::Dtype;
use serde_json::{Map, Value, json};

/// Sizes of open axes to try, the likeliest last.
const SIZES: [usize; 4] = [64, 16, 2, 1];

/// Numbers in an example; a longer one belongs in no manifest.
const MOST: usize = 512;

/// A request for each size that an open axis may have, the likeliest last; none where it would be too long.
pub(super) fn examples(signature: &Signature) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    for size in SIZES {
        if let Some(request) = request(signature, size)
            && examples.last().is_none_or(|last| last.request != request)
        {
            examples.push(Example {
                name: "Made-up numbers".to_owned(),
                request,
            });
        }
    }
    examples
}

fn request(signature: &Signature, size: usize) -> Option<Value> {
    let mut inputs = Map::new();
    let mut left = MOST;
    for port in &signature.inputs {
        let shape = shape(port, size)?;
        let count = shape
            .iter()
            .try_fold(1_usize, |count, axis| count.checked_mul(*axis))?;
        left = left.checked_sub(count)?;
        inputs.insert(port.name.clone(), nested(&shape, &value(port)));
    }
    Some(json!({ "inputs": inputs }))
}

/// The first of several axes is the batch, mostly: one row will do.
fn shape(port: &Port, size: usize) -> Option<Vec<usize>> {
    let dims = port.shape.as_ref()?;
    let axis = |(index, dim): (usize, &Dim)| match dim {
        Dim::Fixed(fixed) => *fixed,
        Dim::Symbol(name) if name.contains("batch") => 1,
        Dim::Symbol(_) | Dim::Any if index == 0 && dims.len() > 1 => 1,
        Dim::Symbol(_) | Dim::Any => size,
    };
    Some(dims.iter().enumerate().map(axis).collect())
}

fn value(port: &Port) -> Value {
    match port.dtype {
        Dtype::Bool => json!(true),
        Dtype::F16 | Dtype::Bf16 | Dtype::F32 | Dtype::F64 => json!(0.5),
        // A mask of zeros would hide everything; of two ids or more, 1 is one.
        _ if port.rows == Some(1) => json!(0),
        _ => json!(1),
    }
}

fn nested(shape: &[usize], value: &Value) -> Value {
    match shape {
        [] => value.clone(),
        [length, rest @ ..] => Value::Array(vec![nested(rest, value); *length]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(inputs: &[(&str, Dtype, &[Dim])]) -> Signature {
        let port = |(name, dtype, shape): &(&str, Dtype, &[Dim])| Port {
            name: (*name).to_owned(),
            dtype: *dtype,
            shape: Some(shape.to_vec()),
            rows: None,
        };
        Signature {
            inputs: inputs.iter().map(port).collect(),
            outputs: Vec::new(),
        }
    }

    #[test]
    fn every_input_gets_numbers_of_its_shape() {
        let batch = Dim::Symbol("batch".to_owned());
        let signature = signature(&[
            ("a", Dtype::F32, &[batch.clone(), Dim::Fixed(2), Dim::Any]),
            ("m", Dtype::I64, &[batch]),
        ]);
        let examples = examples(&signature);
        let last = examples.last().expect("one");
        assert_eq!(
            last.request,
            json!({"inputs": {"a": [[[0.5], [0.5]]], "m": [1]}})
        );
        assert_eq!(
            examples[2].request["inputs"]["a"],
            json!([[[0.5, 0.5], [0.5, 0.5]]])
        );
    }

    #[test]
    fn a_request_that_fits_no_manifest_is_none() {
        let large = signature(&[("x", Dtype::F32, &[Dim::Fixed(3), Dim::Fixed(224)])]);
        assert!(examples(&large).is_empty());
    }
}
