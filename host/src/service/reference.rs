//! Reference outputs: what the framework that a model was exported from answers, held against what the engine answers.
//! Must not know plugins, nor where the file came from.

use super::npz;
use crate::model::{self, Model, Port, Signature};
use crate::pipeline::{apart, of_lists};
use crate::tensor::{Data, Dtype, NamedTensor, Tensor};
use half::{bf16, f16};
use serde_json::Value;

/// Named inputs with the outputs that belong to them.
#[derive(Debug)]
pub(super) struct Reference {
    cases: Vec<Case>,
}

#[derive(Debug)]
struct Case {
    inputs: Vec<NamedTensor>,
    outputs: Vec<NamedTensor>,
}

/// How well a model agrees with its reference.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Agreement {
    /// Numbers that were compared.
    pub values: usize,
    /// The largest difference, as a share of the expected number where that is above 1.
    pub largest: f64,
}

/// Why a model does not agree with its reference.
#[derive(Debug, thiserror::Error)]
pub enum Disagreement {
    /// The file cannot be used.
    #[error("is no reference of this model: {0}")]
    Unreadable(String),
    /// The model does not answer.
    #[error("the model does not answer its inputs: {0}")]
    Unanswered(model::Error),
    /// An output has another shape.
    #[error("output `{output}` has shape {found:?}, the reference {expected:?}")]
    Shape {
        /// The output.
        output: String,
        /// In the reference.
        expected: Vec<usize>,
        /// Of the answer.
        found: Vec<usize>,
    },
    /// Numbers differ.
    #[error(
        "output `{output}` differs most, at {index:?}: the reference has {expected}, the model answers {found}; {off} of {values} numbers are off by more than {tolerance}"
    )]
    Differs {
        /// The output that differs most.
        output: String,
        /// Where in it, one index an axis.
        index: Vec<usize>,
        /// In the reference.
        expected: f64,
        /// What the model answers.
        found: f64,
        /// Numbers beyond the tolerance, in all outputs.
        off: usize,
        /// Numbers that were compared.
        values: usize,
        /// What is allowed.
        tolerance: f64,
    },
}

/// What a comparison has come to so far.
#[derive(Default)]
struct Tally {
    agreement: Agreement,
    off: usize,
    worst: Option<Worst>,
}

/// A number that differs more than any other so far.
struct Worst {
    by: f64,
    output: String,
    index: Vec<usize>,
    expected: f64,
    found: f64,
}

impl Reference {
    /// Reads `.npz`, or JSON: `{"inputs": {name: lists}, "outputs": {name: lists}}`, or a list of such.
    pub(super) fn parse(bytes: &[u8], signature: &Signature) -> Result<Reference, Disagreement> {
        let cases = match bytes.starts_with(npz::MAGIC) {
            true => npz::read(bytes)
                .and_then(|arrays| of_arrays(arrays, signature))
                .map(|case| vec![case]),
            false => of_json(bytes, signature),
        };
        let cases = cases.map_err(Disagreement::Unreadable)?;
        Ok(Reference { cases })
    }

    /// Runs the model on the inputs and compares all outputs that are given. `tolerance` is absolute, or a share of
    /// expected numbers above 1; whole numbers must be the same.
    pub(super) fn compare(&self, model: &Model, tolerance: f64) -> Result<Agreement, Disagreement> {
        let mut tally = Tally::default();
        for case in &self.cases {
            let answer = model.run(case.inputs.clone());
            let answer = answer.map_err(Disagreement::Unanswered)?;
            for expected in &case.outputs {
                let found = answer.iter().find(|it| it.name == expected.name);
                let found = found.expect("a case names outputs of the model");
                tally.add(expected, &found.tensor, tolerance)?;
            }
        }
        match tally.worst {
            None => Ok(tally.agreement),
            Some(worst) => Err(Disagreement::Differs {
                output: worst.output,
                index: worst.index,
                expected: worst.expected,
                found: worst.found,
                off: tally.off,
                values: tally.agreement.values,
                tolerance,
            }),
        }
    }
}

impl Tally {
    fn add(
        &mut self,
        expected: &NamedTensor,
        found: &Tensor,
        tolerance: f64,
    ) -> Result<(), Disagreement> {
        let shape = expected.tensor.shape();
        if found.shape() != shape {
            return Err(Disagreement::Shape {
                output: expected.name.clone(),
                expected: shape.to_vec(),
                found: found.shape().to_vec(),
            });
        }
        let allowed = match is_whole(found.dtype()) {
            true => 0.0,
            false => tolerance,
        };
        let pairs = numbers(&expected.tensor).into_iter().zip(numbers(found));
        for (place, (wanted, number)) in pairs.enumerate() {
            let by = difference(wanted, number);
            self.agreement.values += 1;
            self.agreement.largest = self.agreement.largest.max(by);
            if by <= allowed {
                continue;
            }
            self.off += 1;
            if self.worst.as_ref().is_none_or(|worst| by > worst.by) {
                self.worst = Some(Worst {
                    by,
                    output: expected.name.clone(),
                    index: index(place, shape),
                    expected: wanted,
                    found: number,
                });
            }
        }
        Ok(())
    }
}

fn of_arrays(arrays: Vec<NamedTensor>, signature: &Signature) -> Result<Case, String> {
    let mut case = Case {
        inputs: Vec::new(),
        outputs: Vec::new(),
    };
    for array in arrays {
        let is = |ports: &[Port]| ports.iter().any(|port| port.name == array.name);
        if is(&signature.inputs) {
            case.inputs.push(array);
        } else if is(&signature.outputs) {
            case.outputs.push(array);
        } else {
            return Err(unknown(&array.name, signature));
        }
    }
    case.checked(signature)
}

fn of_json(bytes: &[u8], signature: &Signature) -> Result<Vec<Case>, String> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| format!("it is neither .npz nor JSON: {error}"))?;
    let cases = match &value {
        Value::Array(cases) => cases.as_slice(),
        one => std::slice::from_ref(one),
    };
    if cases.is_empty() {
        return Err("the list is empty".to_owned());
    }
    cases
        .iter()
        .map(|case| {
            let tensors = |field: &str, ports: &[Port]| {
                let given = case.get(field).and_then(Value::as_object);
                let given = given.ok_or_else(|| {
                    format!(
                        "it has no object `{field}`; JSON is written {{\"inputs\": {{name: lists}}, \"outputs\": {{name: lists}}}}"
                    )
                })?;
                given
                    .iter()
                    .map(|(name, lists)| {
                        let port = ports.iter().find(|port| port.name == *name);
                        let port = port.ok_or_else(|| unknown(name, signature))?;
                        let tensor = of_lists(lists, port.dtype);
                        let tensor = tensor.map_err(|why| format!("`{name}`: {why}"))?;
                        let name = name.clone();
                        Ok(NamedTensor { name, tensor })
                    })
                    .collect::<Result<Vec<_>, String>>()
            };
            let case = Case {
                inputs: tensors("inputs", &signature.inputs)?,
                outputs: tensors("outputs", &signature.outputs)?,
            };
            case.checked(signature)
        })
        .collect()
}

impl Case {
    fn checked(self, signature: &Signature) -> Result<Case, String> {
        if self.outputs.is_empty() {
            return Err(format!(
                "it has no output; the model's are {}",
                names(&signature.outputs)
            ));
        }
        Ok(self)
    }
}

fn unknown(name: &str, signature: &Signature) -> String {
    format!(
        "the model has no `{name}`; its inputs are {}, its outputs {}",
        names(&signature.inputs),
        names(&signature.outputs)
    )
}

fn names(ports: &[Port]) -> String {
    let names = ports.iter().map(|port| format!("`{}`", port.name));
    names.collect::<Vec<_>>().join(", ")
}

fn is_whole(dtype: Dtype) -> bool {
    !matches!(dtype, Dtype::F16 | Dtype::Bf16 | Dtype::F32 | Dtype::F64)
}

/// As [`apart`]; what is no number differs from every number.
fn difference(expected: f64, found: f64) -> f64 {
    let by = apart(expected, found);
    if by.is_nan() { f64::INFINITY } else { by }
}

/// The place-th element's index on each axis.
fn index(place: usize, shape: &[usize]) -> Vec<usize> {
    let mut left = place;
    let mut index = vec![0; shape.len()];
    for (at, dim) in index.iter_mut().zip(shape).rev() {
        *at = left % dim;
        left /= dim;
    }
    index
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    fn all<T: Copy>(values: &[T], number: impl Fn(T) -> f64) -> Vec<f64> {
        values.iter().map(|value| number(*value)).collect()
    }
    match tensor.data() {
        Data::F16(values) => all(values, |bits| f16::from_bits(bits).to_f64()),
        Data::Bf16(values) => all(values, |bits| bf16::from_bits(bits).to_f64()),
        Data::F32(values) => all(values, f64::from),
        Data::F64(values) => values.clone(),
        Data::I8(values) => all(values, f64::from),
        Data::I16(values) => all(values, f64::from),
        Data::I32(values) => all(values, f64::from),
        Data::I64(values) => all(values, |value| value as f64),
        Data::U8(values) => all(values, f64::from),
        Data::U16(values) => all(values, f64::from),
        Data::U32(values) => all(values, f64::from),
        Data::U64(values) => all(values, |value| value as f64),
        Data::Bool(values) => all(values, f64::from),
        // No model that is served has any.
        Data::Text(_) => Vec::new(),
    }
}
