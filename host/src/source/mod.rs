//! Where bytes come from: a local folder or a Hugging Face Hub repository, verified before anyone may open them.
//! Must not know what the bytes mean (no tensors, no plugins), nor read the environment.

mod cache;
mod digest;
mod error;
mod hub;
mod hub_settings;
mod local;
mod meter;
mod name;
mod remote;
mod retry;

use std::path::PathBuf;

pub(crate) use digest::read_through;
pub use error::{Error, Mismatch};
pub(crate) use hub::connect;
pub use hub_settings::{DEFAULT_ENDPOINT, HubSettings, Secret};

use crate::manifest::{Digest, Source};

/// One file that the caller wants from a source.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Path of the file inside the source, with `/` between folders.
    pub file: &'a str,
    /// Whether the file's absence is an error; an optional file that is absent is left out of the answer.
    pub required: bool,
    /// The digest that the manifest pins, checked besides the source's own.
    pub sha256: Option<&'a Digest>,
}

/// What a source gave: every artifact comes from the same commit.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The 40-hex commit of a Hub repository; a local folder has none.
    pub revision: Option<String>,
    /// The files in the order of the requests, without the absent optional ones.
    pub artifacts: Vec<Artifact>,
}

impl Fetched {
    /// The artifact that answers the request for `file`.
    pub fn artifact(&self, file: &str) -> Option<&Artifact> {
        self.artifacts.iter().find(|artifact| artifact.file == file)
    }
}

/// What a source holds, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The 40-hex commit of a Hub repository; a local folder has none.
    pub revision: Option<String>,
    /// The files, by name; `None` where the hub does not tell.
    pub files: Option<Vec<Listed>>,
}

/// A file that a source holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Path inside the source, with `/` between folders.
    pub file: String,
    /// Size in bytes.
    pub bytes: u64,
}

/// A file on disk whose bytes have been verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Path inside the source, as requested.
    pub file: String,
    /// Where to open it. In the Hub cache this is the link in `snapshots/`, so files of one commit lie side by side.
    pub path: PathBuf,
    /// Size in bytes.
    pub bytes: u64,
    /// Digest of the bytes, 64 lower-case hex digits.
    pub sha256: String,
    /// Which way it came.
    pub origin: Origin,
}

/// Which way an artifact came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Downloaded by this call.
    Hub,
    /// Found in the Hub cache.
    Cache,
    /// Read from a local folder.
    Local,
}

impl Origin {
    /// The value of the `source` label in metrics and of the `origin` field in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hub => "hub",
            Self::Cache => "cache",
            Self::Local => "local",
        }
    }
}

/// How far a download is; sent for every chunk, so a receiver must be quick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// Path inside the repository.
    pub file: &'a str,
    /// Bytes on disk.
    pub done: u64,
    /// Size of the file where the hub told it.
    pub total: Option<u64>,
}

/// A receiver of progress.
pub type OnProgress<'a> = dyn Fn(Progress<'_>) + Send + Sync + 'a;

/// Brings the requested files of `source` to disk and verifies each of them.
///
/// A Hub revision is resolved to a commit first. What the cache holds of a commit needs no network; a hub that does not
/// answer is replaced by the cache where that holds every required file.
///
/// # Errors
/// See [`Error`]; nothing unverified is left in the cache or in the answer.
pub async fn fetch(
    source: &Source,
    files: &[Request<'_>],
    hub: &HubSettings,
    on_progress: &OnProgress<'_>,
) -> Result<Fetched, Error> {
    for request in files {
        name::check_file(request.file)?;
    }
    match source {
        Source::Local(folder) => local::fetch(folder, files).await,
        Source::Hub { repo, revision } => {
            remote::fetch(repo, revision, files, hub, on_progress).await
        }
    }
}

/// The commit that a Hub source names now, asked once and without the cache; `None` for a local folder.
///
/// # Errors
/// The hub gives none; see [`Error`].
pub async fn resolve(source: &Source, settings: &HubSettings) -> Result<Option<String>, Error> {
    match source {
        Source::Local(_) => Ok(None),
        Source::Hub { repo, revision } => {
            let commit = remote::resolve(repo, revision, settings).await;
            commit.map(Some)
        }
    }
}

/// What `source` holds: of a folder also what lies up to two folders deep, of a hub every file of the commit that the
/// revision names now. A hub that does not answer is replaced by what the cache holds of the commit.
///
/// # Errors
/// As [`fetch`]; a hub without listings is none, see [`Listing::files`].
pub async fn list(source: &Source, hub: &HubSettings) -> Result<Listing, Error> {
    match source {
        Source::Local(folder) => local::list(folder),
        Source::Hub { repo, revision } => remote::list(repo, revision, hub).await,
    }
}
