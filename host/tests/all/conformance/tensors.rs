//! The tensors of the cases: read from their files, and held against what a model gives.
//! Must not know models.

use half::f16;
use modelhost::tensor::{Data, Tensor};
use std::fs;
use std::path::Path;
use tract_onnx::pb::TensorProto;

pub(super) fn tensors(set: &Path, kind: &str) -> Vec<TensorProto> {
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

pub(super) fn decoded(proto: &TensorProto) -> Tensor {
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
pub(super) fn is_same(expected: &Tensor, given: &Tensor) -> bool {
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
