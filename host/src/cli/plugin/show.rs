//! Tensors, times and stages in a line for people.
//! Must not know where they come from.

use crate::plugin::{self, Facts};
use crate::tensor::{Data, NamedTensor};
use half::{bf16, f16};
use std::fmt::Display;
use std::time::Duration;

/// How many values of a tensor are shown.
const VALUES: usize = 8;

/// The contract's world of these stages.
pub(super) fn world(facts: &Facts) -> &'static str {
    match (facts.preprocesses, facts.postprocesses) {
        (true, true) => "processor",
        (true, false) => "preprocessor",
        (false, true) => "postprocessor",
        (false, false) => "",
    }
}

pub(super) fn stages(facts: &Facts) -> Vec<&'static str> {
    let stages = [
        (facts.preprocesses, "preprocess"),
        (facts.postprocesses, "postprocess"),
    ];
    let there = stages.into_iter().filter(|(is_there, _)| *is_there);
    there.map(|(_, name)| name).collect()
}

pub(super) fn duration(duration: Duration) -> String {
    let ms = duration.as_secs_f64() * 1000.0;
    match ms {
        ..10.0 => format!("{ms:.3} ms"),
        ..1000.0 => format!("{ms:.0} ms"),
        _ => format!("{:.1} s", ms / 1000.0),
    }
}

/// `x  f32 [1, 3]  0.5 1 1.5`
pub(super) fn tensor(named: &NamedTensor) -> String {
    let tensor = &named.tensor;
    let first = match tensor.data() {
        Data::F16(v) => first(v.iter().map(|bits| f16::from_bits(*bits))),
        Data::Bf16(v) => first(v.iter().map(|bits| bf16::from_bits(*bits))),
        Data::F32(v) => first(v),
        Data::F64(v) => first(v),
        Data::I8(v) => first(v),
        Data::I16(v) => first(v),
        Data::I32(v) => first(v),
        Data::I64(v) => first(v),
        Data::U8(v) => first(v),
        Data::U16(v) => first(v),
        Data::U32(v) => first(v),
        Data::U64(v) => first(v),
        Data::Bool(v) => first(v),
        Data::Text(v) => first(v.iter().map(|text| format!("{text:?}"))),
    };
    let more = if tensor.data().len() > VALUES {
        " …"
    } else {
        ""
    };
    let dtype = plugin::dtype(tensor.dtype());
    format!(
        "{}  {dtype} {:?}  {first}{more}",
        named.name,
        tensor.shape()
    )
}

fn first(values: impl IntoIterator<Item = impl Display>) -> String {
    let values = values.into_iter().take(VALUES);
    let words: Vec<String> = values.map(|value| value.to_string()).collect();
    words.join(" ")
}
