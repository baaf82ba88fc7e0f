//! Why a project could not be written or built.
//! Must not know who is told.

use super::{Language, World};
use std::path::PathBuf;

/// Why a project could not be written or built.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each variant says it")]
pub enum Error {
    #[error(
        "`{0}` is no name for a plugin: write lower-case letters, digits and hyphens, a letter first"
    )]
    Name(String),
    #[error("{} is there already; choose another name or folder", .0.display())]
    Exists(PathBuf),
    #[error("{} is no folder", .0.display())]
    NoFolder(PathBuf),
    #[error(
        "{} holds no plugin project: there is none of {}; `modelhost plugin new` writes one",
        folder.display(),
        marks().join(", ")
    )]
    Unrecognised { folder: PathBuf },
    #[error(
        "{} holds more than one plugin project: {}; keep each in a folder of its own",
        folder.display(),
        found.join(", ")
    )]
    Ambiguous {
        folder: PathBuf,
        found: Vec<&'static str>,
    },
    #[error(
        "{} has no stage: define {}, or say which with --world",
        file.display(),
        language.stage_marks().join(" or ")
    )]
    NoStage { file: PathBuf, language: Language },
    #[error(
        "{} has `{found}`; did you mean `{meant}`? Else say with --world which stages it has",
        file.display()
    )]
    Misspelt {
        file: PathBuf,
        found: String,
        meant: &'static str,
    },
    #[error("{what} is missing; install it: {install}")]
    Missing { what: String, install: String },
    #[error("{program} failed ({status}); what it says is above")]
    Failed { program: String, status: String },
    #[error("{program} made no WebAssembly; is `crate-type = [\"cdylib\"]` in Cargo.toml?")]
    NoWasm { program: String },
    #[error("a {language} plugin cannot be built with WASI")]
    NoWasi { language: Language },
    #[error("the bindings of the world {world} cannot be made: {reason}")]
    Bindings { world: World, reason: String },
    #[error("{}: {error}", path.display())]
    Io {
        path: PathBuf,
        error: std::io::Error,
    },
}

fn marks() -> Vec<&'static str> {
    Language::ALL
        .iter()
        .map(|language| language.mark())
        .collect()
}

impl Error {
    /// Names the file that an operation failed on.
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |error| Error::Io { path, error }
    }
}
