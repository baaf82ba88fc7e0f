//! What a signature looks like: the tensors by which a kind of model is known.
//! Must not know files or cards; a name alone decides only where the shape leaves it open.

use crate::model::{Dim, Port, Signature};
use crate::tensor::Dtype;

pub(super) fn is_float(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::F16 | Dtype::Bf16 | Dtype::F32 | Dtype::F64)
}

pub(super) fn is_integer(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::I64 | Dtype::I32)
}

pub(super) fn rank(port: &Port) -> Option<usize> {
    port.shape.as_ref().map(Vec::len)
}

fn may_have_rank(port: &Port, wanted: usize) -> bool {
    rank(port).is_none_or(|rank| rank == wanted)
}

/// The size of an axis, where the file fixes it.
pub(super) fn fixed(port: &Port, axis: usize) -> Option<usize> {
    match port.shape.as_ref()?.get(axis)? {
        Dim::Fixed(size) => Some(*size),
        Dim::Symbol(_) | Dim::Any => None,
    }
}

/// Whether the model takes a mask of the padding.
pub(super) fn takes_mask(signature: &Signature) -> bool {
    let mut inputs = signature.inputs.iter();
    inputs.any(|port| port.name.contains("mask"))
}

/// The one input of a model that reads pictures.
pub(super) fn picture(signature: &Signature) -> Option<&Port> {
    let [only] = signature.inputs.as_slice() else {
        return None;
    };
    let is_pixels = is_float(only.dtype) || only.dtype == Dtype::U8;
    let axes = match rank(only) {
        Some(4) => true,
        None => only.name == "pixel_values",
        Some(_) => false,
    };
    let channels = |axis| fixed(only, axis).is_none_or(|size| size == 1 || size == 3);
    (is_pixels && axes && (channels(1) || channels(3))).then_some(only)
}

/// The height and width of the pictures that the input takes, where the file fixes them.
pub(super) fn picture_size(port: &Port) -> Option<(usize, usize)> {
    let is_channels = |axis| matches!(fixed(port, axis), Some(1 | 3));
    let (height, width) = match is_channels(3) && !is_channels(1) {
        true => (1, 2),
        false => (2, 3),
    };
    fixed(port, height).zip(fixed(port, width))
}

/// The one float matrix that a model of tables takes, or its columns if each is an input of its own.
pub(super) fn is_table(signature: &Signature) -> bool {
    let is_column = |port: &Port| {
        let is_number = is_float(port.dtype) || is_integer(port.dtype);
        is_number && rank(port) == Some(2) && fixed(port, 1) == Some(1)
    };
    match signature.inputs.as_slice() {
        [] => false,
        [only] => is_float(only.dtype) && rank(only) == Some(2),
        several => several.iter().all(is_column),
    }
}

/// The number of columns of a table's one matrix, where the file fixes it.
pub(super) fn columns(signature: &Signature) -> Option<usize> {
    match signature.inputs.as_slice() {
        [only] => fixed(only, 1),
        _ => None,
    }
}

/// An output by one of its usual names, else the only one that fits.
fn output<'s>(signature: &'s Signature, names: &[&str], rank: usize) -> Option<&'s Port> {
    let fits = |port: &&Port| is_float(port.dtype) && may_have_rank(port, rank);
    let named = |name: &&str| {
        let mut outputs = signature.outputs.iter();
        outputs.find(|port| port.name == **name && fits(port))
    };
    if let Some(port) = names.iter().find_map(named) {
        return Some(port);
    }
    let mut fitting = signature.outputs.iter().filter(fits);
    fitting.next().filter(|_| fitting.next().is_none())
}

/// Every output that could be what a plugin reads.
pub(super) fn outputs_of_rank(signature: &Signature, rank: usize) -> Vec<&Port> {
    let fits = |port: &&Port| is_float(port.dtype) && may_have_rank(port, rank);
    signature.outputs.iter().filter(fits).collect()
}

/// The logits of one row: `[rows, classes]`, or `[rows, tokens, classes]` where `rank` is 3.
pub(super) fn logits(signature: &Signature, rank: usize) -> Option<&Port> {
    output(signature, &["logits"], rank)
}

/// How many classes the logits have, where the file fixes it.
pub(super) fn class_count(port: &Port) -> Option<usize> {
    fixed(port, rank(port)?.checked_sub(1)?)
}

/// The vectors of tokens, `[rows, tokens, width]`.
pub(super) fn token_vectors(signature: &Signature) -> Option<&Port> {
    output(signature, &["last_hidden_state", "token_embeddings"], 3)
}

/// The vectors of texts, `[rows, width]`.
pub(super) fn text_vectors(signature: &Signature) -> Option<&Port> {
    output(signature, &["sentence_embedding", "text_embeds"], 2)
}

/// Whether the output is called as the vector that all of a model has made of a text.
pub(super) fn is_whole(port: &Port) -> bool {
    ["sentence_embedding", "text_embeds"].contains(&port.name.as_str())
}

/// Whether the output is called as scores are and logits are not.
pub(super) fn are_scores(port: &Port) -> bool {
    let name = port.name.to_lowercase();
    name.contains("prob") || name.contains("softmax")
}

/// Whether the output is called as vectors are, and classes are not.
pub(super) fn are_vectors(port: &Port) -> bool {
    let name = port.name.to_lowercase();
    let words = ["embed", "feature", "pooler", "hidden"];
    words.iter().any(|word| name.contains(word))
}

fn speaks_of(port: &Port, words: &[&str]) -> bool {
    let name = port.name.to_lowercase();
    let mut parts = name.split(|c: char| !c.is_ascii_alphanumeric());
    parts.any(|part| words.contains(&part))
}

/// The tensor whose name says that rows are steps in time, and not columns of a table.
pub(super) fn series(signature: &Signature) -> Option<&Port> {
    // Columns that are inputs of their own may be called anything.
    let [only] = signature.inputs.as_slice() else {
        return None;
    };
    let words = [
        "past",
        "future",
        "history",
        "series",
        "timeseries",
        "horizon",
        "forecast",
        "forecasts",
    ];
    let mut ports = std::iter::once(only).chain(&signature.outputs);
    ports.find(|port| speaks_of(port, &words))
}

/// Whether the output is called as numbers are, of which there may be several.
pub(super) fn are_numbers(port: &Port) -> bool {
    let words = [
        "prediction",
        "predictions",
        "predicted",
        "variable",
        "target",
        "targets",
    ];
    speaks_of(port, &words)
}

/// The output with more than one number a row.
pub(super) fn several(signature: &Signature) -> Option<&Port> {
    let outputs = outputs_of_rank(signature, 2).into_iter();
    let mut wide = outputs.filter(|port| class_count(port) > Some(1));
    wide.next()
}

/// Whether an output is called as only embeddings are.
pub(super) fn is_embedding_by_name(signature: &Signature) -> bool {
    let names = [
        "last_hidden_state",
        "token_embeddings",
        "sentence_embedding",
    ];
    signature
        .outputs
        .iter()
        .any(|port| names.contains(&port.name.as_str()))
}

/// `a i64 [batch, sequence], b f32 [batch, 2]`
pub(super) fn listed(ports: &[Port]) -> String {
    let one = |port: &Port| {
        let shape = match &port.shape {
            None => "of any shape".to_owned(),
            Some(dims) => {
                let dims: Vec<_> = dims.iter().map(ToString::to_string).collect();
                format!("[{}]", dims.join(", "))
            }
        };
        format!("`{}` {} {shape}", port.name, port.dtype)
    };
    ports.iter().map(one).collect::<Vec<_>>().join(", ")
}
