//! Why a manifest could not be turned into a service.
//! Must not know who is told, or how.

use super::reference::Disagreement;
use crate::model;
use crate::pipeline::{self, Difference};
use crate::plugin;
use crate::source;
use std::time::Duration;

/// Why a manifest could not be turned into a service.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its files could not be had.
    #[error(transparent)]
    Source(#[from] source::Error),
    /// The model does not load.
    #[error("`{file}`: {error}")]
    Model {
        /// The model's file.
        file: String,
        /// Why.
        error: model::Error,
    },
    /// The model does not answer as its reference does.
    #[error("`{file}`: {error}")]
    Reference {
        /// The reference.
        file: String,
        /// Why.
        error: Disagreement,
    },
    /// The files with the model's weights could not be had.
    #[error("`{file}` keeps its weights in another file: {error}")]
    Weights {
        /// The model's file.
        file: String,
        /// Why.
        error: Box<source::Error>,
    },
    /// A bundled plugin that there is not.
    #[error("there is no bundled plugin `{name}`; there are: {}; a file of your own is written `./{name}.wasm`", .known.join(", "))]
    UnknownPlugin {
        /// The name in the manifest.
        name: String,
        /// The names there are.
        known: Vec<&'static str>,
    },
    /// A plugin does not load.
    #[error("plugin `{name}` does not load: {error}")]
    Plugin {
        /// The plugin.
        name: String,
        /// Why.
        error: plugin::LoadError,
    },
    /// Plugin and manifest do not make a request schema.
    #[error(transparent)]
    Schema(#[from] pipeline::SchemaError),
    /// An example of the manifest is not answered.
    #[error("example `{name}` fails: {error}")]
    Example {
        /// The example.
        name: String,
        /// Why.
        error: pipeline::Error,
    },
    /// An example is answered, and not as expected.
    #[error("example `{name}` is answered differently {difference}")]
    Unexpected {
        /// The example.
        name: String,
        /// Where.
        difference: Difference,
    },
    /// An example takes longer than any request may.
    #[error(
        "example `{name}` takes {} ms, longer than `limits.deadline_ms` allows ({} ms)",
        .took.as_millis(), .deadline.as_millis()
    )]
    Slow {
        /// The example.
        name: String,
        /// Processor time.
        took: Duration,
        /// What the manifest allows.
        deadline: Duration,
    },
    /// A verified file is gone or cannot be read.
    #[error("cannot read `{file}`: {error}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        error: std::io::Error,
    },
    /// A verified file was changed before it was opened.
    #[error("`{file}` was changed while it was being loaded; it is tried again")]
    Changed {
        /// The file.
        file: String,
    },
    /// A bundled plugin is not the one that the manifest pins.
    #[error(
        "the bundled plugin `{name}` has sha256 {found}, the manifest asks for {expected}; change `sha256`, or run the modelhost version that bundles it"
    )]
    Pinned {
        /// The plugin.
        name: String,
        /// What the manifest asks for.
        expected: String,
        /// What there is.
        found: String,
    },
    /// A thread that worked on the load died.
    #[error("loading was interrupted: {0}")]
    Interrupted(String),
}

impl Error {
    /// Whether the manifest, or what it names, has to be changed: trying again would not help.
    pub fn is_the_manifests(&self) -> bool {
        match self {
            Error::Source(error) => error.is_permanent(),
            Error::Weights { error, .. } => error.is_permanent(),
            Error::Read { .. } | Error::Changed { .. } | Error::Interrupted(_) => false,
            _ => true,
        }
    }

    /// How long the other side asked to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Error::Source(error) => error.retry_after(),
            Error::Weights { error, .. } => error.retry_after(),
            _ => None,
        }
    }
}
