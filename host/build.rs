//! Tells the compiler which folder the bundled plugins come from: the committed ones, or those in `MODELHOST_PLUGINS_DIR`;
//! that the SDK and the page are inside the host, because a new file of them would not be noticed; and which commit this is.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-env-changed=MODELHOST_PLUGINS_DIR");
    #[allow(clippy::disallowed_methods, reason = "a build script has no settings")]
    let given = std::env::var_os("MODELHOST_PLUGINS_DIR").map(PathBuf::from);
    let folder =
        given.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../plugins/built"));
    println!("cargo:rerun-if-changed={}", folder.display());
    println!("cargo:rerun-if-changed=../plugins/sdk/src");
    println!("cargo:rerun-if-changed=src/http/ui");
    println!("cargo:rustc-env=MODELHOST_BUNDLE={}", folder.display());

    println!("cargo:rerun-if-env-changed=MODELHOST_COMMIT");
    #[allow(clippy::disallowed_methods, reason = "a build script has no settings")]
    let given = std::env::var("MODELHOST_COMMIT").ok();
    let version = env!("CARGO_PKG_VERSION");
    let version = match given.filter(|commit| !commit.is_empty()).or_else(commit) {
        Some(commit) => format!("{version} ({commit})"),
        None => version.to_owned(),
    };
    println!("cargo:rustc-env=MODELHOST_VERSION={version}");
}

/// The commit of the checkout, where this is one of modelhost.
fn commit() -> Option<String> {
    let git = |arguments: &[&str]| {
        let folder = env!("CARGO_MANIFEST_DIR");
        let output = Command::new("git")
            .current_dir(folder)
            .args(arguments)
            .output();
        let output = output.ok().filter(|output| output.status.success())?;
        String::from_utf8(output.stdout)
            .ok()
            .map(|text| text.trim().to_owned())
    };
    // A checkout of something else may be around unpacked sources.
    if git(&["rev-parse", "--show-prefix"])? != "host/" {
        return None;
    }
    let log = git(&[
        "rev-parse",
        "--path-format=absolute",
        "--git-path",
        "logs/HEAD",
    ])?;
    if Path::new(&log).exists() {
        println!("cargo:rerun-if-changed={log}");
    }
    git(&["rev-parse", "--short=12", "HEAD"])
}
