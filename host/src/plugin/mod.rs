//! Plugins: wasm components that turn requests into tensors and model outputs into answers.
//! Must not know manifests, models or HTTP.

mod abi;
mod bundle;
mod contract;
mod error;
mod sandbox;
mod setup;

pub use abi::{Description, Prepared, dtype};
pub use bundle::{BUNDLED, Bundled, Wanted, bundled};
pub use contract::{ABI_VERSION, Facts, admit};
pub use error::{CallError, LoadError};
pub use sandbox::{Code, Plugin, Sandbox};
pub use setup::{Asset, Limits, Port, Setup, Signature, Wasi};
