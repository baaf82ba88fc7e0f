//! The files of a folder, each with its size and both of its digests.
//! Must not know what is done with them.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::Error;
use crate::source;

/// Where the bytes of a file are.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// On disk.
    File(PathBuf),
    /// Made here.
    Bytes(Bytes),
}

/// A file to publish.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// Where it goes, with `/` between folders.
    pub(super) path: String,
    pub(super) content: Content,
    pub(super) bytes: u64,
    /// How a hub names a large file.
    pub(super) sha256: String,
    /// How a hub names a small file.
    pub(super) git_blob: String,
    /// Its first bytes, by which a hub tells text from binary.
    pub(super) start: Vec<u8>,
}

/// Bytes that a hub wants to see of each file.
const START: usize = 512;

impl Item {
    pub(super) fn of_file(path: String, file: PathBuf) -> io::Result<Item> {
        let (bytes, sha256, git_blob, start) = sums(File::open(&file)?)?;
        Ok(Item {
            path,
            content: Content::File(file),
            bytes,
            sha256,
            git_blob,
            start,
        })
    }

    pub(super) fn of_bytes(path: impl Into<String>, content: Vec<u8>) -> Item {
        let blob = Sha1::new_with_prefix(format!("blob {}\0", content.len()));
        Item {
            path: path.into(),
            bytes: content.len() as u64,
            sha256: crate::hex(&Sha256::digest(&content)),
            git_blob: crate::hex(&blob.chain_update(&content).finalize()),
            start: content[..content.len().min(START)].to_vec(),
            content: Content::Bytes(content.into()),
        }
    }
}

fn sums(file: File) -> io::Result<(u64, String, String, Vec<u8>)> {
    let announced = file.metadata()?.len();
    let mut sha256 = Sha256::new();
    let mut sha1 = Sha1::new_with_prefix(format!("blob {announced}\0"));
    let mut start = Vec::with_capacity(START);
    let bytes = source::read_through(file, |chunk| {
        sha256.update(chunk);
        sha1.update(chunk);
        start.extend(chunk.iter().take(START - start.len()));
    })?;
    let (sha256, sha1) = (sha256.finalize(), sha1.finalize());
    Ok((bytes, crate::hex(&sha256), crate::hex(&sha1), start))
}

/// What is left out, because it belongs to whoever works in the folder.
fn is_private(name: &str) -> bool {
    // The hub reads two files whose names begin with a dot.
    let hidden = name.starts_with('.') && name != ".gitattributes" && name != ".eval_results";
    hidden || name == "__pycache__" || name.ends_with(".pyc")
}

/// Every file below `root` by its path in it, without hidden ones and what Python leaves behind.
pub(super) fn paths(root: &Path) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    walk(root, "", &mut found)?;
    found.sort();
    Ok(found)
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<String>) -> Result<(), Error> {
    let told = |error: io::Error| disk("read", folder, &error);
    for entry in fs::read_dir(folder).map_err(told)? {
        let entry = entry.map_err(told)?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            return Err(Error::File {
                path: entry.path(),
                reason: "its name is no UTF-8; rename it".to_owned(),
            });
        };
        if is_private(name) {
            continue;
        }
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().map_err(told)?;
        if kind.is_dir() {
            walk(&entry.path(), &format!("{path}/"), found)?;
        } else if kind.is_file() {
            found.push(path);
        } else {
            // A link may lead to what nobody meant to publish.
            return Err(Error::File {
                path: entry.path(),
                reason: "it is no plain file; put the file itself there, or take it away"
                    .to_owned(),
            });
        }
    }
    Ok(())
}

/// The files of `root` that `paths` names, read once.
pub(super) fn read(root: &Path, paths: &[String]) -> Result<Vec<Item>, Error> {
    let item = |path: &String| {
        let file = root.join(path);
        Item::of_file(path.clone(), file.clone()).map_err(|error| disk("read", &file, &error))
    };
    paths.iter().map(item).collect()
}

pub(super) fn disk(what: &'static str, path: &Path, error: &io::Error) -> Error {
    Error::Disk {
        what,
        path: path.to_owned(),
        reason: error.to_string().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_agree_with_sha256sum_and_git_hash_object() {
        let item = Item::of_bytes("hello", b"hello\n".to_vec());
        let sha256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
        assert_eq!(item.sha256, sha256);
        assert_eq!(item.git_blob, "ce013625030ba8dba906f756967f9e9ca394464a");
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("hello"), "hello\n").expect("a file");
        let paths = paths(folder.path()).expect("a listing");
        let items = read(folder.path(), &paths).expect("the files");
        assert_eq!(items[0].git_blob, item.git_blob);
        assert_eq!(items[0].sha256, item.sha256);
    }

    #[test]
    fn hidden_files_stay_at_home_and_links_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        for inner in [".git", "training/__pycache__"] {
            fs::create_dir_all(root.join(inner)).expect("a folder");
        }
        for file in [
            ".git/config",
            ".env",
            ".gitattributes",
            "README.md",
            "training/a.py",
            "training/__pycache__/a.pyc",
        ] {
            fs::write(root.join(file), file).expect("a file");
        }
        let found = paths(root).expect("a listing");
        assert_eq!(found, [".gitattributes", "README.md", "training/a.py"]);
        std::os::unix::fs::symlink("/etc/passwd", root.join("link")).expect("a link");
        let error = paths(root).expect_err("a link is refused").to_string();
        assert!(error.contains("no plain file"), "{error}");
    }
}
