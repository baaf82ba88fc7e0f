//! Settings: command line and environment, read once and nowhere else.
//! Must not know what they are used for.

mod access;
mod bench;
mod plugin;
mod publish;
mod serve;
mod token;
mod traces;

pub use access::{Access, Origin, Rate};
pub use bench::Bench;
pub use plugin::{
    Language, Plugin, PluginBuild, PluginGiven, PluginInspect, PluginNew, PluginTest, World,
};
pub use publish::{Publish, PublishModel, PublishSpace};
pub use serve::Serve;
pub use token::Token;
pub use traces::Traces;

use crate::source::HubSettings;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

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
