//! Tensors and dtypes, between ours, tract's and ONNX's numbering.
//! Must not know models or signatures.

use crate::tensor::{self, Data, Dtype, NamedTensor};
use tract_onnx::pb::TensorProto;
use tract_onnx::prelude::{Datum, DatumType, TractError, TractResult};
use tract_onnx::tract_core::tract_data::half::f16;

/// ONNX `TensorProto.DataType` to dtype.
pub(super) fn dtype(onnx: i32) -> Option<Dtype> {
    Some(match onnx {
        1 => Dtype::F32,
        2 => Dtype::U8,
        3 => Dtype::I8,
        4 => Dtype::U16,
        5 => Dtype::I16,
        6 => Dtype::I32,
        7 => Dtype::I64,
        9 => Dtype::Bool,
        10 => Dtype::F16,
        11 => Dtype::F64,
        12 => Dtype::U32,
        13 => Dtype::U64,
        _ => return None,
    })
}

pub(super) fn to_tract(tensor: tensor::Tensor) -> TractResult<tract_onnx::prelude::Tensor> {
    fn of<T: Datum + Copy>(
        shape: &[usize],
        data: &[T],
    ) -> TractResult<tract_onnx::prelude::Tensor> {
        tract_onnx::prelude::Tensor::from_shape(shape, data)
    }
    let (shape, data) = tensor.into_parts();
    match data {
        Data::F16(bits) => of(
            &shape,
            &bits.into_iter().map(f16::from_bits).collect::<Vec<_>>(),
        ),
        Data::F32(v) => of(&shape, &v),
        Data::F64(v) => of(&shape, &v),
        Data::I8(v) => of(&shape, &v),
        Data::I16(v) => of(&shape, &v),
        Data::I32(v) => of(&shape, &v),
        Data::I64(v) => of(&shape, &v),
        Data::U8(v) => of(&shape, &v),
        Data::U16(v) => of(&shape, &v),
        Data::U32(v) => of(&shape, &v),
        Data::U64(v) => of(&shape, &v),
        Data::Bool(v) => of(&shape, &v),
        // No signature that loads has these dtypes, and `arrange` refuses tensors of other dtypes.
        Data::Bf16(_) | Data::Text(_) => {
            Err(TractError::msg("bf16 and text tensors are not supported"))
        }
    }
}

pub(super) fn from_tract(value: &tract_onnx::prelude::Tensor) -> TractResult<tensor::Tensor> {
    // Symbolic dims are tract's own; ONNX calls the same values i64.
    let cast;
    let value = if value.datum_type() == DatumType::TDim {
        cast = value.cast_to::<i64>()?.into_owned();
        &cast
    } else {
        value
    };
    let view = value.try_as_plain_ram()?;
    let data = match value.datum_type().unquantized() {
        DatumType::F16 => Data::F16(
            view.as_slice::<f16>()?
                .iter()
                .map(|x| x.to_bits())
                .collect(),
        ),
        DatumType::F32 => Data::F32(view.as_slice()?.to_vec()),
        DatumType::F64 => Data::F64(view.as_slice()?.to_vec()),
        DatumType::I8 => Data::I8(view.as_slice()?.to_vec()),
        DatumType::I16 => Data::I16(view.as_slice()?.to_vec()),
        DatumType::I32 => Data::I32(view.as_slice()?.to_vec()),
        DatumType::I64 => Data::I64(view.as_slice()?.to_vec()),
        DatumType::U8 => Data::U8(view.as_slice()?.to_vec()),
        DatumType::U16 => Data::U16(view.as_slice()?.to_vec()),
        DatumType::U32 => Data::U32(view.as_slice()?.to_vec()),
        DatumType::U64 => Data::U64(view.as_slice()?.to_vec()),
        DatumType::Bool => Data::Bool(view.as_slice()?.to_vec()),
        other => {
            return Err(TractError::msg(format!(
                "an output has the dtype {other:?}, which is not supported"
            )));
        }
    };
    tensor::Tensor::new(value.shape().to_vec(), data).map_err(TractError::new)
}

/// A constant of a graph.
pub(super) fn to_proto(value: &NamedTensor) -> TractResult<TensorProto> {
    fn bytes<T: Copy, const N: usize>(data: &[T], of: fn(T) -> [u8; N]) -> Vec<u8> {
        data.iter().flat_map(|value| of(*value)).collect()
    }
    let (data_type, raw) = match value.tensor.data() {
        Data::F32(v) => (1, bytes(v, f32::to_le_bytes)),
        Data::U8(v) => (2, v.clone()),
        Data::I8(v) => (3, bytes(v, i8::to_le_bytes)),
        Data::U16(v) => (4, bytes(v, u16::to_le_bytes)),
        Data::I16(v) => (5, bytes(v, i16::to_le_bytes)),
        Data::I32(v) => (6, bytes(v, i32::to_le_bytes)),
        Data::I64(v) => (7, bytes(v, i64::to_le_bytes)),
        Data::Bool(v) => (9, bytes(v, |value| [u8::from(value)])),
        Data::F16(v) => (10, bytes(v, u16::to_le_bytes)),
        Data::F64(v) => (11, bytes(v, f64::to_le_bytes)),
        Data::U32(v) => (12, bytes(v, u32::to_le_bytes)),
        Data::U64(v) => (13, bytes(v, u64::to_le_bytes)),
        Data::Bf16(_) | Data::Text(_) => {
            return Err(TractError::msg("bf16 and text tensors are not supported"));
        }
    };
    Ok(TensorProto {
        name: value.name.clone(),
        dims: value.tensor.shape().iter().map(|dim| *dim as i64).collect(),
        data_type,
        raw_data: raw,
        ..TensorProto::default()
    })
}
