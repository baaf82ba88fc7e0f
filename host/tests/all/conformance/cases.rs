//! The cases: what each is about, and what comes of it.

use half::f16;
use modelhost::model::{Error, File, Model};
use modelhost::tensor::{Data, NamedTensor, Tensor};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use tract_onnx::pb::{GraphProto, ModelProto, TensorProto};
use tract_onnx::prelude::Framework;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Right,
    /// At load, with a reason.
    Refused,
    /// At a run, with a reason.
    Failed,
    /// Inputs or outputs are NaN or infinite, which is refused by design.
    NotFinite,
    Wrong,
}

#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) operator: String,
    pub(crate) opset: i64,
    pub(crate) dtype: String,
    pub(crate) outcome: Outcome,
    pub(crate) reason: String,
    pub(crate) onnxruntime: String,
}

/// Every case in `folder`; `known` says what onnxruntime does not have right.
pub(crate) fn all(folder: &Path, known: &str) -> Vec<Case> {
    let known: HashMap<&str, &str> = known
        .lines()
        .filter_map(|line| line.split_once(' '))
        .collect();
    let list = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).expect("the cases are there");
        entries
            .map(|entry| entry.expect("it can be listed").path())
            .collect()
    };
    let groups = list(folder).into_iter().filter(|group| group.is_dir());
    let mut found: Vec<PathBuf> = groups
        .flat_map(|group| list(&group))
        .filter(|case| case.join("model.onnx").is_file())
        .collect();
    found.sort();
    let case = |path: PathBuf| {
        let name = path.strip_prefix(folder).expect("it lies there");
        let name = name.to_string_lossy().into_owned();
        let onnxruntime = known.get(name.as_str()).copied().unwrap_or("right");
        of(&path, name, onnxruntime)
    };
    found.into_iter().map(case).collect()
}

fn of(path: &Path, name: String, onnxruntime: &str) -> Case {
    let bytes = fs::read(path.join("model.onnx")).expect("a case has a model");
    let proto = tract_onnx::onnx().proto_model_for_read(&mut bytes.as_slice());
    let proto = proto.expect("the model is ONNX");
    let graph = proto.graph.clone().unwrap_or_default();
    let (outcome, reason) = match answers(path, &bytes, &graph) {
        Ok(()) => (Outcome::Right, String::new()),
        Err(said) => said,
    };
    Case {
        operator: operator(&name, &graph),
        opset: opset(&proto),
        dtype: dtype(&graph),
        name,
        outcome,
        reason,
        onnxruntime: onnxruntime.to_owned(),
    }
}

fn answers(path: &Path, bytes: &[u8], graph: &GraphProto) -> Result<(), (Outcome, String)> {
    let refused = |error: Error| (Outcome::Refused, error.to_string());
    let model = File::read(bytes).and_then(Model::load).map_err(refused)?;
    for set in (0..).map(|set| path.join(format!("test_data_set_{set}"))) {
        if !set.is_dir() {
            break;
        }
        let taken = &model.signature().inputs;
        let inputs = tensors(&set, "input").into_iter().zip(&graph.input);
        let inputs = inputs
            .filter(|(_, input)| taken.iter().any(|port| port.name == input.name))
            .map(|(tensor, input)| NamedTensor {
                name: input.name.clone(),
                tensor: decoded(&tensor),
            });
        let given = model.run(inputs.collect()).map_err(|error| {
            let text = error.to_string();
            let outcome = if text.contains("not finite") {
                Outcome::NotFinite
            } else {
                Outcome::Failed
            };
            (outcome, text)
        })?;
        for (expected, given) in tensors(&set, "output").iter().zip(&given) {
            if !is_same(&decoded(expected), &given.tensor) {
                return Err((Outcome::Wrong, format!("`{}` differs", given.name)));
            }
        }
    }
    Ok(())
}

fn tensors(set: &Path, kind: &str) -> Vec<TensorProto> {
    (0..)
        .map(|at| set.join(format!("{kind}_{at}.pb")))
        .take_while(|file| file.is_file())
        .map(|file| {
            let bytes = fs::read(file).expect("it can be read");
            tract_onnx::tensor::proto_from_reader(bytes.as_slice()).expect("it is a tensor")
        })
        .collect()
}

/// Numbers of the size of `T` in a row, or those of the list that older files keep them in.
fn numbers<T, const N: usize>(raw: &[u8], of: fn([u8; N]) -> T, listed: Vec<T>) -> Vec<T> {
    if raw.is_empty() {
        return listed;
    }
    raw.as_chunks::<N>()
        .0
        .iter()
        .map(|chunk| of(*chunk))
        .collect()
}

fn decoded(proto: &TensorProto) -> Tensor {
    let raw = &proto.raw_data;
    let small = || proto.int32_data.iter();
    let data = match proto.data_type {
        1 => Data::F32(numbers(raw, f32::from_le_bytes, proto.float_data.clone())),
        2 => Data::U8(numbers(
            raw,
            u8::from_le_bytes,
            small().map(|n| *n as u8).collect(),
        )),
        3 => Data::I8(numbers(
            raw,
            i8::from_le_bytes,
            small().map(|n| *n as i8).collect(),
        )),
        4 => Data::U16(numbers(
            raw,
            u16::from_le_bytes,
            small().map(|n| *n as u16).collect(),
        )),
        5 => Data::I16(numbers(
            raw,
            i16::from_le_bytes,
            small().map(|n| *n as i16).collect(),
        )),
        6 => Data::I32(numbers(raw, i32::from_le_bytes, proto.int32_data.clone())),
        7 => Data::I64(numbers(raw, i64::from_le_bytes, proto.int64_data.clone())),
        9 => Data::Bool(numbers(
            raw,
            |[n]| n != 0,
            small().map(|n| *n != 0).collect(),
        )),
        10 => Data::F16(numbers(
            raw,
            u16::from_le_bytes,
            small().map(|n| *n as u16).collect(),
        )),
        11 => Data::F64(numbers(raw, f64::from_le_bytes, proto.double_data.clone())),
        12 => {
            let listed = proto.uint64_data.iter().map(|n| *n as u32).collect();
            Data::U32(numbers(raw, u32::from_le_bytes, listed))
        }
        13 => Data::U64(numbers(raw, u64::from_le_bytes, proto.uint64_data.clone())),
        other => panic!("a case that loads has the element type {other}"),
    };
    let shape = proto.dims.iter().map(|dim| *dim as usize).collect();
    Tensor::new(shape, data).expect("the file's shape fits its data")
}

fn wide(data: &Data) -> Option<(Vec<f64>, f64)> {
    Some(match data {
        Data::F16(v) => (
            v.iter()
                .map(|bits| f16::from_bits(*bits).to_f64())
                .collect(),
            1e-3,
        ),
        Data::F32(v) => (v.iter().map(|value| f64::from(*value)).collect(), 1e-5),
        Data::F64(v) => (v.clone(), 1e-5),
        _ => return None,
    })
}

/// Whole numbers exactly; others within 1e-3 of the expected, or 1e-5 (f16: 1e-3) where that is nothing.
fn is_same(expected: &Tensor, given: &Tensor) -> bool {
    if expected.dtype() != given.dtype() || expected.shape() != given.shape() {
        return false;
    }
    match (wide(expected.data()), wide(given.data())) {
        (Some((expected, least)), Some((given, _))) => expected
            .iter()
            .zip(&given)
            .all(|(expected, given)| (expected - given).abs() <= least + 1e-3 * expected.abs()),
        _ => expected.data() == given.data(),
    }
}

/// What a case is about: its one operator, or the one whose definition it spells out.
fn operator(name: &str, graph: &GraphProto) -> String {
    match &graph.node[..] {
        [node] => node.op_type.clone(),
        _ if name.contains("_expanded") => "(definitions spelt out)".to_owned(),
        _ => "(several)".to_owned(),
    }
}

fn opset(proto: &ModelProto) -> i64 {
    let onnx = proto.opset_import.iter();
    let mut onnx = onnx.filter(|import| ["", "ai.onnx"].contains(&import.domain.as_str()));
    onnx.next().map_or(0, |import| import.version)
}

/// The first input's element type, or the first output's.
fn dtype(graph: &GraphProto) -> String {
    use tract_onnx::pb::type_proto::Value;
    let first = graph.input.first().or(graph.output.first());
    let kind = first.and_then(|value| value.r#type.as_ref()?.value.clone());
    let Some(Value::TensorType(tensor)) = kind else {
        return "no tensor".to_owned();
    };
    let names = [
        "?", "f32", "u8", "i8", "u16", "i16", "i32", "i64", "text", "bool", "f16", "f64", "u32",
        "u64",
    ];
    let name = usize::try_from(tensor.elem_type).ok();
    let name = name.and_then(|number| names.get(number).copied());
    name.unwrap_or("other").to_owned()
}
