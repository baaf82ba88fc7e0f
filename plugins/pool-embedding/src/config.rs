//! The configuration, and the parameters of a request.
//! Knows no texts; what the granted files say is `files`' matter.

use crate::files::Files;
use crate::pool::Mode;
use modelhost_plugin::output::Wanted;
use modelhost_plugin::{Assets, Invalid, Result, Signature, json};
use serde::Deserialize;

const TOKENS: Wanted<'_> = Wanted {
    names: &["last_hidden_state", "token_embeddings"],
    axes: &["rows", "tokens", "width"],
};

const POOLED: Wanted<'_> = Wanted {
    names: &["sentence_embedding"],
    axes: &["rows", "width"],
};

/// As the manifest says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    tensor: Option<String>,
    pooling: Option<WrittenPooling>,
    normalize: Option<bool>,
}

/// The modes that a manifest may name, and that the graph has pooled already.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenPooling {
    Mean,
    Cls,
    #[serde(alias = "lasttoken")]
    Last,
    Max,
    MeanSqrtLenTokens,
    #[serde(rename = "weightedmean")]
    WeightedMean,
    None,
}

/// What the manifest means, with the files and the model behind it.
#[derive(Debug)]
pub(crate) struct Config {
    /// The output that is read.
    pub(crate) tensor: String,
    /// What it holds.
    pub(crate) holds: Holds,
    /// Whether vectors end with length 1, where the request does not say.
    pub(crate) normalize: bool,
    /// The numbers of a vector, where the model says so.
    pub(crate) width: Option<usize>,
}

/// What the model's output holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Holds {
    /// `[rows, tokens, width]`, to be pooled so.
    Tokens(Vec<Mode>),
    /// `[rows, width]`
    Vectors,
}

impl Config {
    /// Checks everything that one field alone cannot say.
    pub(crate) fn check(written: Written, assets: &Assets, model: &Signature) -> Result<Self> {
        let Written {
            tensor,
            pooling,
            normalize,
        } = written;
        let files = Files::read(assets)?;
        let holds = match pooling {
            Some(pooling) => pooling.mode().map(|mode| vec![mode]),
            None if is_pooled(tensor.as_deref(), model) => None,
            None => Some(files.modes()?),
        };
        let holds = holds.map_or(Holds::Vectors, Holds::Tokens);
        let tensor = match holds {
            Holds::Tokens(_) => TOKENS.choose(model, tensor)?,
            Holds::Vectors => POOLED.choose(model, tensor)?,
        };
        let (axis, modes) = match &holds {
            Holds::Tokens(modes) => (2, modes.len()),
            Holds::Vectors => (1, 1),
        };
        let port = model.output(&tensor);
        let width = port.and_then(|port| port.fixed(axis));
        Ok(Self {
            tensor,
            holds,
            normalize: normalize.unwrap_or_else(|| files.normalizes()),
            width: width.map(|width| width as usize * modes),
        })
    }
}

impl WrittenPooling {
    /// `None` where there is nothing to pool.
    fn mode(self) -> Option<Mode> {
        Some(match self {
            Self::Mean => Mode::Mean,
            Self::Cls => Mode::Cls,
            Self::Last => Mode::Last,
            Self::Max => Mode::Max,
            Self::MeanSqrtLenTokens => Mode::MeanSqrtLenTokens,
            Self::WeightedMean => Mode::WeightedMean,
            Self::None => return None,
        })
    }
}

/// Whether the graph itself has pooled what is read, by the signature.
fn is_pooled(tensor: Option<&str>, model: &Signature) -> bool {
    let rank = |name| model.output(name).and_then(|port| port.rank());
    match tensor {
        Some(name) => rank(name) == Some(2),
        // Such a graph has all of sentence-transformers' modules in it, so its own vector is the surest.
        None if rank(POOLED.names[0]) == Some(2) => true,
        None => TOKENS.find(model).is_none() && POOLED.find(model).is_some(),
    }
}

/// What one request wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) normalize: bool,
    /// Only so many numbers of each vector.
    pub(crate) dimensions: Option<usize>,
}

// Not strict: the preprocess stage has parameters of its own, and the host refuses what neither knows.
#[derive(Debug, Deserialize)]
struct Parameters {
    normalize: Option<bool>,
    dimensions: Option<usize>,
}

impl Asked {
    pub(crate) fn read(parameters: &str, config: &Config) -> Result<Self> {
        let asked: Option<Parameters> = json::parameters(parameters)?;
        let (normalize, dimensions) =
            asked.map_or((None, None), |asked| (asked.normalize, asked.dimensions));
        if dimensions == Some(0) {
            return Err(Invalid::at("/parameters/dimensions", "must be 1 or more").into());
        }
        Ok(Self {
            normalize: normalize.unwrap_or(config.normalize),
            dimensions,
        })
    }
}
