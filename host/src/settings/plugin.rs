//! `modelhost plugin`: writing, building, looking at and trying plugins.
//! Must not know what it is used for.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

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
