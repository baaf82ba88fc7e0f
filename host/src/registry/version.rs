//! A version of a model: a snapshot that answers or answered, with what became of its answers.
//! Must not know other versions.

use crate::service::Service;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// A snapshot, and how it has done.
pub struct Version {
    /// What answers.
    pub service: Arc<Service>,
    /// When it first answered or was tried, since 1970.
    pub since: Duration,
    answered: AtomicU64,
    failed: AtomicU64,
}

impl Version {
    pub(super) fn new(service: Service) -> Version {
        Version {
            service: Arc::new(service),
            since: now(),
            answered: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }
    }

    /// Its twelve hex digits.
    pub fn name(&self) -> &str {
        &self.service.version
    }

    /// Requests that it answered or failed at; refusing bad input is an answer.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// Those that it failed at.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    pub(super) fn count(&self, is_failure: bool) {
        if is_failure {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        self.answered.fetch_add(1, Ordering::Relaxed);
    }
}

/// Time since 1970.
pub(super) fn now() -> Duration {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default()
}
