//! The manifest: what an operator asks to be served, read from one YAML file and checked to the last field.
//! Must not know where bytes come from, what a plugin or a model is, or that there is a network: it reads its own file and nothing else.
//!
//! `schema` lists every field that may be written; `check` turns what was written into the types below,
//! or into every problem at once. Whoever holds a [`Manifest`] need not check it again.

mod check;
mod error;
mod fields;
mod form;
mod front_matter;
mod json;
mod misfit;
mod position;
mod problems;
mod read;
pub mod schema;
mod task;
mod value;
mod words;
mod yaml;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub use error::{Error, Problem};
pub use front_matter::yaml_to_json;
pub use read::{MAX_BYTES, check_together, default_index, read_all};
pub use task::Task;
pub use value::{BadValue, Digest, Repo};

/// One model to serve, as a checked manifest describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// The file that this was read from, as it was named to [`Manifest::read`].
    pub file: PathBuf,
    /// Route segment and metrics label: `a` to `z`, digits and inner hyphens, at most 63.
    pub name: String,
    /// Heading of the page; the name where none was written.
    pub title: String,
    /// A few words below the heading.
    pub description: Option<String>,
    /// The Hugging Face `pipeline_tag`.
    pub task: Option<Task>,
    /// Whether this manifest says that it answers `/` and `/predict`; see [`default_index`].
    pub default: bool,
    /// Where the model's bytes are.
    pub model: Model,
    /// The step from a request to the model's tensors.
    pub preprocess: Option<Plugin>,
    /// The step from the model's tensors to the answer.
    pub postprocess: Option<Plugin>,
    /// A JSON Schema (an object; not checked further here) that narrows what the plugin declares.
    pub input: Option<serde_json::Value>,
    /// Requests shown on the page and run at load, each with a name of its own.
    pub examples: Vec<Example>,
    /// How requests share runs of the model.
    pub batching: Batching,
    /// How long answers are kept.
    pub cache: Cache,
    /// The bounds of every request.
    pub limits: Limits,
    /// How this version takes over from the one that answers; at once where nothing is written.
    pub rollout: Option<Rollout>,
}

/// How a new version takes over from the one that answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rollout {
    /// It answers a share of the requests for a while.
    Canary {
        /// 1 to 99 of a hundred requests.
        percent: u8,
        /// How long, before it answers all.
        lasts: Duration,
        /// Share of its answers that may fail, 0 to 1.
        max_error_rate: f64,
    },
    /// It sees requests and answers nobody.
    Shadow,
}

/// Where the model's bytes are.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The folder or the Hub repo that holds the file.
    pub source: Source,
    /// The ONNX file in the source: relative, `/` between its segments, never out of the source.
    pub file: String,
    /// What the file must hash to.
    pub sha256: Option<Digest>,
    /// How often to ask whether a branch or tag has moved.
    pub refresh: Option<Duration>,
    /// What it has to agree with to be served.
    pub reference: Option<Reference>,
}

/// Inputs and outputs of the framework that the model was exported from.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// `.npz` or JSON in the model's source, as strict as [`Model::file`].
    pub file: String,
    /// How far a number may be off: finite, 0 or more.
    pub tolerance: f64,
}

/// A place that holds a model's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A folder; a relative one is joined to the manifest's own folder, `..` left as it is.
    Local(PathBuf),
    /// A model repo on the Hub.
    Hub {
        /// Which repo.
        repo: Repo,
        /// Branch, tag or commit, as written; `main` by default.
        revision: String,
    },
}

/// One wasm step with its configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Plugin {
    /// Where the component is.
    pub from: PluginSource,
    /// What the component must hash to.
    pub sha256: Option<Digest>,
    /// Handed to the plugin as it is; always an object.
    pub config: serde_json::Value,
    /// Files of the model's source that the plugin may read, as strict as [`Model::file`]; `None` where nothing is written.
    pub assets: Option<Vec<String>>,
    /// Whether the plugin may import WASI.
    pub wasi: Wasi,
}

/// Whether a plugin may import WASI.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wasi {
    /// It may not.
    #[default]
    Refused,
    /// It may, and no function does anything.
    Inert,
}

/// A place that holds a plugin's component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginSource {
    /// One that is built into the binary; whether it exists is not known here.
    Bundled(String),
    /// A file; a relative one is joined to the manifest's own folder.
    File(PathBuf),
    /// A file in a repo on the Hub.
    Hub {
        /// Which repo.
        repo: Repo,
        /// Branch, tag or commit, as written; `main` by default.
        revision: String,
        /// Relative path in the repo, as strict as [`Model::file`].
        file: String,
    },
}

/// A request to show, to warm up with and to judge a swap by.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// What the page calls it; no two of a manifest are the same.
    pub name: String,
    /// The whole body of the request; always an object.
    pub request: serde_json::Value,
    /// What really came of it, drawn beside the forecast.
    pub actual: Option<Vec<f64>>,
    /// The answer that a model must give to be served.
    pub expect: Option<Expect>,
}

/// An expected answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Expect {
    /// What the answer must hold.
    pub value: serde_json::Value,
    /// How far a number may be off: finite, 0 or more.
    pub tolerance: f64,
}

/// How requests share runs of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batching {
    /// Rows of one run, 1 or more.
    pub most_rows: usize,
    /// How long a run that could be larger waits for more, though a worker is idle.
    pub wait: Duration,
}

/// How long answers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cache {
    /// For who asks the same again; zero keeps none.
    pub ttl: Duration,
}

/// The bounds of every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// From the request's arrival to its answer.
    pub deadline: Duration,
    /// Requests that may wait; the next one is refused.
    pub queue: usize,
    /// Size of a request body.
    pub body_bytes: u64,
    /// The bounds of each plugin call.
    pub plugin: PluginLimits,
}

/// The bounds of each plugin call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginLimits {
    /// Linear memory of one instance.
    pub memory_bytes: u64,
    /// Time of one call.
    pub deadline: Duration,
}

impl Manifest {
    /// Reads and checks one file.
    ///
    /// # Errors
    /// The file cannot be read, is larger than [`MAX_BYTES`], or is no valid manifest; then every problem is named.
    pub fn read(path: &Path) -> Result<Manifest, Error> {
        read::read(path)
    }

    /// Checks `text` as if it had been read from `file`: paths are resolved against the file's folder and messages name it.
    ///
    /// # Errors
    /// As [`Manifest::read`], except that nothing is read.
    pub fn parse(file: &Path, text: &[u8]) -> Result<Manifest, Error> {
        check::parse(file, text)
    }
}
