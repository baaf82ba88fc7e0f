//! Answers that are kept for a time: in this process, or in a Redis that several share.
//! Must not know requests or models: a key is a digest here, and an answer bytes.

mod memory;
mod shared;

use bytes::Bytes;
use memory::Memory;
use shared::Shared;
use std::time::Duration;

/// What an answer is found by: a digest of everything that decides it.
pub type Key = [u8; 32];

/// An answer as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its media type.
    pub media_type: String,
    /// Its body.
    pub body: Bytes,
}

/// Why nothing is known of an answer. No reason to fail a request.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is none.
    #[error("CACHE_URL is no address of a Redis ({0}); write it as redis://HOST:6379/0")]
    Address(String),
    /// It does not answer.
    #[error("the cache does not answer: {0}")]
    Down(String),
    /// What was kept is not what this server keeps.
    #[error("the cache holds something else under this key")]
    Foreign,
}

/// Where answers are kept.
pub struct Cache(Store);

enum Store {
    Memory(Memory),
    Shared(Shared),
}

impl Cache {
    /// In this process, at most so many bytes.
    pub fn in_memory(most_bytes: u64) -> Cache {
        Cache(Store::Memory(Memory::new(most_bytes)))
    }

    /// In the Redis at `url`, which need not answer yet. Connects within the current runtime.
    pub fn shared(url: &str) -> Result<Cache, Error> {
        Shared::at(url).map(|shared| Cache(Store::Shared(shared)))
    }

    /// The answer that is kept under `key`.
    pub async fn find(&self, key: &Key) -> Result<Option<Kept>, Error> {
        match &self.0 {
            Store::Memory(memory) => Ok(memory.find(key)),
            Store::Shared(shared) => shared.find(key).await,
        }
    }

    /// Keeps an answer for so long; nobody waits until a shared one has it.
    pub fn keep(&self, key: Key, kept: Kept, ttl: Duration) {
        match &self.0 {
            Store::Memory(memory) => memory.keep(key, kept, ttl),
            Store::Shared(shared) => shared.keep(key, kept, ttl),
        }
    }
}
