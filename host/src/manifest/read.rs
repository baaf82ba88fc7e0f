//! Manifests from the disk: one file, or a folder of them, and whether they go together.
//! Must not know what a manifest may say, nor open anything but manifests.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::{Error, Manifest, check};

/// The most bytes that a manifest may have.
pub const MAX_BYTES: usize = 1 << 20;

/// Reads and checks one file.
pub(super) fn read(path: &Path) -> Result<Manifest, Error> {
    let mut text = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES as u64 + 1).read_to_end(&mut text))
        .map_err(|reason| Error::Unreadable {
            file: path.to_owned(),
            reason,
        })?;
    check::parse(path, &text)
}

/// Reads a file, or every `*.yaml` and `*.yml` of a folder: sorted by name, hidden ones and inner folders left out.
///
/// # Errors
/// The path cannot be read, or is a folder without a manifest. What is wrong with one manifest stands in its place in the list.
pub fn read_all(path: &Path) -> Result<Vec<Result<Manifest, Error>>, Error> {
    let unreadable = |reason| Error::Unreadable {
        file: path.to_owned(),
        reason,
    };
    if !std::fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Ok(vec![read(path)]);
    }
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if is_manifest(&file) {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(Error::NoManifest {
            folder: path.to_owned(),
        });
    }
    files.sort();
    Ok(files.iter().map(|file| read(file)).collect())
}

fn is_manifest(file: &Path) -> bool {
    let hidden = file
        .file_name()
        .is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
    let yaml = file
        .extension()
        .is_some_and(|extension| extension == "yaml" || extension == "yml");
    !hidden && yaml && !file.is_dir()
}

/// Whether these manifests can be served side by side: no name twice, at most one default.
///
/// # Errors
/// [`Error::Clash`] with every clash.
pub fn check_together(manifests: &[Manifest]) -> Result<(), Error> {
    let mut clashes = Vec::new();
    let mut named: BTreeMap<&str, &Path> = BTreeMap::new();
    let mut default: Option<&Path> = None;
    for manifest in manifests {
        let file = manifest.file.as_path();
        match named.get(manifest.name.as_str()) {
            Some(first) => clashes.push(format!(
                "{}: name: `{}` is taken by {}; every model needs a name of its own",
                file.display(),
                manifest.name,
                first.display()
            )),
            None => {
                named.insert(&manifest.name, file);
            }
        }
        match default {
            Some(first) if manifest.default => clashes.push(format!(
                "{}: default: {} is the default already; one at most",
                file.display(),
                first.display()
            )),
            None if manifest.default => default = Some(file),
            _ => {}
        }
    }
    if clashes.is_empty() {
        Ok(())
    } else {
        Err(Error::Clash { clashes })
    }
}

/// Which manifest answers `/` and `/predict`: the one that says so, or the only one there is.
pub fn default_index(manifests: &[Manifest]) -> Option<usize> {
    match manifests {
        [_] => Some(0),
        _ => manifests.iter().position(|manifest| manifest.default),
    }
}
