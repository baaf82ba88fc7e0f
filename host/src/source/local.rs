//! A local folder as a source: a checkout, a mounted volume, a ConfigMap.
//! Must not know the Hub.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::{Artifact, Error, Fetched, Listed, Listing, Origin, Request, digest};

/// Reads the digest of each requested file.
pub(super) async fn fetch(folder: &Path, files: &[Request<'_>]) -> Result<Fetched, Error> {
    let (folder, root) = open(folder)?;
    let mut artifacts = Vec::with_capacity(files.len());
    for request in files {
        let path = folder.join(request.file);
        match fs::canonicalize(&path) {
            Ok(target) => artifacts.push(artifact(folder, &root, &target, path, request).await?),
            Err(error) if is_absent(&error) && !request.required => {}
            Err(error) if is_absent(&error) => {
                return Err(Error::FileNotFound {
                    place: place(folder),
                    revision: None,
                    file: request.file.to_owned(),
                    files: names(&root),
                });
            }
            Err(error) => return Err(unusable(path, words(&error))),
        }
    }
    Ok(Fetched {
        revision: None,
        artifacts,
    })
}

/// Every file of the folder.
pub(super) fn list(folder: &Path) -> Result<Listing, Error> {
    let (_, root) = open(folder)?;
    Ok(Listing {
        revision: None,
        files: Some(walk(&root, MOST)),
    })
}

/// The folder as messages name it, and where it really is.
fn open(folder: &Path) -> Result<(&Path, PathBuf), Error> {
    // A bare file name has an empty parent, which no system call accepts.
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    let unreadable = |reason: io::Error| Error::Folder {
        path: folder.to_owned(),
        reason: words(&reason),
    };
    let root = fs::canonicalize(folder).map_err(unreadable)?;
    // Opened here so that a file, or a folder without permission, is told apart from a missing file inside.
    fs::read_dir(&root).map_err(unreadable)?;
    Ok((folder, root))
}

async fn artifact(
    folder: &Path,
    root: &Path,
    target: &Path,
    path: PathBuf,
    request: &Request<'_>,
) -> Result<Artifact, Error> {
    if !may_lead_to(root, target) {
        let reason = "it is a link that leads out of its folder; copy the file into the folder";
        return Err(unusable(path, reason.to_owned()));
    }
    if !target.is_file() {
        return Err(unusable(path, "it is not a file; name a file".to_owned()));
    }
    let sums = digest::of_file(target, None)
        .await
        .map_err(|error| unusable(path.clone(), words(&error)))?;
    if sums.is_lfs_pointer() {
        return Err(Error::LfsPointer { path });
    }
    if let Some(pin) = request.sha256
        && !pin.as_str().eq_ignore_ascii_case(&sums.sha256)
    {
        return Err(Error::PinMismatch {
            file: request.file.to_owned(),
            place: place(folder),
            expected: pin.as_str().to_owned(),
            found: sums.sha256,
        });
    }
    Ok(Artifact {
        file: request.file.to_owned(),
        path,
        bytes: sums.bytes,
        sha256: sums.sha256,
        origin: Origin::Local,
    })
}

/// A link may lead anywhere inside the folder, and from a snapshot of the Hub cache into the blobs beside it.
fn may_lead_to(root: &Path, target: &Path) -> bool {
    let blobs = root
        .parent()
        .filter(|snapshots| snapshots.ends_with("snapshots"))
        .and_then(Path::parent)
        .map(|repo| repo.join("blobs"));
    target.starts_with(root) || blobs.is_some_and(|blobs| target.starts_with(blobs))
}

fn place(folder: &Path) -> String {
    format!("folder `{}`", folder.display())
}

fn unusable(path: PathBuf, reason: String) -> Error {
    Error::File { path, reason }
}

fn is_absent(error: &io::Error) -> bool {
    // A file in the place of a folder on the way is as absent as a missing one.
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn words(error: &io::Error) -> String {
    error.to_string().to_lowercase()
}

/// Folders looked into.
const DEPTH: usize = 2;
/// Files listed, and named in a message, at most.
const MOST: usize = 10_000;
const MOST_NAMED: usize = 200;

fn names(root: &Path) -> Vec<String> {
    let files = walk(root, MOST_NAMED);
    files.into_iter().map(|listed| listed.file).collect()
}

/// The files below `root`, hidden ones left out.
pub(super) fn walk(root: &Path, most: usize) -> Vec<Listed> {
    let mut files = Vec::new();
    collect(root, "", DEPTH, most, &mut files);
    files.sort();
    files
}

fn collect(folder: &Path, prefix: &str, depth: usize, most: usize, files: &mut Vec<Listed>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || files.len() >= most {
            continue;
        }
        let path = entry.path();
        match fs::metadata(&path) {
            Ok(file) if file.is_file() => files.push(Listed {
                file: format!("{prefix}{name}"),
                bytes: file.len(),
            }),
            _ if depth > 0 && entry.file_type().is_ok_and(|kind| kind.is_dir()) => {
                collect(&path, &format!("{prefix}{name}/"), depth - 1, most, files);
            }
            _ => {}
        }
    }
}
