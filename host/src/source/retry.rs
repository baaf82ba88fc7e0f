//! When to try a hub again: the waits double, and a hub that names a bearable wait gets it.
//! Must not know what is tried.

use std::time::Duration;

use tracing::warn;

use super::{Error, HubSettings};

/// The longest wait between two tries; a hub that asks for more is left to the caller.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Counts the tries of one operation.
#[derive(Debug)]
pub(super) struct Retry {
    left: u32,
    next: Duration,
}

impl Retry {
    pub(super) fn new(settings: &HubSettings) -> Self {
        Self {
            left: settings.retries,
            next: settings.backoff,
        }
    }

    /// No try after the first.
    pub(super) fn never() -> Self {
        Self {
            left: 0,
            next: Duration::ZERO,
        }
    }

    /// Waits until the operation may be tried again, or gives `error` back where it may not.
    #[allow(clippy::disallowed_methods, reason = "a pause between retries")]
    pub(super) async fn after(&mut self, error: Error) -> Result<(), Error> {
        let Some(wait) = self.wait(&error) else {
            return Err(error);
        };
        warn!(%error, wait_s = wait.as_secs_f64(), "trying the hub again");
        tokio::time::sleep(wait).await;
        Ok(())
    }

    fn wait(&mut self, error: &Error) -> Option<Duration> {
        if error.is_permanent() || self.left == 0 {
            return None;
        }
        let backoff = self.next.min(LONGEST_WAIT);
        let wait = error
            .retry_after()
            .map_or(backoff, |asked| asked.max(backoff));
        if wait > LONGEST_WAIT {
            return None;
        }
        self.left -= 1;
        self.next = backoff * 2;
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(seconds: Option<u64>) -> Error {
        Error::RateLimited {
            endpoint: String::new(),
            retry_after: seconds.map(Duration::from_secs),
        }
    }

    fn retry(retries: u32) -> Retry {
        Retry {
            left: retries,
            next: Duration::from_secs(1),
        }
    }

    #[test]
    fn waits_double_up_to_the_longest_and_then_end() {
        let mut retry = retry(7);
        let waits: Vec<u64> = std::iter::from_fn(|| retry.wait(&limited(None)))
            .map(|w| w.as_secs())
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30]);
    }

    #[test]
    fn a_bearable_retry_after_is_honoured_and_a_long_one_is_handed_up() {
        assert_eq!(
            retry(1).wait(&limited(Some(30))),
            Some(Duration::from_secs(30))
        );
        assert_eq!(
            retry(1).wait(&limited(Some(0))),
            Some(Duration::from_secs(1))
        );
        assert_eq!(retry(1).wait(&limited(Some(31))), None);
    }

    #[test]
    fn a_permanent_failure_is_not_tried_again() {
        let error = Error::FileName {
            file: "..".to_owned(),
        };
        assert_eq!(retry(3).wait(&error), None);
    }
}
