//! One question to the hub: how long it may take, and when it is asked again.
//! Must not know what is asked, nor in which client's types.

use std::future::Future;
use std::time::Duration;

use tracing::warn;

use super::Error;
use crate::source::HubSettings;

/// The longest wait between two tries; a hub that asks for more is left to the caller.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Asks until there is an answer, or no hope of one.
#[allow(clippy::disallowed_methods, reason = "a pause between retries")]
pub(super) async fn again<T, F: Future<Output = Result<T, Error>>>(
    settings: &HubSettings,
    ask: impl Fn() -> F,
) -> Result<T, Error> {
    let mut left = settings.retries;
    let mut next = settings.backoff;
    loop {
        let error = match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let wait = error.retry_after().map_or(next, |asked| asked.max(next));
        if left == 0 || !error.may_pass() || wait > LONGEST_WAIT {
            return Err(error);
        }
        warn!(%error, wait_s = wait.as_secs_f64(), "trying the hub again");
        tokio::time::sleep(wait).await;
        left -= 1;
        next = (next * 2).min(LONGEST_WAIT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn settings() -> HubSettings {
        HubSettings {
            retries: 3,
            backoff: Duration::ZERO,
            ..HubSettings::default()
        }
    }

    fn limited(seconds: u64) -> Error {
        Error::RateLimited {
            endpoint: String::new(),
            retry_after: Some(Duration::from_secs(seconds)),
        }
    }

    #[tokio::test]
    async fn what_may_pass_is_asked_again_a_few_times() {
        let (settings, asked) = (settings(), Cell::new(0));
        let answer = again(&settings, || {
            asked.set(asked.get() + 1);
            let now = asked.get();
            async move {
                match now {
                    3 => Ok(now),
                    _ => Err(limited(0)),
                }
            }
        });
        assert_eq!(answer.await.expect("the third answer"), 3);
        asked.set(10);
        let answer = again(&settings, || {
            asked.set(asked.get() + 1);
            async { Err::<(), _>(limited(0)) }
        });
        assert!(matches!(answer.await, Err(Error::RateLimited { .. })));
        assert_eq!(asked.get(), 14);
    }

    #[tokio::test]
    async fn a_long_wait_and_a_lasting_failure_are_handed_up() {
        for error in [|| limited(61), || Error::Offline] {
            let (settings, asked) = (settings(), Cell::new(0));
            let answer = again(&settings, || {
                asked.set(asked.get() + 1);
                async { Err::<(), _>(error()) }
            });
            assert!(answer.await.is_err());
            assert_eq!(asked.get(), 1);
        }
    }
}
