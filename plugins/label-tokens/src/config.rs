//! The configuration, and the parameters of a request.
//! Knows no texts.

use crate::pieces::Words;
use crate::strategy::Strategy;
use modelhost_plugin::classes::Classes;
use modelhost_plugin::{Assets, Error, Result, Signature, json};
use serde::Deserialize;

/// As the manifest says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    tensor: Option<String>,
    labels: Option<Vec<String>>,
    aggregation_strategy: Option<Strategy>,
    ignore_labels: Option<Vec<String>>,
    words: Option<Words>,
}

/// What the manifest means, with the files and the model behind it.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) classes: Classes,
    pub(crate) words: Words,
    /// What is done where a request says nothing else.
    pub(crate) usual: Asked,
}

/// What one request wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) strategy: Strategy,
    /// Entities of these labels are left out.
    pub(crate) ignore_labels: Vec<String>,
}

impl Config {
    /// Checks everything that one field alone cannot say.
    pub(crate) fn check(written: Written, assets: &Assets, model: &Signature) -> Result<Self> {
        let Written {
            tensor,
            labels,
            aggregation_strategy,
            ignore_labels,
            words,
        } = written;
        let axes = &["rows", "tokens", "classes"];
        Ok(Self {
            classes: Classes::check(tensor, labels, axes, assets, model)?,
            words: match words {
                Some(words) => words,
                None => words_of(assets)?,
            },
            usual: Asked {
                strategy: aggregation_strategy.unwrap_or(Strategy::Simple),
                ignore_labels: ignore_labels.unwrap_or_else(|| vec!["O".to_owned()]),
            },
        })
    }
}

/// The part of a `tokenizer.json` that says whether its tokens know that they are pieces of a word.
#[derive(Debug, Deserialize)]
struct Tokenizer {
    model: TokenizerModel,
}

#[derive(Debug, Deserialize)]
struct TokenizerModel {
    r#type: Option<String>,
    continuing_subword_prefix: Option<String>,
}

/// As transformers decides it, where the tokenizer's file is granted; else as the tokenizer splits.
fn words_of(assets: &Assets) -> Result<Words> {
    let Some(bytes) = assets.find("tokenizer.json") else {
        return Ok(Words::Tokenizer);
    };
    let file: Tokenizer = serde_json::from_slice(bytes).map_err(|error| {
        Error::internal(format!(
            "tokenizer.json: {error}; mend the file, or do not grant it"
        ))
    })?;
    let marks_pieces = match file.model.continuing_subword_prefix {
        Some(prefix) => !prefix.is_empty(),
        None => file.model.r#type.as_deref() == Some("WordPiece"),
    };
    Ok(match marks_pieces {
        true => Words::Tokenizer,
        false => Words::Spaces,
    })
}

// Not strict: the preprocess stage has parameters of its own, and the host refuses what neither knows.
#[derive(Debug, Deserialize)]
struct Parameters {
    aggregation_strategy: Option<Strategy>,
    ignore_labels: Option<Vec<String>>,
}

impl Asked {
    pub(crate) fn read(parameters: &str, config: &Config) -> Result<Self> {
        let usual = config.usual.clone();
        let Some(asked) = json::parameters::<Option<Parameters>>(parameters)? else {
            return Ok(usual);
        };
        Ok(Self {
            strategy: asked.aggregation_strategy.unwrap_or(usual.strategy),
            ignore_labels: asked.ignore_labels.unwrap_or(usual.ignore_labels),
        })
    }
}
