//! Serve an ONNX model from one YAML manifest: a page, an API and metrics, with sandboxed wasm plugins.
//!
//! ```text
//!  manifest ──► source ──► model  ─┐
//!     │            └─────► plugin ─┴─► pipeline ──► service ──► http
//!  (words)       (bytes)   (things that run)  (meaning)  (snapshot)   (wire)
//!                           tensor: the one currency of the right half
//! ```
//! Each arrow is one constructor, called in [`service::Service::load`], the file to read first.

pub mod allocator;
pub mod authoring;
pub mod bench;
pub mod cache;
pub mod card;
pub mod chart;
pub mod cli;
pub mod events;
pub mod http;
pub mod init;
pub mod manifest;
pub mod metrics;
pub mod model;
pub mod pipeline;
pub mod plugin;
mod priority;
pub mod publish;
pub mod registry;
pub mod scheduler;
pub mod service;
pub mod settings;
pub mod source;
pub mod spans;
pub mod tensor;
pub mod watch;

/// `bytes` as lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        text
    })
}
