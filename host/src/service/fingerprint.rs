//! What the files that a manifest names hold: two fingerprints that are equal need no reload.
//! Must not know what the files are for.

use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A larger file is told by its inode alone: hashing it would hold up a start, and loading it once more does no harm.
const LARGEST_READ: u64 = 16 << 20;

/// Digest of some files' contents, the absent ones included.
pub type Fingerprint = [u8; 32];

/// Takes fingerprints; reads a file again only where its inode says that it may have changed.
#[derive(Default)]
pub struct Fingerprints {
    known: HashMap<PathBuf, (Stamp, [u8; 32])>,
}

/// Device, inode, size, and the times of modification and change in nanoseconds.
type Stamp = (u64, u64, u64, i128, i128);

impl Fingerprints {
    /// The fingerprint of `paths`, in their order.
    pub fn of(&mut self, paths: &[PathBuf]) -> Fingerprint {
        let mut whole = Sha256::new();
        for path in paths {
            whole.update(self.content(path).unwrap_or_default());
        }
        whole.finalize().into()
    }

    /// Forgets all files but these.
    pub fn keep(&mut self, paths: &[PathBuf]) {
        self.known.retain(|path, _| paths.contains(path));
    }

    fn content(&mut self, path: &Path) -> Option<[u8; 32]> {
        let stamp = stamp(path)?;
        if let Some((known, digest)) = self.known.get(path)
            && *known == stamp
        {
            return Some(*digest);
        }
        let mut digest = Sha256::new();
        match stamp.2 > LARGEST_READ {
            true => digest.update(format!("{stamp:?}")),
            false => {
                let mut file = std::fs::File::open(path).ok()?;
                std::io::copy(&mut file, &mut digest).ok()?;
            }
        }
        let digest = digest.finalize().into();
        self.known.insert(path.to_owned(), (stamp, digest));
        Some(digest)
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let file = std::fs::metadata(path).ok().filter(|file| file.is_file())?;
    let nanos = |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    Some((
        file.dev(),
        file.ino(),
        file.len(),
        nanos(file.mtime(), file.mtime_nsec()),
        nanos(file.ctime(), file.ctime_nsec()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_counts_and_a_file_that_comes_or_goes() {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = [folder.path().join("a"), folder.path().join("b")];
        let mut fingerprints = Fingerprints::default();
        let none = fingerprints.of(&paths);
        std::fs::write(&paths[0], "x").expect("a file");
        let first = fingerprints.of(&paths);
        assert_ne!(none, first);
        std::fs::write(&paths[0], "y").expect("a file");
        assert_ne!(fingerprints.of(&paths), first);
        std::fs::write(&paths[0], "x").expect("a file");
        assert_eq!(fingerprints.of(&paths), first);
        std::fs::rename(&paths[0], &paths[1]).expect("a rename");
        assert_ne!(fingerprints.of(&paths), first);
    }
}
