//! A trial: a new version that is tried on requests beside the one that answers.
//! Must not know how requests are run, nor what follows from the verdict.

use super::version::Version;
use crate::manifest::Rollout;
use crate::pipeline::Distance;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures are judged as a share of at least so many answers: one of the first few says little.
const FEWEST: u64 = 100;

/// A version on trial.
pub struct Trial {
    /// What is tried.
    pub version: Arc<Version>,
    /// How.
    pub rollout: Rollout,
    began: Instant,
    requests: AtomicU64,
    shadow: Mutex<Shadow>,
}

/// What a shadow's answers were beside those that were served.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shadow {
    /// Requests that both answered.
    pub compared: u64,
    /// Those that the shadow failed at, and the served version did not.
    pub failed: u64,
    /// Those whose answers had another shape: other fields, lengths or texts.
    pub unlike: u64,
    /// The largest difference of two numbers, as a share of the served one where that is above 1.
    pub largest: f64,
}

/// What a trial has come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verdict {
    Pending,
    Promote,
    Refuse,
}

impl Trial {
    pub(super) fn new(version: Arc<Version>, rollout: Rollout) -> Trial {
        Trial {
            version,
            rollout,
            began: Instant::now(),
            requests: AtomicU64::new(0),
            shadow: Mutex::default(),
        }
    }

    /// Whether the version on trial answers the next request; of each hundred its share, spread evenly.
    pub(super) fn takes_the_next(&self) -> bool {
        let Rollout::Canary { percent, .. } = self.rollout else {
            return false;
        };
        let number = self.requests.fetch_add(1, Ordering::Relaxed) % 100;
        // A step that has no divisor in common with 100 visits all of 0 to 99.
        (number * 61) % 100 < u64::from(percent)
    }

    /// Whether requests are given to it after they were answered.
    pub fn is_shadow(&self) -> bool {
        self.rollout == Rollout::Shadow
    }

    /// How long until it is promoted; `None` for a shadow, which waits for an operator.
    pub fn remaining(&self) -> Option<Duration> {
        match self.rollout {
            Rollout::Canary { lasts, .. } => Some(lasts.saturating_sub(self.began.elapsed())),
            Rollout::Shadow => None,
        }
    }

    pub(super) fn verdict(&self) -> Verdict {
        let Rollout::Canary { max_error_rate, .. } = self.rollout else {
            return Verdict::Pending;
        };
        let failed = self.version.failed() as f64;
        if failed > max_error_rate * self.version.answered().max(FEWEST) as f64 {
            return Verdict::Refuse;
        }
        match self.remaining() {
            // Nobody has asked, or nobody was answered: that is no proof.
            Some(Duration::ZERO) if self.version.answered() > self.version.failed() => {
                Verdict::Promote
            }
            _ => Verdict::Pending,
        }
    }

    /// What has been seen of a shadow.
    pub fn shadow(&self) -> Shadow {
        *self.lock()
    }

    /// Notes how a shadow's answer was: `None` where it failed.
    pub(super) fn compare(&self, distance: Option<Distance>) {
        let mut shadow = self.lock();
        match distance {
            None => shadow.failed += 1,
            Some(distance) => {
                shadow.compared += 1;
                shadow.unlike += u64::from(distance.is_unlike);
                shadow.largest = shadow.largest.max(distance.largest);
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shadow> {
        self.shadow.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
