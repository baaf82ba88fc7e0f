//! The protocol's names of element types, and elements as the bytes of its binary extension: little-endian, row-major.
//! Must not know requests.

use crate::tensor::{Data, Dtype};
use bytes::Bytes;

/// The protocol's name, Triton's where the protocol has none.
pub(super) fn name(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::F16 => "FP16",
        Dtype::Bf16 => "BF16",
        Dtype::F32 => "FP32",
        Dtype::F64 => "FP64",
        Dtype::I8 => "INT8",
        Dtype::I16 => "INT16",
        Dtype::I32 => "INT32",
        Dtype::I64 => "INT64",
        Dtype::U8 => "UINT8",
        Dtype::U16 => "UINT16",
        Dtype::U32 => "UINT32",
        Dtype::U64 => "UINT64",
        Dtype::Bool => "BOOL",
        Dtype::Text => "BYTES",
    }
}

/// All of them.
pub(super) const ALL: [Dtype; 14] = [
    Dtype::Bool,
    Dtype::U8,
    Dtype::U16,
    Dtype::U32,
    Dtype::U64,
    Dtype::I8,
    Dtype::I16,
    Dtype::I32,
    Dtype::I64,
    Dtype::F16,
    Dtype::Bf16,
    Dtype::F32,
    Dtype::F64,
    Dtype::Text,
];

/// The type that is called `given`.
pub(super) fn named(given: &str) -> Result<Dtype, String> {
    let found = ALL.into_iter().find(|dtype| name(*dtype) == given);
    found.ok_or_else(|| {
        format!(
            "there is no datatype `{given}`; there are {}",
            ALL.map(name).join(", ")
        )
    })
}

/// Elements of `dtype`, which is not text, or why these bytes are none.
pub(super) fn read(dtype: Dtype, bytes: &[u8]) -> Result<Data, String> {
    macro_rules! numbers {
        ($variant:ident, $type:ty) => {{
            const SIZE: usize = size_of::<$type>();
            let (chunks, rest) = bytes.as_chunks::<SIZE>();
            if !rest.is_empty() {
                return Err(format!(
                    "{} bytes are no whole number of {} values, which take {SIZE} bytes each",
                    bytes.len(),
                    name(dtype)
                ));
            }
            let numbers = chunks.iter().map(|chunk| <$type>::from_le_bytes(*chunk));
            Data::$variant(numbers.collect())
        }};
    }
    Ok(match dtype {
        Dtype::F16 => numbers!(F16, u16),
        Dtype::Bf16 => numbers!(Bf16, u16),
        Dtype::F32 => numbers!(F32, f32),
        Dtype::F64 => numbers!(F64, f64),
        Dtype::I8 => numbers!(I8, i8),
        Dtype::I16 => numbers!(I16, i16),
        Dtype::I32 => numbers!(I32, i32),
        Dtype::I64 => numbers!(I64, i64),
        Dtype::U8 => Data::U8(bytes.to_vec()),
        Dtype::U16 => numbers!(U16, u16),
        Dtype::U32 => numbers!(U32, u32),
        Dtype::U64 => numbers!(U64, u64),
        Dtype::Bool => Data::Bool(bytes.iter().map(|byte| *byte != 0).collect()),
        Dtype::Text => Data::Text(texts(&parts(&Bytes::copy_from_slice(bytes))?)?),
    })
}

/// The elements of a BYTES tensor: each after its length in four bytes.
pub(super) fn parts(bytes: &Bytes) -> Result<Vec<Bytes>, String> {
    let mut parts = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let short = || {
            format!(
                "element {} of the BYTES is cut short: each is its length in four little-endian bytes, then its bytes",
                parts.len()
            )
        };
        let head = bytes[at..].first_chunk::<4>().ok_or_else(short)?;
        let length = u32::from_le_bytes(*head) as usize;
        let end = at.checked_add(4 + length).filter(|end| *end <= bytes.len());
        let end = end.ok_or_else(short)?;
        parts.push(bytes.slice(at + 4..end));
        at = end;
    }
    Ok(parts)
}

/// The same as texts.
pub(super) fn texts(parts: &[Bytes]) -> Result<Vec<String>, String> {
    let parts = parts.iter().enumerate();
    let text = |(index, part): (usize, &Bytes)| {
        String::from_utf8(part.to_vec()).map_err(|_| format!("element {index} is not UTF-8"))
    };
    parts.map(text).collect()
}

/// Appends the elements to `out`.
pub(super) fn write(data: &Data, out: &mut Vec<u8>) {
    macro_rules! numbers {
        ($values:expr) => {
            $values
                .iter()
                .for_each(|value| out.extend_from_slice(&value.to_le_bytes()))
        };
    }
    match data {
        Data::F16(values) | Data::Bf16(values) | Data::U16(values) => numbers!(values),
        Data::F32(values) => numbers!(values),
        Data::F64(values) => numbers!(values),
        Data::I8(values) => numbers!(values),
        Data::I16(values) => numbers!(values),
        Data::I32(values) => numbers!(values),
        Data::I64(values) => numbers!(values),
        Data::U8(values) => out.extend_from_slice(values),
        Data::U32(values) => numbers!(values),
        Data::U64(values) => numbers!(values),
        Data::Bool(values) => out.extend(values.iter().map(|value| u8::from(*value))),
        Data::Text(values) => {
            for value in values {
                // A response of 4 GiB is never made.
                let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
                out.extend_from_slice(&length.to_le_bytes());
                out.extend_from_slice(value.as_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_as_it_was() {
        for data in [
            Data::F16(vec![0x3c00, 0xc000]),
            Data::F32(vec![1.5, -2.0]),
            Data::F64(vec![1e300]),
            Data::I8(vec![-1, 127]),
            Data::I16(vec![-300]),
            Data::I32(vec![i32::MIN]),
            Data::I64(vec![i64::MAX, 0]),
            Data::U8(vec![0, 255]),
            Data::U16(vec![65535]),
            Data::U32(vec![1 << 31]),
            Data::U64(vec![u64::MAX]),
            Data::Bool(vec![true, false]),
            Data::Text(vec!["naïve".to_owned(), String::new()]),
        ] {
            let mut bytes = Vec::new();
            write(&data, &mut bytes);
            assert_eq!(read(data.dtype(), &bytes), Ok(data));
        }
    }

    #[test]
    fn bytes_that_are_no_whole_elements_are_refused() {
        let odd = read(Dtype::I32, &[0; 7]).expect_err("seven bytes");
        assert!(
            odd.contains("7 bytes are no whole number of INT32"),
            "{odd}"
        );
        let cut = parts(&Bytes::from_static(&[9, 0, 0, 0, b'a'])).expect_err("cut short");
        assert!(cut.contains("element 0 of the BYTES is cut short"), "{cut}");
        assert!(named("FP8").expect_err("unknown").contains("FP16"));
    }
}
