//! What a plugin is given when it is loaded: its bytes, configuration, files, limits, and the model it stands beside.
//! Must not know where any of it comes from.

use crate::tensor::Dtype;
use std::time::Duration;

/// A plugin to load.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What log, metrics and errors call it.
    pub name: String,
    /// A component, or a core module that carries its WIT.
    pub wasm: Vec<u8>,
    /// Handed to `init`.
    pub config_json: String,
    /// The files that it is granted.
    pub assets: Vec<Asset>,
    /// What the model between the stages takes and gives.
    pub model: Signature,
    /// What one call may use.
    pub limits: Limits,
    /// Whether it may import WASI.
    pub wasi: Wasi,
}

/// A file that a plugin is granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// As the manifest names it.
    pub name: String,
    /// The bytes.
    pub data: Vec<u8>,
}

/// The model's tensors, as a plugin is told of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// What it takes.
    pub inputs: Vec<Port>,
    /// What it gives.
    pub outputs: Vec<Port>,
}

/// One tensor of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name in the file.
    pub name: String,
    /// The type of its elements.
    pub dtype: Dtype,
    /// `None` in it is a size that a request decides; `None` as a whole where the file does not say.
    pub shape: Option<Vec<Option<usize>>>,
}

/// What one call of a plugin may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory, in bytes.
    pub memory_bytes: usize,
    /// Wall-clock time of one call.
    pub deadline: Duration,
    /// Bytes that one call may hand to the host.
    pub output_bytes: usize,
    /// Bytes of log that one call may write; more is dropped.
    pub log_bytes: usize,
}

/// Whether a plugin may import WASI.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wasi {
    /// Such an import is refused.
    #[default]
    Refused,
    /// Every function is there and does nothing: no files, no environment, no network, a clock that stands still.
    Inert,
}
