//! NumPy's `.npz`: named arrays in a zip archive, as `numpy.savez` and `numpy.savez_compressed` write it.
//! Must not know what the arrays are for.

use crate::tensor::{Data, NamedTensor, Tensor};
use half::f16;
use npyz::{DType, Deserialize, NpyFile, Order, TypeChar};
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// Arrays that unpack to more are no reference but an attack.
const MOST_BYTES: u64 = 1 << 30;

/// How every zip archive begins.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";

/// The arrays of an archive, in its order.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<NamedTensor>, String> {
    let text = |error: zip::result::ZipError| error.to_string();
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(text)?;
    let mut left = MOST_BYTES;
    let mut arrays = Vec::with_capacity(archive.len().min(64));
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(text)?;
        let name = entry.name().map_err(text)?;
        let name = name.strip_suffix(".npy").unwrap_or(&name).to_owned();
        let tensor = array(entry.take(left)).map_err(|why| format!("array `{name}`: {why}"))?;
        left -= bytes_of(&tensor).min(left);
        arrays.push(NamedTensor { name, tensor });
    }
    Ok(arrays)
}

fn bytes_of(tensor: &Tensor) -> u64 {
    // No element is larger.
    tensor.data().len() as u64 * 8
}

fn array<R: Read>(mut entry: std::io::Take<R>) -> Result<Tensor, String> {
    let text = |error: std::io::Error| error.to_string();
    let limit = entry.limit();
    let file = NpyFile::new(&mut entry).map_err(text)?;
    let size = |dim: &u64| usize::try_from(*dim).map_err(|error| error.to_string());
    let shape = file.shape().iter().map(size).collect::<Result<Vec<_>, _>>();
    let shape = shape?;
    let dims = file.shape().iter();
    let bytes = dims
        .clone()
        .try_fold(8u64, |bytes, dim| bytes.checked_mul(*dim));
    // Asked before anything is set aside for it: a header may claim any size.
    if bytes.is_none_or(|bytes| bytes > limit) {
        return Err(format!("shape {shape:?} is too large"));
    }
    let DType::Plain(kind) = file.dtype() else {
        return Err("is no array of numbers".to_owned());
    };
    let data = match (kind.type_char(), kind.size_field()) {
        (TypeChar::Bool, _) => Data::Bool(values(file, &shape)?),
        (TypeChar::Float, 2) => {
            let halves: Vec<f16> = values(file, &shape)?;
            Data::F16(halves.into_iter().map(f16::to_bits).collect())
        }
        (TypeChar::Float, 4) => Data::F32(values(file, &shape)?),
        (TypeChar::Float, 8) => Data::F64(values(file, &shape)?),
        (TypeChar::Int, 1) => Data::I8(values(file, &shape)?),
        (TypeChar::Int, 2) => Data::I16(values(file, &shape)?),
        (TypeChar::Int, 4) => Data::I32(values(file, &shape)?),
        (TypeChar::Int, 8) => Data::I64(values(file, &shape)?),
        (TypeChar::Uint, 1) => Data::U8(values(file, &shape)?),
        (TypeChar::Uint, 2) => Data::U16(values(file, &shape)?),
        (TypeChar::Uint, 4) => Data::U32(values(file, &shape)?),
        (TypeChar::Uint, 8) => Data::U64(values(file, &shape)?),
        _ => return Err(format!("has the type `{kind}`, which no tensor has")),
    };
    Tensor::new(shape, data).map_err(|error| error.to_string())
}

/// The values row-major, whichever way the file has them.
fn values<T: Deserialize + Clone, R: Read>(
    file: NpyFile<R>,
    shape: &[usize],
) -> Result<Vec<T>, String> {
    let order = file.order();
    let values = file.into_vec().map_err(|error| error.to_string())?;
    Ok(match order {
        Order::C => values,
        Order::Fortran => rows(&values, shape),
    })
}

/// Row-major what is column-major.
fn rows<T: Clone>(columns: &[T], shape: &[usize]) -> Vec<T> {
    let mut at = vec![0; shape.len()];
    let mut rows = Vec::with_capacity(columns.len());
    for _ in 0..columns.len() {
        let place = at
            .iter()
            .zip(shape)
            .rev()
            .fold(0, |place, (at, dim)| place * dim + at);
        rows.push(columns[place].clone());
        for (at, dim) in at.iter_mut().zip(shape).rev() {
            *at += 1;
            if *at < *dim {
                break;
            }
            *at = 0;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_become_rows() {
        // numpy.asfortranarray([[0, 1, 2], [3, 4, 5]]) lies in memory as 0 3 1 4 2 5.
        assert_eq!(rows(&[0, 3, 1, 4, 2, 5], &[2, 3]), [0, 1, 2, 3, 4, 5]);
        assert_eq!(rows(&[7], &[]), [7]);
    }
}
