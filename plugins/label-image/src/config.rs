//! The configuration: which output has the logits, what its classes are called, and how they become labels.
//! Knows no request.

use modelhost_plugin::classes::Classes;
use modelhost_plugin::classification::Classification;
use modelhost_plugin::scores::Function;
use modelhost_plugin::{Assets, Result, Signature};
use serde::Deserialize;

/// As many as Hugging Face's pipeline answers.
const TOP_K: usize = 5;

/// As the manifest says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    tensor: Option<String>,
    labels: Option<Vec<String>>,
    function: Option<Function>,
    top_k: Option<usize>,
}

/// What the manifest means, with the model behind it.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) classes: Classes,
    pub(crate) classification: Classification,
}

impl Config {
    /// Checks everything that one field alone cannot say.
    pub(crate) fn check(written: Written, assets: &Assets, model: &Signature) -> Result<Self> {
        let Written {
            tensor,
            labels,
            function,
            top_k,
        } = written;
        Ok(Self {
            classes: Classes::check(tensor, labels, &["rows", "classes"], assets, model)?,
            classification: Classification::check(top_k.or(Some(TOP_K)), function)?,
        })
    }
}
