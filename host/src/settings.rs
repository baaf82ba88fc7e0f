//! Settings: command line and environment, read once and nowhere else.
//! Must not know what they are used for.

use crate::source::HubSettings;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// Serve an ONNX model from one YAML manifest: a page, an API and metrics.
#[derive(Debug, Parser)]
#[command(name = "modelhost", version)]
pub struct Settings {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How to log, on stderr.
    #[arg(long, global = true, env = "MODELHOST_LOG_FORMAT", value_enum, default_value_t = LogFormat::Pretty)]
    pub log_format: LogFormat,
    /// What to log, as in `info` or `modelhost=debug,warn`.
    #[arg(
        long,
        global = true,
        env = "RUST_LOG",
        default_value = "info,hf_hub=off",
        value_name = "FILTER"
    )]
    pub log: String,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the models of a manifest, or of a folder of manifests
    Serve(Serve),
    /// Say everything that is wrong with manifests, load what they name, answer their examples, and stop
    Check(Check),
    /// Answer one request without a server
    Predict(Predict),
    /// Ask a running server whether it is alive (for container health checks)
    Health(Health),
}

/// `modelhost serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// A manifest, or a folder of them
    #[arg(default_value = "manifests", value_name = "MANIFEST_OR_DIR")]
    pub manifests: PathBuf,
    /// The address to listen on
    #[arg(long, env = "MODELHOST_HOST", default_value = "0.0.0.0")]
    pub host: std::net::IpAddr,
    /// The port to listen on; 0 takes a free one, which the log names
    #[arg(long, env = "PORT", default_value_t = 7860)]
    pub port: u16,
    /// Worker threads; by default one for each CPU that this process may use
    #[arg(long, env = "MODELHOST_WORKERS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub workers: Option<u16>,
    /// Connections open at once; more wait to be accepted
    #[arg(long, env = "MODELHOST_MAX_CONNECTIONS", default_value_t = 1024, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub max_connections: u32,
    /// After SIGTERM, seconds that requests in flight may take
    #[arg(
        long,
        env = "MODELHOST_GRACE_S",
        default_value_t = 9,
        value_name = "SECONDS"
    )]
    pub grace_s: u64,
    /// Seconds in which a client must send a request's head, and between two parts of its body
    #[arg(long, env = "MODELHOST_CLIENT_TIMEOUT_S", default_value_t = 20, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub client_timeout_s: u64,
}

/// `modelhost check`
#[derive(Debug, Args)]
pub struct Check {
    /// Manifests, or folders of them
    #[arg(required = true, value_name = "MANIFEST")]
    pub manifests: Vec<PathBuf>,
}

/// `modelhost predict`
#[derive(Debug, Args)]
pub struct Predict {
    /// The manifest
    #[arg(value_name = "MANIFEST")]
    pub manifest: PathBuf,
    /// The request body, JSON; `-` reads it from stdin
    #[arg(long, value_name = "FILE")]
    pub input: PathBuf,
}

/// `modelhost health`
#[derive(Debug, Args)]
pub struct Health {
    /// The port that the server listens on
    #[arg(long, env = "PORT", default_value_t = 7860)]
    pub port: u16,
}

/// How to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// How the environment says to reach the Hub.
pub fn hub() -> HubSettings {
    #[allow(clippy::disallowed_methods, reason = "settings are read here")]
    HubSettings::from_vars(
        |name| std::env::var(name).ok(),
        |path| std::fs::read_to_string(path).ok(),
    )
}

impl Serve {
    /// The workers to start.
    pub fn worker_count(&self) -> usize {
        match self.workers {
            Some(workers) => usize::from(workers),
            // Respects the container's CPU quota, not only the machine's cores.
            None => std::thread::available_parallelism().map_or(1, usize::from),
        }
    }

    /// After SIGTERM, how long requests in flight may take.
    pub fn grace(&self) -> Duration {
        Duration::from_secs(self.grace_s)
    }

    /// How long a client may keep the server waiting.
    pub fn client_timeout(&self) -> Duration {
        Duration::from_secs(self.client_timeout_s)
    }
}
