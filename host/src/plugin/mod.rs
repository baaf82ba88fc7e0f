//! Plugins: wasm components that turn requests into tensors and model outputs into answers.
//! Must not know manifests, models or HTTP.

mod abi;
mod bundle;
mod contract;
mod sandbox;

pub use abi::{Description, Prepared};
pub use bundle::{BUNDLED, bundled};
pub use contract::ABI_VERSION;
pub use sandbox::{CallError, Limits, LoadError, Plugin, Sandbox};
