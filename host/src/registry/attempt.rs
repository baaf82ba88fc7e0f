//! An attempt to change what answers, and what came of it.
//! Must not know how it was made.

use super::version::{Version, now};
use std::time::Duration;

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The version answers.
    Live,
    /// The version is on trial.
    Trial,
    /// The version on trial was promoted.
    Promoted,
    /// The version before answers again, or the one on trial was refused.
    RolledBack,
    /// The version could not be loaded, or did not pass its examples.
    Failed,
    /// The manifest is none.
    Invalid,
}

impl Outcome {
    /// The word for it in answers and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Live => "ok",
            Outcome::Trial => "trial",
            Outcome::Promoted => "promoted",
            Outcome::RolledBack => "rolled_back",
            Outcome::Failed => "failed",
            Outcome::Invalid => "invalid",
        }
    }
}

/// An attempt to change what answers.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// When it ended, since 1970.
    pub at: Duration,
    /// What came of it.
    pub outcome: Outcome,
    /// Why it came to nothing.
    pub reason: Option<String>,
    /// The version, where there is one.
    pub version: Option<String>,
    /// Its commit.
    pub revision: Option<String>,
    /// The digest of its model file.
    pub sha256: Option<String>,
    /// From manifest to ready.
    pub took: Option<Duration>,
}

impl Attempt {
    pub(super) fn of(outcome: Outcome) -> Attempt {
        Attempt {
            at: now(),
            outcome,
            reason: None,
            version: None,
            revision: None,
            sha256: None,
            took: None,
        }
    }

    pub(super) fn with(outcome: Outcome, version: &Version) -> Attempt {
        let service = &version.service;
        Attempt {
            version: Some(version.name().to_owned()),
            revision: service.revision.clone(),
            sha256: Some(service.artifact.sha256.clone()),
            took: Some(service.took),
            ..Attempt::of(outcome)
        }
    }
}
