//! Why something could not be published, in words that say what to do.
//! Must not know the hub client's types, nor hold a token or a signed address in any text.

use std::path::PathBuf;
use std::time::Duration;

use super::{Kind, card, stage};
use crate::manifest::Repo;
use crate::source;

/// A failure of publishing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder is not fit to be published.
    #[error("{0}")]
    Card(card::Problems),
    /// A folder or file of this machine cannot be read or written.
    #[error("cannot {what} `{}`: {reason}", path.display())]
    Disk {
        /// `read` or `write`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// A file cannot be published as it is.
    #[error("cannot publish `{}`: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// What the Space is to be made of does not fit.
    #[error("{0}")]
    Unfit(String),
    /// Nothing to say who is publishing.
    #[error(
        "there is no token for the hub at {endpoint}: set HF_TOKEN to one with write access ({endpoint}/settings/tokens), or log in with `hf auth login`"
    )]
    NoToken {
        /// The hub.
        endpoint: String,
    },
    /// Asked not to use the network.
    #[error("HF_HUB_OFFLINE is set, and publishing needs the hub; unset it, or use --dry-run")]
    Offline,
    /// 401.
    #[error(
        "the hub at {endpoint} does not accept the token{}; make a new one with write access at {endpoint}/settings/tokens and set HF_TOKEN, or log in again with `hf auth login`",
        said(words)
    )]
    Unauthorised {
        /// The hub.
        endpoint: String,
        /// The hub's words.
        words: Option<String>,
    },
    /// 403.
    #[error(
        "the token may not {asked}{}; give it write access to `{owner}` at {endpoint}/settings/tokens, or publish under another owner with --repo",
        said(words)
    )]
    Forbidden {
        /// The hub.
        endpoint: String,
        /// What was asked, as in `create model `owner/name``.
        asked: String,
        /// Whose repo it is.
        owner: String,
        /// The hub's words.
        words: Option<String>,
    },
    /// The repo is there, and not for this token to see.
    #[error(
        "the name `{repo}` is taken: the hub has such a {kind}, and this token cannot see it; choose another name with --repo, or use a token of its owner"
    )]
    Taken {
        /// `owner/name`.
        repo: Repo,
        /// What it is.
        kind: Kind,
    },
    /// Somebody else's commit came first.
    #[error(
        "somebody else changed {kind} `{repo}` at the same time; run the command again, and it compares anew"
    )]
    Moved {
        /// `owner/name`.
        repo: Repo,
        /// What it is.
        kind: Kind,
    },
    /// The tag names another commit.
    #[error(
        "the tag `{tag}` of {kind} `{repo}` is there already, for another commit; everything is published as {commit}, only the tag is missing: choose another --tag"
    )]
    TagTaken {
        /// `owner/name`.
        repo: Repo,
        /// What it is.
        kind: Kind,
        /// The tag.
        tag: String,
        /// What was published.
        commit: String,
    },
    /// No room, or no plan that allows it.
    #[error(
        "the hub at {endpoint} has no room to {asked} ({status}{}); free some or change the plan at {endpoint}/settings/billing",
        said(words)
    )]
    Quota {
        /// The hub.
        endpoint: String,
        /// What was asked.
        asked: String,
        /// The HTTP status.
        status: u16,
        /// The hub's words.
        words: Option<String>,
    },
    /// 429.
    #[error(
        "the hub at {endpoint} is limiting the rate of requests{}; wait and run the command again, it goes on where it stopped",
        wait(retry_after)
    )]
    RateLimited {
        /// The hub.
        endpoint: String,
        /// What the hub asks for.
        retry_after: Option<Duration>,
    },
    /// 404, after the repo had been there or been made.
    #[error("the hub at {endpoint} has no {kind} `{repo}`; check --repo")]
    RepoNotFound {
        /// The hub.
        endpoint: String,
        /// `owner/name`.
        repo: Repo,
        /// What it was to be.
        kind: Kind,
    },
    /// The hub does not take the content.
    #[error(
        "the hub at {endpoint} refuses to {asked} ({status}{}); mend that and run the command again",
        said(words)
    )]
    Refused {
        /// The hub.
        endpoint: String,
        /// What was asked.
        asked: String,
        /// The HTTP status.
        status: u16,
        /// The hub's words.
        words: Option<String>,
    },
    /// A status that is the hub's own fault, or an unusable answer.
    #[error(
        "the hub at {endpoint} failed when asked to {asked}: {reason}; run the command again, it goes on where it stopped; if it lasts, check HF_ENDPOINT and the hub's status page"
    )]
    Failed {
        /// The hub.
        endpoint: String,
        /// What was asked.
        asked: String,
        /// Status and words, or what is wrong with the answer.
        reason: String,
        /// Whether it was a status that may pass.
        passing: bool,
    },
    /// No connection, or one that broke.
    #[error(
        "cannot reach the hub at {endpoint} to {asked}: {reason}; check the network and HF_ENDPOINT"
    )]
    Unreachable {
        /// The hub.
        endpoint: String,
        /// What was asked.
        asked: String,
        /// The innermost cause.
        reason: String,
        /// Whether nothing was sent yet.
        unsent: bool,
    },
    /// Nothing moves.
    #[error(
        "the hub at {endpoint} sent nothing for {} s when asked to {asked}; check the network and run the command again, it goes on where it stopped",
        after.as_secs()
    )]
    Stalled {
        /// The hub.
        endpoint: String,
        /// What was asked.
        asked: String,
        /// The limit that passed.
        after: Duration,
    },
    /// What came back is not what was sent.
    #[error(transparent)]
    Differs(Box<Difference>),
    /// A file could not be had back, or a revision not be resolved.
    #[error("{0}")]
    Source(#[from] source::Error),
    /// The Space does not run.
    #[error("{0}")]
    Space(stage::Failure),
}

/// A file that is another one on the hub.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{file}` of `{repo}` at {commit} is not the file that was published: sha256 {found} instead of {expected}; do not use this commit, and run the command again"
)]
pub struct Difference {
    /// `owner/name`.
    pub repo: Repo,
    /// The commit.
    pub commit: String,
    /// The file.
    pub file: String,
    /// What was published.
    pub expected: String,
    /// What came back.
    pub found: String,
}

impl Error {
    /// Whether the caller has to change the command or the files, so that the exit code says so.
    pub fn is_the_callers(&self) -> bool {
        matches!(
            self,
            Self::Card(_)
                | Self::Disk { what: "read", .. }
                | Self::File { .. }
                | Self::Unfit(_)
                | Self::NoToken { .. }
                | Self::Offline
        )
    }

    /// Whether the same request may succeed a moment later.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::RateLimited { .. } => true,
            Self::Failed { passing, .. } => *passing,
            Self::Unreachable { unsent, .. } => *unsent,
            _ => false,
        }
    }

    /// How long the hub asks to be left alone.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

fn said(words: &Option<String>) -> String {
    words
        .as_ref()
        .map_or_else(String::new, |words| format!(": {words}"))
}

fn wait(retry_after: &Option<Duration>) -> String {
    retry_after.map_or_else(String::new, |wait| {
        format!(" and asks for {} s of patience", wait.as_secs())
    })
}
