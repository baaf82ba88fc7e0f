//! The configuration: which output has the logits, what its classes are called, and how they become labels.
//! Knows no request.

use modelhost_plugin::classes::Classes;
use modelhost_plugin::classification::Classification;
use modelhost_plugin::scores::Function;
use modelhost_plugin::{Assets, Invalid, Result, Signature};
use serde::Deserialize;

/// As the manifest says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    tensor: Option<String>,
    labels: Option<Vec<String>>,
    function: Option<Function>,
    top_k: Option<usize>,
    score: Option<String>,
}

/// What the manifest means, with the model behind it.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) classes: Classes,
    pub(crate) classification: Classification,
    /// The class whose score says how well two texts fit.
    pub(crate) score: Option<usize>,
}

impl Config {
    /// Checks everything that one field alone cannot say.
    pub(crate) fn check(written: Written, assets: &Assets, model: &Signature) -> Result<Self> {
        let Written {
            tensor,
            labels,
            function,
            top_k,
            score,
        } = written;
        let classes = Classes::check(tensor, labels, &["rows", "classes"], assets, model)?;
        let class = |label: String| match classes.labels.class(&label, classes.count) {
            Some(class) => Ok(class),
            None => Err(Invalid::at(
                "/score",
                format!("the model has no class `{label}`; name one of its labels"),
            )),
        };
        // A single class needs no name.
        let score = match score {
            Some(label) => Some(class(label)?),
            None => classes.count.filter(|count| *count == 1).map(|_| 0),
        };
        Ok(Self {
            classification: Classification::check(top_k, function)?,
            classes,
            score,
        })
    }
}
