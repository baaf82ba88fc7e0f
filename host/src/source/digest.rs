//! Digests of files: sha256 for LFS files and for the record, git blob ids for the rest.
//! Must not know where a file came from, nor delete anything.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// What a hub announces as the identity of a file's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Announced {
    /// The etag of an LFS file.
    Sha256(String),
    /// The etag of a file that lies in git itself.
    GitBlob(String),
}

impl Announced {
    /// Reads an etag, which is also the name of a blob in the cache.
    pub(super) fn from_etag(etag: &str) -> Option<Self> {
        if !etag.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let hex = etag.to_ascii_lowercase();
        match hex.len() {
            64 => Some(Self::Sha256(hex)),
            40 => Some(Self::GitBlob(hex)),
            _ => None,
        }
    }

    /// The name of this kind of digest.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Sha256(_) => "sha256",
            Self::GitBlob(_) => "git blob id",
        }
    }

    /// The digits.
    pub(super) fn hex(&self) -> &str {
        match self {
            Self::Sha256(hex) | Self::GitBlob(hex) => hex,
        }
    }
}

/// What the bytes of a file are.
#[derive(Debug)]
pub(super) struct Sums {
    pub(super) bytes: u64,
    pub(super) sha256: String,
    /// Only where it was asked for.
    git_blob: Option<String>,
    start: Vec<u8>,
}

impl Sums {
    /// The digits of the same kind as `announced`.
    pub(super) fn like(&self, announced: &Announced) -> &str {
        match announced {
            Announced::Sha256(_) => &self.sha256,
            Announced::GitBlob(_) => self.git_blob.as_deref().unwrap_or_default(),
        }
    }

    /// Whether the file is what Git LFS leaves in a checkout that lacks the real one.
    pub(super) fn is_lfs_pointer(&self) -> bool {
        self.bytes < 1024 && self.start.starts_with(b"version https://git-lfs")
    }

    /// How the file begins, where that is text that fits a message.
    pub(super) fn text_start(&self) -> Option<String> {
        let text = str::from_utf8(&self.start).ok()?;
        let printable = |c: char| !c.is_control() || c.is_ascii_whitespace();
        if text.is_empty() || !text.is_ascii() || !text.chars().all(printable) {
            return None;
        }
        Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// Bytes kept for [`Sums::text_start`].
const START: usize = 80;

/// Reads the whole file once; its git blob id is only computed where it is announced.
pub(super) async fn of_file(path: &Path, announced: Option<&Announced>) -> io::Result<Sums> {
    let path = path.to_owned();
    let in_git = matches!(announced, Some(Announced::GitBlob(_)));
    tokio::task::spawn_blocking(move || sums(&path, in_git))
        .await
        .map_err(io::Error::other)?
}

fn sums(path: &Path, in_git: bool) -> io::Result<Sums> {
    let file = File::open(path)?;
    let announced_bytes = file.metadata()?.len();
    let mut sha256 = Sha256::new();
    let mut sha1 = in_git.then(|| Sha1::new_with_prefix(format!("blob {announced_bytes}\0")));
    let mut start = Vec::with_capacity(START);
    let bytes = read_through(file, |chunk| {
        sha256.update(chunk);
        if let Some(sha1) = &mut sha1 {
            sha1.update(chunk);
        }
        start.extend(chunk.iter().take(START - start.len()));
    })?;
    Ok(Sums {
        bytes,
        sha256: format!("{:x}", sha256.finalize()),
        git_blob: sha1.map(|sha1| format!("{:x}", sha1.finalize())),
        start,
    })
}

/// Shows `take` every part of a file in order; how many bytes there were.
pub(crate) fn read_through(mut file: File, mut take: impl FnMut(&[u8])) -> io::Result<u64> {
    let mut bytes = 0;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(bytes);
        }
        take(&buffer[..read]);
        bytes += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> Sums {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), bytes).expect("a written file");
        sums(file.path(), true).expect("a readable file")
    }

    #[test]
    fn digests_agree_with_sha256sum_and_git_hash_object() {
        let sums = of(b"hello\n");
        assert_eq!(sums.bytes, 6);
        assert_eq!(
            sums.sha256,
            "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
        );
        let blob = "ce013625030ba8dba906f756967f9e9ca394464a";
        assert_eq!(sums.git_blob.as_deref(), Some(blob));
    }

    #[test]
    fn an_etag_is_a_digest_only_at_the_two_lengths() {
        assert_eq!(
            Announced::from_etag(&"A1".repeat(32)),
            Some(Announced::Sha256("a1".repeat(32)))
        );
        assert_eq!(
            Announced::from_etag(&"a1".repeat(20)),
            Some(Announced::GitBlob("a1".repeat(20)))
        );
        assert_eq!(Announced::from_etag(&"a1".repeat(16)), None);
        assert_eq!(Announced::from_etag(&"zz".repeat(32)), None);
    }

    #[test]
    fn an_lfs_pointer_is_recognised_by_its_first_line_and_size() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
        assert!(of(pointer).is_lfs_pointer());
        let mut long = pointer.to_vec();
        long.resize(2000, b' ');
        assert!(!of(&long).is_lfs_pointer());
        assert!(!of(b"version 2").is_lfs_pointer());
    }

    #[test]
    fn the_start_is_quoted_only_when_it_is_text() {
        assert_eq!(
            of(b"{\"error\":\n \"internal\"}").text_start().as_deref(),
            Some("{\"error\": \"internal\"}")
        );
        assert_eq!(of(b"\x08\x01\x12").text_start(), None);
        assert_eq!(of(b"").text_start(), None);
    }
}
