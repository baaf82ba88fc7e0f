//! Answers in a Redis that several servers share; the only file that names redis.
//! Must not know what is kept.

use super::{Error, Kept, Key};
use bytes::Bytes;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands as _, Client};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// A cache that takes longer is slower than most models.
const PATIENCE: Duration = Duration::from_millis(50);
/// One that failed is not asked for so long.
const PAUSE: Duration = Duration::from_secs(1);
/// Before every key, so that a Redis with other things in it can be shared.
const PREFIX: &[u8] = b"modelhost:1:";

pub(super) struct Shared {
    redis: ConnectionManager,
    down: Arc<Down>,
}

/// Until when nobody need ask.
#[derive(Default)]
struct Down {
    began: OnceLock<Instant>,
    until_ms: AtomicU64,
}

impl Shared {
    pub(super) fn at(url: &str) -> Result<Shared, Error> {
        // What is wrong with an address may have its password in it.
        let wrong = |_| Error::Address("it is not understood".to_owned());
        let client = Client::open(url).map_err(wrong)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(Duration::from_secs(1)))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(0);
        let redis = ConnectionManager::new_lazy_with_config(client, config).map_err(wrong)?;
        let down = Arc::default();
        Ok(Shared { redis, down })
    }

    pub(super) async fn find(&self, key: &Key) -> Result<Option<Kept>, Error> {
        if self.down.is_now() {
            return Ok(None);
        }
        let mut redis = self.redis.clone();
        let asked = async { redis.get::<_, Option<Vec<u8>>>(name(key)).await };
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(None)) => Ok(None),
            Ok(Ok(Some(bytes))) => read(bytes).map(Some).ok_or(Error::Foreign),
            Ok(Err(error)) => Err(self.down.pause(error.to_string())),
            Err(_) => {
                let ms = PATIENCE.as_millis();
                Err(self.down.pause(format!("nothing within {ms} ms")))
            }
        }
    }

    pub(super) fn keep(&self, key: Key, kept: Kept, ttl: Duration) {
        if self.down.is_now() {
            return;
        }
        let (mut redis, down) = (self.redis.clone(), self.down.clone());
        tokio::spawn(async move {
            let ttl = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1);
            let asked = async {
                redis
                    .pset_ex::<_, _, ()>(name(&key), written(&kept), ttl)
                    .await
            };
            match tokio::time::timeout(PATIENCE * 4, asked).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tell(&down.pause(error.to_string())),
                Err(_) => tell(&down.pause("an answer could not be kept in time".to_owned())),
            }
        });
    }
}

impl Down {
    fn now_ms(&self) -> u64 {
        let began = self.began.get_or_init(Instant::now);
        u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn is_now(&self) -> bool {
        self.now_ms() < self.until_ms.load(Ordering::Relaxed)
    }

    fn pause(&self, reason: String) -> Error {
        let until = self.now_ms() + PAUSE.as_millis() as u64;
        self.until_ms.store(until, Ordering::Relaxed);
        Error::Down(reason)
    }
}

fn tell(error: &Error) {
    tracing::warn!(%error, "answers are not kept");
}

fn name(key: &Key) -> Vec<u8> {
    [PREFIX, crate::hex(key).as_bytes()].concat()
}

/// The media type, a line's end, the body.
fn written(kept: &Kept) -> Vec<u8> {
    [kept.media_type.as_bytes(), b"\n", &kept.body].concat()
}

fn read(bytes: Vec<u8>) -> Option<Kept> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let media_type = std::str::from_utf8(&bytes[..end]).ok()?;
    let is_type =
        media_type.contains('/') && media_type.bytes().all(|byte| byte.is_ascii_graphic());
    is_type.then(|| Kept {
        media_type: media_type.to_owned(),
        body: Bytes::from(bytes.clone()).slice(end + 1..),
    })
}
