//! Tells the compiler which folder the bundled plugins come from: the committed ones, or those in `MODELHOST_PLUGINS_DIR`;
//! and that the SDK and the page are inside the host, because a new file of them would not be noticed.

use std::path::PathBuf;

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
}
