//! Why a plugin does not load, and how a call of one ends when it does not end with an answer.
//! Must not know the engine.

use super::contract;
use std::time::Duration;

/// Why a plugin does not load.
#[derive(Debug, Clone, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each variant says it")]
pub enum LoadError {
    #[error(
        "it is not WebAssembly; expected a component or a core module built for modelhost:plugin"
    )]
    NotWasm,
    #[error("it is not a valid plugin: {0}")]
    Invalid(String),
    #[error(
        "it imports `{0}`, which this host does not grant; a plugin may import only modelhost:plugin/logging"
    )]
    Import(String),
    #[error(
        "it imports `{0}`; build it without WASI, or grant functions that do nothing: `wasi: inert` in the manifest, --wasi-inert for the commands of `modelhost plugin`"
    )]
    Wasi(String),
    #[error(
        "it imports {0}, and a core module can have no WASI: leave out what needs an operating system"
    )]
    CoreWasi(String),
    #[error("it speaks modelhost:plugin version {0}; this host speaks {version}", version = contract::ABI_VERSION)]
    Version(String),
    #[error("it exports no modelhost:plugin/lifecycle; is it a modelhost plugin?")]
    NoPlugin,
    #[error("it has no `{0}` stage")]
    NoStage(&'static str),
    #[error("it refused its configuration: {0}")]
    Init(String),
    #[error("its `init` failed: {0}")]
    InitFault(CallError),
    #[error("its memory cannot be kept after `init`: {0}")]
    Unfrozen(String),
    #[error("the host cannot run plugins: {0}")]
    Host(String),
}

/// How a call ended when it did not end with an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each variant says it")]
pub enum CallError {
    #[error("{message}")]
    Invalid {
        message: String,
        field: Option<String>,
    },
    #[error("the plugin failed: {0}")]
    Internal(String),
    #[error("the plugin took longer than {} ms", .0.as_millis())]
    Deadline(Duration),
    #[error("the plugin used more than {} of memory", size(.0))]
    Memory(usize),
    #[error("the plugin handed over more than {}", size(.0))]
    Output(usize),
    #[error("the plugin crashed: {0}")]
    Trap(String),
    #[error("the plugin broke its contract: {0}")]
    Abi(String),
}

/// In the unit of the manifest's limits, where it comes out even.
fn size(bytes: &usize) -> String {
    const MIB: usize = 1 << 20;
    match *bytes % MIB {
        0 => format!("{} MiB", *bytes / MIB),
        _ => format!("{bytes} bytes"),
    }
}

impl CallError {
    /// The metrics label of a fault; `None` for what the caller did wrong.
    pub fn fault(&self) -> Option<&'static str> {
        Some(match self {
            CallError::Invalid { .. } => return None,
            CallError::Internal(_) => "internal",
            CallError::Deadline(_) => "deadline",
            CallError::Memory(_) => "memory",
            CallError::Output(_) => "output",
            CallError::Trap(_) => "trap",
            CallError::Abi(_) => "abi",
        })
    }
}
