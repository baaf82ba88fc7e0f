//! The contract as a file, and its three worlds.
//! Must not know languages.

use super::Error;
use std::fmt;
use std::path::{Path, PathBuf};

/// The contract that this host speaks.
pub(super) const CONTRACT: &str = include_str!("../../../plugins/wit/plugin.wit");
/// Its file in a project.
pub(super) const FILE: &str = "wit/plugin.wit";

/// Which stages a plugin has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
    /// Preprocess.
    Preprocessor,
    /// Postprocess.
    Postprocessor,
    /// Both.
    Processor,
}

impl World {
    /// The world of these stages, if there is one.
    pub fn of(preprocess: bool, postprocess: bool) -> Option<World> {
        match (preprocess, postprocess) {
            (true, false) => Some(World::Preprocessor),
            (false, true) => Some(World::Postprocessor),
            (true, true) => Some(World::Processor),
            (false, false) => None,
        }
    }

    /// Its name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            World::Preprocessor => "preprocessor",
            World::Postprocessor => "postprocessor",
            World::Processor => "processor",
        }
    }

    /// Whether it has the stage `preprocess` or `postprocess`.
    pub(super) fn has(self, stage: &str) -> bool {
        match self {
            World::Preprocessor => stage == "preprocess",
            World::Postprocessor => stage == "postprocess",
            World::Processor => true,
        }
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The folder of the contract that a project is built against: its own, or this host's below `scratch`.
pub(super) fn folder(project: &Path, scratch: &Path) -> Result<PathBuf, Error> {
    let own = project.join(FILE);
    if own.is_file() {
        return Ok(project.join("wit"));
    }
    let file = scratch.join(FILE);
    let folder = scratch.join("wit");
    std::fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
    std::fs::write(&file, CONTRACT).map_err(Error::io(&file))?;
    Ok(folder)
}
