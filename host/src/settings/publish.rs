//! What `modelhost publish` is told.
//! Must not know what a hub is; names of variables are looked up by its neighbour, which reads the environment.

use crate::source::Secret;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::time::Duration;

/// `modelhost publish`
#[derive(Debug, Subcommand)]
pub enum Publish {
    /// Check a folder with a model and its card, upload what changed to a model repo, and download it back to compare
    Model(PublishModel),
    /// Make a Docker Space that serves a manifest: push it, set its environment, and wait until it runs
    Space(PublishSpace),
}

/// `modelhost publish model`
#[derive(Debug, Args)]
pub struct PublishModel {
    /// The folder: README.md (the card), evaluation.json, an ONNX file, and what belongs to them
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The model repo; it is created where it is absent
    #[arg(long, value_name = "OWNER/NAME")]
    pub repo: String,
    /// Create it private
    #[arg(long)]
    pub private: bool,
    /// Give the commit a name as well
    #[arg(long, value_name = "TAG")]
    pub tag: Option<String>,
    /// A file or folder of DIR that stays here, as a line of a .dockerignore; may be given several times
    #[arg(long, value_name = "PATH")]
    pub exclude: Vec<String>,
    /// Say what would be uploaded, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `modelhost publish space`
#[derive(Debug, Args)]
pub struct PublishSpace {
    /// The Space; it is created where it is absent
    #[arg(long, value_name = "OWNER/NAME")]
    pub repo: String,
    /// What it serves
    #[arg(long, value_name = "FILE")]
    pub manifest: PathBuf,
    /// Take the model from this repo, whatever the manifest says
    #[arg(long, value_name = "OWNER/NAME")]
    pub model_repo: Option<String>,
    /// Branch, tag or commit of that repo; its commit is written
    #[arg(
        long,
        value_name = "COMMIT",
        default_value = "main",
        requires = "model_repo"
    )]
    pub revision: String,
    /// Create it private
    #[arg(long)]
    pub private: bool,
    /// Set a secret of the Space from a variable of this environment; may be repeated
    #[arg(long, value_name = "NAME=VARIABLE", value_parser = pair)]
    pub secret: Vec<(String, String)>,
    /// Set a variable of the Space, which anybody may read; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub variable: Vec<(String, String)>,
    /// A checkout of modelhost, which the Space is built from
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub sources: PathBuf,
    /// Seconds to wait until it runs; 0 does not wait
    #[arg(long, value_name = "SECONDS", default_value_t = 1800)]
    pub wait_s: u64,
    /// Write the Space's files into a folder, `space` by default, and change nothing else
    #[arg(
        long,
        value_name = "FOLDER",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "space"
    )]
    pub dry_run: Option<PathBuf>,
}

impl PublishSpace {
    /// The secrets with their values.
    ///
    /// # Errors
    /// A variable of the environment is not set; the message names it.
    pub fn secrets(&self) -> Result<Vec<(String, Secret)>, String> {
        let value = |(name, variable): &(String, String)| match super::variable(variable) {
            Some(value) => Ok((name.clone(), Secret::new(value))),
            None => Err(format!(
                "--secret {name}={variable}: there is no environment variable `{variable}`; set it, or name another"
            )),
        };
        self.secret.iter().map(value).collect()
    }

    /// How long to wait until the Space runs.
    pub fn wait(&self) -> Duration {
        Duration::from_secs(self.wait_s)
    }
}

/// `NAME=…`, as the environment of a process takes it.
fn pair(text: &str) -> Result<(String, String), String> {
    let is_name = |name: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
        !name.is_empty()
            && name.chars().all(fits)
            && !name.starts_with(|c: char| c.is_ascii_digit())
    };
    match text.split_once('=') {
        Some((name, value)) if is_name(name) => Ok((name.to_owned(), value.to_owned())),
        // The text may hold what nobody should see.
        _ => Err("write NAME=…, with a name of letters, digits and `_`".to_owned()),
    }
}
