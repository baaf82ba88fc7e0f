//! Settings: command line and environment, read once and nowhere else.
//! Must not know what they are used for.

mod access;
mod bench;
mod publish;
mod traces;

pub use access::{Access, Origin, Rate};
pub use bench::Bench;
pub use publish::{Publish, PublishModel, PublishSpace};
pub use traces::Traces;

use crate::source::HubSettings;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// Serve an ONNX model from one YAML manifest: a page, an API and metrics.
#[derive(Debug, Parser)]
#[command(name = "modelhost", version = env!("MODELHOST_VERSION"))]
pub struct Settings {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How to log, on stderr.
    #[arg(long, global = true, env = "MODELHOST_LOG_FORMAT", value_enum, default_value_t = LogFormat::Pretty)]
    pub log_format: LogFormat,
    /// Where compiled plugins are kept, so that the next start need not compile them; `off` keeps none
    #[arg(
        long,
        global = true,
        env = "MODELHOST_PLUGIN_CACHE",
        value_name = "DIR",
        default_value = "~/.cache/modelhost/plugins"
    )]
    pub plugin_cache: String,
    /// What to log, as in `info` or `modelhost=debug,warn`; by default `info`, and `warn` for `bench`
    #[arg(long, global = true, env = "RUST_LOG", value_name = "FILTER")]
    pub log: Option<String>,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the models of a manifest, or of a folder of manifests
    Serve(Serve),
    /// Say everything that is wrong with manifests, load what they name, answer their examples, and stop
    Check(Check),
    /// Write a manifest for a model: its files are read, its task and plugins guessed, the result loaded once
    Init(Init),
    /// Fetch and compile what manifests name, so that serving them starts at once
    Warm(Warm),
    /// Answer one request without a server
    Predict(Predict),
    /// Measure a server under load: one that runs, or one that is started for it
    Bench(Bench),
    /// Write, build, look at and try plugins
    #[command(subcommand)]
    Plugin(Plugin),
    /// Bring a model to a repo of the Hub, and a manifest to a Space
    #[command(subcommand)]
    Publish(Publish),
    /// Roll a model of a running server back, or promote the version that is on trial
    Admin(Admin),
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

/// `modelhost check`
#[derive(Debug, Args)]
pub struct Check {
    /// Manifests, or folders of them
    #[arg(required = true, value_name = "MANIFEST")]
    pub manifests: Vec<PathBuf>,
    /// Inputs and outputs that the model has to agree with, `.npz` or JSON
    #[arg(long, value_name = "FILE")]
    pub reference: Option<PathBuf>,
    /// How far a number of the reference may be off: absolutely, or as a share of an expected number above 1
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 1e-3,
        requires = "reference"
    )]
    pub tolerance: f64,
}

/// `modelhost init`
#[derive(Debug, Args)]
pub struct Init {
    /// A repo of the Hub (`owner/name`), a folder, or an ONNX file
    #[arg(value_name = "REPO_OR_FILE")]
    pub model: String,
    /// Branch, tag or commit of the repo; its commit is written
    #[arg(long)]
    pub revision: Option<String>,
    /// The ONNX file in the repo or folder, where it is not the one to be expected
    #[arg(long, value_name = "ONNX")]
    pub file: Option<String>,
    /// The task, as the Hub's pipeline_tag, where the guess is wrong
    #[arg(long, value_name = "TAG")]
    pub task: Option<String>,
    /// The model's name in routes and metrics, where it is not to be the repo's
    #[arg(long)]
    pub name: Option<String>,
    /// Where to write; by default it is printed
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Overwrite the file
    #[arg(long, requires = "out")]
    pub force: bool,
    /// Do not load the manifest
    #[arg(long)]
    pub no_check: bool,
}

/// `modelhost warm`
#[derive(Debug, Args)]
pub struct Warm {
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

/// `modelhost plugin`
#[derive(Debug, Subcommand)]
pub enum Plugin {
    /// Write a project that builds and runs, to start from
    New(PluginNew),
    /// Build the plugin of a project, and load it once
    Build(PluginBuild),
    /// Say what a plugin is, and with a configuration what it accepts and answers
    Inspect(PluginInspect),
    /// Run a plugin's stages on a request, without a server
    Test(PluginTest),
}

/// `modelhost plugin new`
#[derive(Debug, Args)]
pub struct PluginNew {
    /// What to call the plugin and its folder
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The language to write it in
    #[arg(long, value_enum)]
    pub lang: Language,
    /// The stages that it has
    #[arg(long, value_enum, default_value_t = World::Processor)]
    pub world: World,
    /// Where to make its folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub into: PathBuf,
}

/// `modelhost plugin build`
#[derive(Debug, Args)]
pub struct PluginBuild {
    /// The project
    #[arg(value_name = "DIR", default_value = ".")]
    pub project: PathBuf,
    /// The stages that it has, where the source does not say it
    #[arg(long, value_enum)]
    pub world: Option<World>,
    /// Leave imports of WASI in; a manifest must then say `wasi: inert`
    #[arg(long)]
    pub wasi_inert: bool,
    /// Where the plugin goes; by default into the project, with the folder's name
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `modelhost plugin inspect`
#[derive(Debug, Args)]
pub struct PluginInspect {
    /// A wasm file, or the name of a bundled plugin
    #[arg(value_name = "FILE")]
    pub plugin: PathBuf,
    /// What the plugin is given
    #[command(flatten)]
    pub given: PluginGiven,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `modelhost plugin test`
#[derive(Debug, Args)]
pub struct PluginTest {
    /// A wasm file, or the name of a bundled plugin
    #[arg(value_name = "FILE")]
    pub plugin: PathBuf,
    /// What the plugin is given
    #[command(flatten)]
    pub given: PluginGiven,
    /// The request for preprocess: a file, or JSON
    #[arg(long, value_name = "FILE|JSON")]
    pub request: Option<PathBuf>,
    /// What the request is
    #[arg(long, value_name = "TYPE", default_value = "application/json")]
    pub content_type: String,
    /// The request's parameters, instead of those in it
    #[arg(long, value_name = "FILE|JSON")]
    pub parameters: Option<PathBuf>,
    /// The model's outputs for postprocess: {"NAME": nested lists of f32, or {"dtype": …, "data": …}}
    #[arg(long, value_name = "FILE|JSON")]
    pub outputs: Option<PathBuf>,
    /// The context for postprocess, where the plugin has no preprocess stage
    #[arg(long, value_name = "FILE")]
    pub context: Option<PathBuf>,
    /// How often to run each stage; the time is the median
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub repeat: u32,
    /// Wait for the optimised code first, which a server runs after its first seconds
    #[arg(long)]
    pub optimised: bool,
    /// Time of one call
    #[arg(long, value_name = "MS", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub deadline_ms: u64,
}

/// What a plugin is given when it is loaded.
#[derive(Debug, Args)]
pub struct PluginGiven {
    /// Its configuration: a file, or JSON
    #[arg(long, value_name = "FILE|JSON")]
    pub config: Option<PathBuf>,
    /// A folder whose files it is granted
    #[arg(long, value_name = "DIR")]
    pub assets: Option<PathBuf>,
    /// The model between the stages
    #[arg(long, value_name = "FILE.onnx")]
    pub model: Option<PathBuf>,
    /// Memory of one call
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=2048))]
    pub memory_mib: u64,
    /// Grant WASI functions that do nothing, as `wasi: inert` in a manifest does
    #[arg(long)]
    pub wasi_inert: bool,
}

/// The languages that there is a template for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "each variant is the language of its name")]
pub enum Language {
    Rust,
    Python,
    #[value(name = "javascript")]
    JavaScript,
    C,
}

/// The stages that a plugin has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum World {
    /// Request to tensors.
    Preprocessor,
    /// Tensors to answer.
    Postprocessor,
    /// Both.
    Processor,
}

/// A word that must not be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl std::str::FromStr for Token {
    type Err = std::convert::Infallible;

    /// Takes any text: where a value is refused, the command line's parser repeats it.
    fn from_str(text: &str) -> Result<Token, Self::Err> {
        Ok(Token(text.to_owned()))
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Token {
    /// The word itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether it is hard enough to guess, and if not, what to do about it.
    pub fn check(&self) -> Result<(), &'static str> {
        let is_fit = self.0.len() >= 16 && self.0.bytes().all(|byte| byte.is_ascii_graphic());
        match is_fit {
            true => Ok(()),
            false => Err("has at least 16 letters, digits or signs, and no space"),
        }
    }
}

/// `modelhost admin`
#[derive(Debug, Args)]
pub struct Admin {
    /// What to do
    #[arg(value_enum)]
    pub action: AdminAction,
    /// The model
    #[arg(value_name = "NAME")]
    pub model: String,
    /// The port that the server listens on
    #[arg(long, env = "PORT", default_value_t = 7860)]
    pub port: u16,
    /// What the server was started with
    #[arg(
        long,
        env = "MODELHOST_ADMIN_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    pub token: Token,
}

/// What an operator may ask of a running server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AdminAction {
    /// Answer with the version before, or end a trial.
    Rollback,
    /// Answer with the version that is on trial.
    Promote,
}

impl AdminAction {
    /// The word for it in routes.
    pub fn name(self) -> &'static str {
        match self {
            AdminAction::Rollback => "rollback",
            AdminAction::Promote => "promote",
        }
    }
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

impl Settings {
    /// What to log.
    pub fn log(&self) -> &str {
        match (&self.log, &self.command) {
            (Some(log), _) => log,
            // A line for each of its requests would be most of the work.
            (None, Command::Bench(_)) => "warn,hf_hub=off,notify=error,tract_onnx=error",
            (None, _) => "info,hf_hub=off,notify=error,tract_onnx=error",
        }
    }

    /// The folder of compiled plugins, if there is to be one.
    pub fn plugin_cache(&self) -> Option<PathBuf> {
        #[allow(clippy::disallowed_methods, reason = "settings are read here")]
        let var = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        match (
            self.plugin_cache.as_str(),
            self.plugin_cache.strip_prefix("~/"),
        ) {
            ("off", _) => None,
            (_, Some(".cache/modelhost/plugins")) if var("XDG_CACHE_HOME").is_some() => {
                var("XDG_CACHE_HOME").map(|home| PathBuf::from(home).join("modelhost/plugins"))
            }
            (_, Some(inner)) => var("HOME").map(|home| PathBuf::from(home).join(inner)),
            (folder, None) => Some(PathBuf::from(folder)),
        }
    }
}

/// How the environment says to reach the Hub.
pub fn hub() -> HubSettings {
    #[allow(clippy::disallowed_methods, reason = "settings are read here")]
    HubSettings::from_vars(
        |name| std::env::var(name).ok(),
        |path| std::fs::read_to_string(path).ok(),
    )
}

/// A variable of the environment that the command line names.
fn variable(name: &str) -> Option<String> {
    #[allow(clippy::disallowed_methods, reason = "settings are read here")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
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
