//! The SDK for Rust as a folder of a project: it is on no registry, so each project has its own.
//! Must not know which plugin uses it.

use include_dir::{Dir, DirEntry, include_dir};

static SOURCES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../plugins/sdk/src");
const MANIFEST: &str = include_str!("../../../plugins/sdk/Cargo.toml");
/// Where the manifest's `workspace = true` gets its values from.
const WORKSPACE: &str = include_str!("../../../Cargo.toml");

/// Its files, by their path in the folder.
pub(super) fn files() -> Vec<(String, String)> {
    let mut files = vec![("Cargo.toml".to_owned(), manifest())];
    collect(&SOURCES, &mut files);
    files
}

fn collect(folder: &Dir<'_>, files: &mut Vec<(String, String)>) {
    for entry in folder.entries() {
        match entry {
            DirEntry::Dir(inner) => collect(inner, files),
            DirEntry::File(file) => {
                let text = file.contents_utf8().unwrap_or_default();
                files.push((format!("src/{}", file.path().display()), text.to_owned()));
            }
        }
    }
}

/// The manifest without a workspace around it: `KEY.workspace = true` becomes what the workspace says of `KEY`.
fn manifest() -> String {
    let own = MANIFEST.split("\n[lints]").next().unwrap_or(MANIFEST);
    let mut text = String::new();
    for line in own.lines() {
        let inherited = line.strip_suffix(".workspace = true");
        let line = inherited.map_or(line, |key| workspace(key).unwrap_or(line));
        text.push_str(line);
        text.push('\n');
    }
    text
}

fn workspace(key: &str) -> Option<&'static str> {
    WORKSPACE.lines().find(|line| {
        let rest = line.strip_prefix(key);
        rest.is_some_and(|rest| rest.starts_with(" = "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sdk_needs_no_workspace() {
        let manifest = manifest();
        assert!(!manifest.contains("workspace = true"), "{manifest}");
        for line in ["version = \"", "edition = \"", "wit-bindgen = {"] {
            assert!(manifest.contains(line), "{manifest}");
        }
        assert!(files().iter().any(|(name, _)| name == "src/lib.rs"));
    }
}
