//! Python: componentize-py puts the interpreter and the plugin's modules into one component.
//! Must not know what the plugin does.

use crate::authoring::{Build, Error, Language, project, tool, wit};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) const INSTALL: &str = "`python3 -m venv .venv && .venv/bin/pip install componentize-py==0.25.1` in the plugin's folder";

pub(super) fn build(folder: &Path, scratch: &Path, build: &Build) -> Result<PathBuf, Error> {
    let world = project::world(Language::Python, folder, build)?;
    let made = scratch.join("plugin.wasm");
    // The virtual environment of the project, without having to enter it.
    let venv = folder.join(".venv");
    let own = venv.join("bin/componentize-py");
    let program = if own.is_file() {
        own
    } else {
        "componentize-py".into()
    };
    let mut command = Command::new(program);
    command.current_dir(folder);
    if venv.is_dir() {
        // Else packages are looked for where the machine's own Python has them.
        command.env("VIRTUAL_ENV", venv);
    }
    // A backtrace of the tool would stand below what it says of the plugin.
    command.env("RUST_LIB_BACKTRACE", "0");
    command.arg("-d").arg(wit::folder(folder, scratch)?);
    command.args(["-w", world.name(), "componentize"]);
    if !build.wasi {
        command.arg("--stub-wasi");
    }
    command.arg("plugin").arg("-o").arg(&made);
    tool::run(&mut command, INSTALL)?;
    Ok(made)
}
