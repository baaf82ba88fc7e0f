//! The layout of the Hub cache on disk, as documented for all of Hugging Face's libraries.
//! Must not know the network: downloads land here through the hub client, which writes blobs and links itself.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::name::is_commit;
use crate::manifest::Repo;

/// One repository's part of the cache: `blobs/<etag>`, `refs/<revision>`, `snapshots/<commit>/<file>` linking to a blob.
#[derive(Debug)]
pub(super) struct Cache {
    folder: PathBuf,
}

impl Cache {
    pub(super) fn new(root: &Path, repo: &Repo) -> Self {
        let folder = root.join(format!("models--{}--{}", repo.owner, repo.name));
        Self {
            folder: std::path::absolute(&folder).unwrap_or(folder),
        }
    }

    /// The commit that `revision` named when it was last resolved.
    pub(super) fn commit(&self, revision: &str) -> Option<String> {
        if is_commit(revision) {
            return Some(revision.to_owned());
        }
        let text = fs::read_to_string(self.folder.join("refs").join(revision)).ok()?;
        let commit = text.trim();
        is_commit(commit).then(|| commit.to_owned())
    }

    /// Remembers what `revision` names, for a start without a hub.
    pub(super) fn remember(&self, revision: &str, commit: &str) -> io::Result<()> {
        if self.commit(revision).as_deref() == Some(commit) {
            return Ok(());
        }
        let path = self.folder.join("refs").join(revision);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, commit)
    }

    /// Where a file of a commit lies once it is cached.
    pub(super) fn link(&self, commit: &str, file: &str) -> PathBuf {
        self.folder.join("snapshots").join(commit).join(file)
    }

    /// The link of a cached file; a link to a blob that is gone does not count.
    pub(super) fn find(&self, commit: &str, file: &str) -> Option<PathBuf> {
        let link = self.link(commit, file);
        link.is_file().then_some(link)
    }

    /// Whether the hub has said before that this commit lacks the file.
    pub(super) fn is_known_missing(&self, commit: &str, file: &str) -> bool {
        self.folder
            .join(".no_exist")
            .join(commit)
            .join(file)
            .exists()
    }

    /// The etag of a cached file: the name of the blob that its link leads to.
    pub(super) fn etag(link: &Path) -> Option<String> {
        let target = fs::read_link(link).ok()?;
        Some(target.file_name()?.to_str()?.to_owned())
    }

    /// Deletes a file's blob and link, so that nobody else reads it and the next download starts afresh.
    pub(super) fn discard(&self, link: &Path) -> io::Result<()> {
        if let Some(etag) = Self::etag(link) {
            // Only ever a blob of this repository, wherever the link may lead.
            remove(&self.folder.join("blobs").join(etag))?;
        }
        remove(link)
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
