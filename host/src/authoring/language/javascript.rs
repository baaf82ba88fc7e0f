//! JavaScript: componentize-js, run by node, puts the engine and the plugin into one component.
//! Must not know what the plugin does.

use crate::authoring::{Build, Error, Language, project, tool, wit};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) const INSTALL: &str = "Node.js 20 or newer (Debian 13: `apt-get install nodejs npm`), then `npm ci` in the plugin's folder";

const SCRIPT: &str = include_str!("javascript.mjs");
/// How the script says that its package is missing.
const NO_PACKAGE: &str = "exit status: 65";

pub(super) fn build(folder: &Path, scratch: &Path, build: &Build) -> Result<PathBuf, Error> {
    let world = project::world(Language::JavaScript, folder, build)?;
    let made = scratch.join("plugin.wasm");
    let mut node = Command::new("node");
    node.current_dir(folder);
    node.args(["--input-type=module", "--eval", SCRIPT, "--"]);
    node.arg(wit::folder(folder, scratch)?).arg(world.name());
    node.arg(&made);
    node.arg(if build.wasi { "wasi" } else { "" });
    tool::run(&mut node, INSTALL).map_err(|error| match error {
        Error::Failed { status, .. } if status == NO_PACKAGE => Error::Missing {
            what: "the package @bytecodealliance/componentize-js".to_owned(),
            install: format!("`npm ci` in {}", folder.display()),
        },
        error => error,
    })?;
    Ok(made)
}
