//! The plugin as the host drives it: configured once, then asked with a model's output.
#![allow(dead_code, reason = "not every test file asks everything")]

use modelhost_plugin::text::{Form, Row, Texts, Token};
use modelhost_plugin::{
    Asset, Assets, Description, Error, Plugin as _, Port, Postprocess, Result, Signature, Tensor,
    Tensors,
};
use pool_embedding::PoolEmbedding;
use serde_json::Value;

pub(crate) const MODULES: &str = r#"[
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}
]"#;

pub(crate) const MEAN: &str =
    r#"{"word_embedding_dimension": 2, "pooling_mode_mean_tokens": true}"#;

/// An output `[rows, tokens, width]` or `[rows, width]` of 32-bit floats.
pub(crate) fn port(name: &str, rank: usize, width: Option<u32>) -> Port {
    let mut shape = vec![None; rank];
    shape[rank - 1] = width;
    Port {
        name: name.into(),
        dtype: "f32".into(),
        shape: Some(shape),
    }
}

/// As a sentence encoder without its head has them.
pub(crate) fn encoder() -> Vec<Port> {
    vec![
        port("last_hidden_state", 3, Some(2)),
        port("pooler_output", 2, Some(2)),
    ]
}

pub(crate) fn init(
    config: &Value,
    files: &[(&str, &str)],
    outputs: Vec<Port>,
) -> Result<(PoolEmbedding, Description)> {
    let asset = |(name, text): &(&str, &str)| Asset {
        name: (*name).into(),
        data: text.as_bytes().to_vec(),
    };
    let assets = Assets(files.iter().map(asset).collect());
    let model = Signature {
        inputs: Vec::new(),
        outputs,
    };
    PoolEmbedding::init(&config.to_string(), assets, &model)
}

/// The plugin for an encoder of width 2 without files.
pub(crate) fn plugin(config: Value) -> PoolEmbedding {
    init(&config, &[], encoder())
        .expect("a right configuration")
        .0
}

/// Rows of so many tokens, with so much padding before them.
pub(crate) fn context(form: Form, rows: &[(usize, u32)]) -> Vec<u8> {
    let row = |(tokens, skip): &(usize, u32)| Row {
        text: String::new(),
        tokens: vec![Token::default(); *tokens],
        skip: *skip,
    };
    let rows = rows.iter().map(row).collect();
    Texts { form, rows }.to_context()
}

pub(crate) fn hidden(shape: [usize; 3], data: &[f32]) -> Tensors {
    let tensor = Tensor::f32(&shape, data.to_vec());
    Tensors(vec![("last_hidden_state".into(), tensor)])
}

pub(crate) fn ask(
    plugin: &PoolEmbedding,
    outputs: Tensors,
    context: &[u8],
    parameters: &Value,
) -> Value {
    let text = plugin.run(outputs, context, &parameters.to_string());
    serde_json::from_str(&text.expect("an answer")).expect("JSON")
}

/// What goes to the log where the model or the context does not fit.
pub(crate) fn fault(plugin: &PoolEmbedding, outputs: Tensors, context: &[u8]) -> String {
    match plugin.run(outputs, context, "{}") {
        Err(Error::Internal(message)) => message,
        other => panic!("must be a fault, not {other:?}"),
    }
}
