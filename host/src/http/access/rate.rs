//! How often each client may predict: a bucket for each, which fills up again in time.
//! Must not know how a client is told from another.

use crate::http::reject::Reject;
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{DefaultKeyedRateLimiter, Quota};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use warp::http::HeaderMap;
use warp::http::header::HeaderValue;

/// Clients that have not come for long are forgotten every so many requests.
const TIDIED_EVERY: u32 = 4096;

/// So many requests in so long; as many may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub count: NonZeroU32,
    /// In how long.
    pub per: Duration,
}

/// A client, by its key where it has one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Client {
    Key(String),
    Address(Option<IpAddr>),
}

pub(super) struct Limiter {
    rate: Rate,
    buckets: DefaultKeyedRateLimiter<Client, StateInformationMiddleware>,
    asked: AtomicU32,
}

impl Limiter {
    pub(super) fn new(rate: Rate) -> Limiter {
        let each = rate.per / rate.count.get();
        let quota = Quota::with_period(each.max(Duration::from_nanos(1)));
        let quota = quota.unwrap_or_else(|| Quota::per_second(rate.count));
        Limiter {
            rate,
            buckets: DefaultKeyedRateLimiter::keyed(quota.allow_burst(rate.count))
                .with_middleware(),
            asked: AtomicU32::new(0),
        }
    }

    /// Takes one from the client's bucket, and says what is left in it.
    pub(super) fn admit(
        &self,
        key: Option<&str>,
        address: Option<IpAddr>,
    ) -> (Allowance, Result<(), Reject>) {
        if self.asked.fetch_add(1, Ordering::Relaxed) % TIDIED_EVERY == TIDIED_EVERY - 1 {
            self.buckets.retain_recent();
        }
        let client = match key {
            Some(name) => Client::Key(name.to_owned()),
            None => Client::Address(address),
        };
        let rate = self.rate;
        let Rate { count, per } = rate;
        match self.buckets.check_key(&client) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let more_in_s = whole_seconds(per / count.get());
                let allowance = Allowance {
                    rate,
                    remaining,
                    more_in_s,
                };
                (allowance, Ok(()))
            }
            Err(until) => {
                let wait = until.wait_time_from(DefaultClock::default().now());
                let retry_after_s = whole_seconds(wait);
                let allowance = Allowance {
                    rate,
                    remaining: 0,
                    more_in_s: retry_after_s,
                };
                let message = format!(
                    "at most {count} requests in {} s from one client",
                    per.as_secs()
                );
                (
                    allowance,
                    Err(Reject::TooOften {
                        message,
                        retry_after_s,
                    }),
                )
            }
        }
    }
}

/// What is left to a client (draft-ietf-httpapi-ratelimit-headers).
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    rate: Rate,
    remaining: u32,
    /// Until there is one more, or earlier.
    more_in_s: u64,
}

impl Allowance {
    pub(super) fn mark(&self, headers: &mut HeaderMap) {
        let Rate { count, per } = self.rate;
        let Allowance {
            remaining,
            more_in_s,
            ..
        } = self;
        let values = [
            (
                "ratelimit-policy",
                format!("\"client\";q={count};w={}", per.as_secs()),
            ),
            (
                "ratelimit",
                format!("\"client\";r={remaining};t={more_in_s}"),
            ),
        ];
        for (name, value) in values {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
    }
}

fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_a_bucket_of_its_own() {
        let limiter = Limiter::new(Rate {
            count: NonZeroU32::new(2).expect("it is not 0"),
            per: Duration::from_secs(3600),
        });
        let address = |last| Some(IpAddr::from([192, 0, 2, last]));
        for left in [1, 0] {
            let (allowance, admitted) = limiter.admit(None, address(1));
            assert!(admitted.is_ok());
            assert_eq!((allowance.remaining, allowance.more_in_s), (left, 1800));
        }
        let (allowance, refused) = limiter.admit(None, address(1));
        assert_eq!(allowance.remaining, 0);
        let Err(Reject::TooOften { retry_after_s, .. }) = refused else {
            panic!("{refused:?}");
        };
        assert!((1700..=1800).contains(&retry_after_s), "{retry_after_s}");
        assert!(limiter.admit(None, address(2)).1.is_ok());
        assert!(limiter.admit(Some("team"), address(1)).1.is_ok());
    }
}
