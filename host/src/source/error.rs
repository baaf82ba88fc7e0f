//! Why bytes could not be had, in words that say what to do.
//! Must not know the hub client's types: whether to try again is decided here by meaning.

use std::path::PathBuf;
use std::time::Duration;

/// A failure of [`fetch`](super::fetch). No text holds a token or a signed address.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file name with `..`, a leading `/` or an empty part.
    #[error(
        "file name `{file}` is not a plain path inside the source; write it without `..`, `.` or a leading `/`"
    )]
    FileName {
        /// As requested.
        file: String,
    },
    /// A revision with `..`, a leading `/` or an empty part.
    #[error(
        "revision `{revision}` is no branch, tag or commit; write for example `main` or a 40-digit commit"
    )]
    RevisionName {
        /// As written in the manifest.
        revision: String,
    },
    /// The local folder is missing, unreadable or not a folder.
    #[error("cannot read the folder `{}`: {reason}; check `path` in the manifest", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The source has no such file.
    #[error(
        "{} has no file `{file}`{}; {}",
        place,
        at(revision),
        listing(file, files)
    )]
    FileNotFound {
        /// ``folder `…` `` or ``model `owner/name` ``.
        place: String,
        /// The revision of a repository as the manifest names it.
        revision: Option<String>,
        /// The file asked for.
        file: String,
        /// The files that it has; empty where they could not be listed.
        files: Vec<String>,
    },
    /// A file is there and cannot be used.
    #[error("cannot use the file `{}`: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A Git LFS pointer lies where the file should be.
    #[error("`{}` is a Git LFS pointer and not the file itself; run `git lfs pull` in the repository it comes from", path.display())]
    LfsPointer {
        /// The file.
        path: PathBuf,
    },
    /// The bytes differ from the digest that the hub announced for them.
    #[error("{0}; the copy was deleted, and a new try downloads it again")]
    DigestMismatch(Box<Mismatch>),
    /// The source's file is intact, and the manifest pins another one.
    #[error(
        "`{file}` of {place} has sha256 {found}, but the manifest says {expected}; correct `sha256`, or `revision` or `path`, in the manifest"
    )]
    PinMismatch {
        /// The file.
        file: String,
        /// The repository or folder.
        place: String,
        /// What the manifest says.
        expected: String,
        /// What the file has.
        found: String,
    },
    /// The hub announces no digest that could be checked.
    #[error(
        "`{file}` of {place} cannot be verified, because the hub announces no sha256 or git blob id for it; pin `sha256` in the manifest"
    )]
    Unverifiable {
        /// The file.
        file: String,
        /// The repository.
        place: String,
    },
    /// The endpoint is not an address.
    #[error(
        "the hub address `{endpoint}` is unusable: {reason}; set HF_ENDPOINT to an address such as https://huggingface.co"
    )]
    Endpoint {
        /// As set, without a password.
        endpoint: String,
        /// What is wrong.
        reason: String,
    },
    /// The hub has no such repository, or does not admit to it.
    #[error(
        "the hub at {endpoint} has no model `{repo}`; check `repo` in the manifest, or set HF_TOKEN if it is private"
    )]
    RepoNotFound {
        /// The hub.
        endpoint: String,
        /// `owner/name`.
        repo: String,
    },
    /// The repository has no such branch, tag or commit.
    #[error("model `{repo}` has no revision `{revision}`; check `revision` in the manifest")]
    RevisionNotFound {
        /// `owner/name`.
        repo: String,
        /// As the manifest names it.
        revision: String,
    },
    /// 401 or 403.
    #[error("the hub at {endpoint} refuses model `{repo}` ({status}{}); {}", said(message), access_advice(*status, *token_sent, endpoint, repo))]
    AccessDenied {
        /// The hub.
        endpoint: String,
        /// `owner/name`.
        repo: String,
        /// The HTTP status.
        status: u16,
        /// The hub's words.
        message: Option<String>,
        /// Whether a token was sent.
        token_sent: bool,
    },
    /// 429.
    #[error(
        "the hub at {endpoint} is limiting the rate of requests{}; set HF_TOKEN for a higher limit, or wait",
        wait(retry_after)
    )]
    RateLimited {
        /// The hub.
        endpoint: String,
        /// What the hub asks for.
        retry_after: Option<Duration>,
    },
    /// Another unexpected status or an unusable answer.
    #[error(
        "the hub at {endpoint} failed while asked for {asked}: {reason}; if it lasts, check HF_ENDPOINT and the hub's status page"
    )]
    Failed {
        /// The hub.
        endpoint: String,
        /// What was asked.
        asked: String,
        /// Status and words, or what is wrong with the answer.
        reason: String,
        /// Whether the answer would be the same next time.
        permanent: bool,
    },
    /// No connection, or a connection that broke.
    #[error(
        "cannot reach the hub at {endpoint} to get {asked}: {reason}; check the network and HF_ENDPOINT, or set HF_HUB_OFFLINE=1 to use the cache only"
    )]
    Unreachable {
        /// The hub.
        endpoint: String,
        /// What was asked.
        asked: String,
        /// The innermost cause.
        reason: String,
    },
    /// A connection on which nothing moves.
    #[error("the hub at {endpoint} sent nothing for {} s while asked for {asked}; check the network", after.as_secs_f32())]
    Stalled {
        /// The hub.
        endpoint: String,
        /// What was asked.
        asked: String,
        /// The limit that passed.
        after: Duration,
    },
    /// Offline, or without a hub, and the cache lacks the file.
    #[error("`{file}` of model `{repo}` at revision `{revision}` is not in the cache `{}`; start once without HF_HUB_OFFLINE to download it", cache.display())]
    NotCached {
        /// The file.
        file: String,
        /// `owner/name`.
        repo: String,
        /// As the manifest names it.
        revision: String,
        /// The cache folder.
        cache: PathBuf,
    },
    /// The cache folder cannot be read or written.
    #[error("cannot use the cache folder `{}`: {reason}; set HF_HUB_CACHE to a writable folder with enough room", path.display())]
    Cache {
        /// The cache folder.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
}

/// Bytes that are not what the hub announced.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{file}` of {place} is damaged: {bytes} bytes with {kind} {found}, expected {expected}{}",
    begins(start)
)]
pub struct Mismatch {
    /// The file.
    pub file: String,
    /// The repository.
    pub place: String,
    /// `sha256` or `git blob id`.
    pub kind: &'static str,
    /// What the hub announced.
    pub expected: String,
    /// What the bytes have.
    pub found: String,
    /// Size of what was found.
    pub bytes: u64,
    /// How the bytes begin, where that is text: a hub's error message stored as the file shows here.
    pub start: Option<String>,
}

impl Error {
    /// Whether another try can only succeed after somebody changed the manifest, the settings or the source.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::FileName { .. }
            | Self::RevisionName { .. }
            | Self::Folder { .. }
            | Self::FileNotFound { .. }
            | Self::File { .. }
            | Self::LfsPointer { .. }
            | Self::PinMismatch { .. }
            | Self::Unverifiable { .. }
            | Self::Endpoint { .. }
            | Self::RepoNotFound { .. }
            | Self::RevisionNotFound { .. }
            | Self::AccessDenied { .. }
            | Self::NotCached { .. } => true,
            Self::Failed { permanent, .. } => *permanent,
            Self::DigestMismatch(_)
            | Self::RateLimited { .. }
            | Self::Unreachable { .. }
            | Self::Stalled { .. }
            | Self::Cache { .. } => false,
        }
    }

    /// How long the hub asks to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

fn at(revision: &Option<String>) -> String {
    revision
        .as_ref()
        .map_or_else(String::new, |revision| format!(" at revision `{revision}`"))
}

/// Names shown before the rest is only counted.
const LISTED: usize = 20;

/// What there is instead: files of the same kind where there are any, the most alike first.
fn listing(wanted: &str, files: &[String]) -> String {
    if files.is_empty() {
        return "check `file` in the manifest".to_owned();
    }
    let kind = |file: &str| file.rsplit_once('.').map(|(_, kind)| kind.to_owned());
    let mut files: Vec<&str> = files.iter().map(String::as_str).collect();
    if files.iter().any(|file| kind(file) == kind(wanted)) {
        files.retain(|file| kind(file) == kind(wanted));
    }
    let unlikeness = |file: &str| 1.0 - strsim::jaro_winkler(wanted, file);
    files.sort_by(|a, b| unlikeness(a).total_cmp(&unlikeness(b)));
    let shown = files[..files.len().min(LISTED)].join(", ");
    match files.len().saturating_sub(LISTED) {
        0 => format!("it has: {shown}"),
        more => format!("it has: {shown} and {more} more"),
    }
}

fn begins(start: &Option<String>) -> String {
    start
        .as_ref()
        .map_or_else(String::new, |start| format!(", beginning with `{start}`"))
}

fn said(message: &Option<String>) -> String {
    message
        .as_ref()
        .map_or_else(String::new, |message| format!(": {message}"))
}

fn access_advice(status: u16, token_sent: bool, endpoint: &str, repo: &str) -> String {
    let first = match status {
        403 => format!("accept its licence at {endpoint}/{repo}, and "),
        _ => "check `repo` in the manifest, and ".to_owned(),
    };
    let token = match token_sent {
        true => "check that HF_TOKEN is valid and may read it",
        false => "set HF_TOKEN to a token that may read it",
    };
    format!("{first}{token}")
}

fn wait(retry_after: &Option<Duration>) -> String {
    retry_after.map_or_else(String::new, |wait| {
        format!(" and asks for {} s of patience", wait.as_secs())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_listing_begins_with_the_likely_name_and_is_cut_and_counted() {
        let files: Vec<String> = (0..23).map(|n| format!("f{n}")).collect();
        let text = listing("f17", &files);
        assert!(text.starts_with("it has: f17, "), "{text}");
        assert!(text.ends_with(" and 3 more"), "{text}");
    }
}
