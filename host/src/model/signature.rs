//! What a model takes and gives: names, dtypes, shapes with symbols, and the check of inputs against them.
//! Knows tensors; must not know the engine.

use crate::tensor::{Data, Dtype, NamedTensor, Tensor};
use std::collections::HashMap;
use std::fmt;

/// One axis of a declared shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dim {
    /// A fixed size.
    Fixed(usize),
    /// A size that the caller chooses; the same name is the same size everywhere.
    Symbol(String),
    /// A size that the file leaves unnamed.
    Any,
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Dim::Fixed(size) => write!(f, "{size}"),
            Dim::Symbol(name) => f.write_str(name),
            Dim::Any => f.write_str("?"),
        }
    }
}

/// One declared input or output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name in the file.
    pub name: String,
    /// Its element type.
    pub dtype: Dtype,
    /// Its shape; `None` when the file declares no rank.
    pub shape: Option<Vec<Dim>>,
    /// For integer inputs that index a table of constants (token ids): the
    /// number of rows; valid values are `0..rows`.
    pub rows: Option<usize>,
}

impl Port {
    /// Its shape with each open axis as `open` has it; none when the file declares no rank.
    pub fn sized(&self, mut open: impl FnMut(usize, &Dim) -> usize) -> Option<Vec<usize>> {
        let dims = self.shape.as_ref()?.iter().enumerate();
        let size = |(axis, dim): (usize, &Dim)| match dim {
            Dim::Fixed(size) => *size,
            dim => open(axis, dim),
        };
        Some(dims.map(size).collect())
    }

    fn shape_text(&self) -> String {
        match &self.shape {
            None => "any shape".to_owned(),
            Some(dims) => format!(
                "[{}]",
                dims.iter()
                    .map(Dim::to_string)
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        }
    }
}

/// Inputs and outputs, in the file's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// What has to be given.
    pub inputs: Vec<Port>,
    /// What comes back.
    pub outputs: Vec<Port>,
}

/// Why tensors do not fit a signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Mismatch {
    /// The input that it is about, when it is about one.
    pub input: Option<String>,
    /// What is wrong and what is expected.
    pub message: String,
}

impl Mismatch {
    fn of(input: &str, message: String) -> Mismatch {
        Mismatch {
            input: Some(input.to_owned()),
            message,
        }
    }
}

impl Signature {
    /// Puts `tensors` in the file's order, or says what does not fit: a missing,
    /// unknown or repeated name, dtype, rank, a fixed dim, symbols that
    /// disagree, an id out of range, a value that is not finite.
    pub fn arrange(&self, tensors: Vec<NamedTensor>) -> Result<Vec<NamedTensor>, Mismatch> {
        let mut by_name: HashMap<String, NamedTensor> = HashMap::new();
        for tensor in tensors {
            if !self.inputs.iter().any(|port| port.name == tensor.name) {
                let message = format!(
                    "the model has no input `{}`; it has: {}",
                    tensor.name,
                    names(&self.inputs)
                );
                return Err(Mismatch::of(&tensor.name, message));
            }
            if let Some(twice) = by_name.insert(tensor.name.clone(), tensor) {
                let message = format!("input `{}` is given twice", twice.name);
                return Err(Mismatch::of(&twice.name, message));
            }
        }
        let mut sizes: HashMap<&str, (usize, &str)> = HashMap::new();
        let mut arranged = Vec::with_capacity(self.inputs.len());
        for port in &self.inputs {
            let Some(tensor) = by_name.remove(&port.name) else {
                let message = format!(
                    "input `{}` is missing; the model takes: {}",
                    port.name,
                    names(&self.inputs)
                );
                return Err(Mismatch {
                    input: None,
                    message,
                });
            };
            let tensor = scalar(port, tensor);
            check(port, &tensor, &mut sizes)?;
            arranged.push(tensor);
        }
        Ok(arranged)
    }
}

/// One value in a list goes for a scalar, as in onnxruntime; never the other way round.
fn scalar(port: &Port, given: NamedTensor) -> NamedTensor {
    let is_scalar = port.shape.as_ref().is_some_and(Vec::is_empty);
    if !is_scalar || given.tensor.shape() != [1] {
        return given;
    }
    let (_, data) = given.tensor.into_parts();
    NamedTensor {
        name: given.name,
        tensor: Tensor::new(Vec::new(), data).expect("one value is a scalar"),
    }
}

fn names(ports: &[Port]) -> String {
    ports
        .iter()
        .map(|port| format!("`{}` {} {}", port.name, port.dtype, port.shape_text()))
        .collect::<Vec<_>>()
        .join(", ")
}

fn check<'a>(
    port: &'a Port,
    given: &NamedTensor,
    sizes: &mut HashMap<&'a str, (usize, &'a str)>,
) -> Result<(), Mismatch> {
    let tensor = &given.tensor;
    let refuse = |message: String| Err(Mismatch::of(&port.name, message));
    if tensor.dtype() != port.dtype {
        return refuse(format!(
            "input `{}` must be {}, not {}",
            port.name,
            port.dtype,
            tensor.dtype()
        ));
    }
    if let Some(dims) = &port.shape {
        let fits = dims.len() == tensor.shape().len()
            && dims
                .iter()
                .zip(tensor.shape())
                .all(|(dim, size)| !matches!(dim, Dim::Fixed(fixed) if fixed != size));
        if !fits {
            return refuse(format!(
                "input `{}` must have shape {}, not {:?}",
                port.name,
                port.shape_text(),
                tensor.shape()
            ));
        }
        for (dim, size) in dims.iter().zip(tensor.shape()) {
            let Dim::Symbol(symbol) = dim else { continue };
            match sizes.get(symbol.as_str()) {
                Some((other, first)) if other != size => {
                    return refuse(format!(
                        "`{symbol}` is {size} in input `{}` but {other} in `{first}`",
                        port.name
                    ));
                }
                _ => {
                    sizes.insert(symbol, (*size, &port.name));
                }
            }
        }
    }
    if let Some(index) = tensor.first_non_finite() {
        return refuse(format!(
            "input `{}` has a value that is not finite at index {index}",
            port.name
        ));
    }
    if let Some(rows) = port.rows {
        let outside = match tensor.data() {
            Data::I64(ids) => ids.iter().position(|id| !in_rows(*id, rows)),
            Data::I32(ids) => ids.iter().position(|id| !in_rows(i64::from(*id), rows)),
            _ => None,
        };
        if let Some(index) = outside {
            return refuse(format!(
                "input `{}` must hold ids from 0 to {}; the one at index {index} is outside",
                port.name,
                rows.saturating_sub(1)
            ));
        }
    }
    Ok(())
}

fn in_rows(id: i64, rows: usize) -> bool {
    usize::try_from(id).is_ok_and(|id| id < rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature() -> Signature {
        let ids = |name: &str| Port {
            name: name.to_owned(),
            dtype: Dtype::I64,
            shape: Some(vec![
                Dim::Symbol("batch".to_owned()),
                Dim::Symbol("sequence".to_owned()),
            ]),
            rows: Some(10),
        };
        Signature {
            inputs: vec![ids("input_ids"), ids("attention_mask")],
            outputs: vec![],
        }
    }

    fn given(name: &str, shape: &[usize], ids: Vec<i64>) -> NamedTensor {
        NamedTensor {
            name: name.to_owned(),
            tensor: Tensor::new(shape.to_vec(), Data::I64(ids)).expect("shape fits"),
        }
    }

    fn message(tensors: Vec<NamedTensor>) -> String {
        signature()
            .arrange(tensors)
            .expect_err("refused")
            .to_string()
    }

    #[test]
    fn inputs_come_back_in_the_files_order() {
        let arranged = signature()
            .arrange(vec![
                given("attention_mask", &[1, 2], vec![1, 1]),
                given("input_ids", &[1, 2], vec![3, 4]),
            ])
            .expect("fits");
        assert_eq!(arranged[0].name, "input_ids");
    }

    #[test]
    fn symbols_must_agree_across_inputs() {
        let text = message(vec![
            given("input_ids", &[1, 2], vec![1, 2]),
            given("attention_mask", &[1, 3], vec![1, 1, 1]),
        ]);
        assert_eq!(
            text,
            "`sequence` is 3 in input `attention_mask` but 2 in `input_ids`"
        );
    }

    #[test]
    fn ids_outside_the_table_are_refused() {
        for id in [10, -1, i64::MAX] {
            let text = message(vec![
                given("input_ids", &[1, 1], vec![id]),
                given("attention_mask", &[1, 1], vec![1]),
            ]);
            assert!(text.contains("ids from 0 to 9"), "{text}");
        }
    }

    #[test]
    fn a_missing_unknown_or_repeated_name_is_said() {
        assert!(message(vec![]).contains("`input_ids` is missing"));
        assert!(message(vec![given("ids", &[1, 1], vec![1])]).contains("no input `ids`"));
        let twice = vec![
            given("input_ids", &[1, 1], vec![1]),
            given("input_ids", &[1, 1], vec![1]),
        ];
        assert!(message(twice).contains("given twice"));
    }
}
