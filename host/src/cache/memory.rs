//! Answers in this process; the only file that names moka.
//! Must not know other servers.

use super::{Kept, Key};
use moka::Expiry;
use moka::sync::Cache;
use std::time::{Duration, Instant};

/// What an entry takes beside its bytes.
const ENTRY: usize = 256;

pub(super) struct Memory(Cache<Key, Timed>);

#[derive(Clone)]
struct Timed {
    kept: Kept,
    ttl: Duration,
}

/// Each answer has a time of its own.
struct Own;

impl Expiry<Key, Timed> for Own {
    fn expire_after_create(&self, _: &Key, timed: &Timed, _: Instant) -> Option<Duration> {
        Some(timed.ttl)
    }
}

impl Memory {
    pub(super) fn new(most_bytes: u64) -> Memory {
        let bytes = |_: &Key, timed: &Timed| {
            u32::try_from(timed.kept.body.len() + ENTRY).unwrap_or(u32::MAX)
        };
        let cache = Cache::builder()
            .max_capacity(most_bytes)
            .weigher(bytes)
            .expire_after(Own);
        Memory(cache.build())
    }

    pub(super) fn find(&self, key: &Key) -> Option<Kept> {
        self.0.get(key).map(|timed| timed.kept)
    }

    pub(super) fn keep(&self, key: Key, kept: Kept, ttl: Duration) {
        self.0.insert(key, Timed { kept, ttl });
    }
}
