//! `modelhost serve`: what a server is started with.
//! Must not know what it is used for.

use super::{Access, Token, Traces};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

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
    /// Seconds between two comparisons of manifests and files with what is loaded, for changes that nothing told of
    #[arg(long, env = "MODELHOST_POLL_S", default_value_t = 30, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub poll_s: u64,
    /// What callers of /admin must show; without it there is no /admin
    #[arg(
        long,
        env = "MODELHOST_ADMIN_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    pub admin_token: Option<Token>,
    /// Who may predict.
    #[command(flatten)]
    pub access: Access,
    /// Where traces go.
    #[command(flatten)]
    pub traces: Traces,
    /// A Redis that keeps answers for several servers, as redis://HOST:6379/0; by default each keeps its own
    #[arg(long, env = "CACHE_URL", hide_env_values = true, value_name = "URL")]
    pub cache_url: Option<Token>,
    /// Memory for answers that this process keeps, of models whose manifest says `cache`
    #[arg(long, env = "MODELHOST_CACHE_MIB", value_name = "MIB", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub cache_mib: u32,
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
