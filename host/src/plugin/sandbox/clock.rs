//! The clock that enforces deadlines: one thread that ticks for every engine.
//! Must not know what has a deadline.

use crate::plugin::LoadError;
use std::time::{Duration, Instant};
use wasmtime::Engine;

/// How often deadlines are looked at.
const TICK: Duration = Duration::from_millis(1);

/// Ticks until one of the engines is gone.
pub(super) fn start(engines: &[&Engine]) -> Result<(), LoadError> {
    let engines: Vec<_> = engines.iter().map(|engine| engine.weak()).collect();
    std::thread::Builder::new()
        .name("plugin-clock".to_owned())
        .spawn(move || {
            let mut next = Instant::now();
            loop {
                // After a pause of the whole process, a burst of ticks would fail every call under way.
                let now = Instant::now();
                next = (next + TICK).max(now.checked_sub(TICK * 20).unwrap_or(now));
                #[allow(clippy::disallowed_methods, reason = "this thread is a clock")]
                std::thread::sleep(next.saturating_duration_since(Instant::now()));
                for weak in &engines {
                    match weak.upgrade() {
                        Some(engine) => engine.increment_epoch(),
                        None => return,
                    }
                }
            }
        })
        .map(drop)
        .map_err(|error| LoadError::Host(error.to_string()))
}

/// One more than the deadline has: the current tick is already under way.
pub(super) fn ticks(deadline: Duration) -> u64 {
    u64::try_from(deadline.as_nanos() / TICK.as_nanos())
        .unwrap_or(u64::MAX - 1)
        .saturating_add(1)
        .min(u64::MAX / 2)
}
