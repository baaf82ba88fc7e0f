//! What an entry remembers beside the versions that answer.
//! Must not know who reads it.

use super::Wanted;
use crate::registry::attempt::Attempt;
use crate::registry::version::Version;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

/// Attempts that are remembered.
const ATTEMPTS: usize = 16;

/// What is true of it now, and was of late.
#[derive(Default)]
pub(super) struct State {
    pub(super) loading: Loading,
    /// What the live version was loaded from.
    pub(super) made_of: Option<Arc<Wanted>>,
    /// What the version on trial was loaded from.
    pub(super) of_trial: Option<Arc<Wanted>>,
    pub(super) previous: Option<(Arc<Version>, Option<Arc<Wanted>>)>,
    /// What an operator has turned away from.
    pub(super) held: Option<Arc<Wanted>>,
    /// The commit that was loaded last, whatever became of it.
    pub(super) revision: Option<String>,
    pub(super) attempts: VecDeque<Attempt>,
}

/// How far loading has come.
#[derive(Clone, Debug, Default)]
pub struct Loading {
    /// What is being done now, in words.
    pub stage: Option<String>,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// When the next attempt begins.
    pub retry_at: Option<Instant>,
}

impl State {
    /// Remembers an attempt, and forgets the oldest.
    pub(super) fn note(&mut self, attempt: Attempt) {
        if self.attempts.len() == ATTEMPTS {
            self.attempts.pop_front();
        }
        self.attempts.push_back(attempt);
    }
}
