//! Rust: cargo makes a core module, and the SDK inside it carries the contract.
//! Must not know which stages the plugin has: its macro says it.

use crate::authoring::{Build, Error, Language, tool};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";

pub(super) const INSTALL: &str =
    "Rust, as https://rustup.rs says, then `rustup target add wasm32-unknown-unknown`";

pub(super) fn build(folder: &Path, build: &Build) -> Result<PathBuf, Error> {
    if build.wasi {
        let language = Language::Rust;
        return Err(Error::NoWasi { language });
    }
    let mut cargo = Command::new("cargo");
    cargo.current_dir(folder);
    cargo.args(["build", "--release", "--target", TARGET]);
    cargo.arg("--message-format=json-render-diagnostics");
    let said = tool::read(&mut cargo, INSTALL).map_err(|error| match error {
        Error::Failed { .. } if !has_target(folder) => Error::Missing {
            what: format!("Rust's standard library for {TARGET}"),
            install: format!("`rustup target add {TARGET}`"),
        },
        error => error,
    })?;
    // The last artifact is the project's own; its dependencies come first.
    let messages = said.lines().rev();
    let mut files = messages.filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let files = message["filenames"].as_array()?.iter();
        let mut names = files.filter_map(Value::as_str);
        names
            .find(|name| name.ends_with(".wasm"))
            .map(PathBuf::from)
    });
    files.next().ok_or_else(|| Error::NoWasm {
        program: "cargo".to_owned(),
    })
}

/// Whether the compiler of `folder` has a standard library for plugins.
fn has_target(folder: &Path) -> bool {
    let mut rustc = Command::new("rustc");
    rustc.current_dir(folder);
    rustc.args(["--print", "target-libdir", "--target", TARGET]);
    let Ok(libdir) = tool::read(&mut rustc, INSTALL) else {
        return false;
    };
    let entries = std::fs::read_dir(libdir.trim()).into_iter().flatten();
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        name.to_string_lossy().starts_with("libstd-")
    })
}
