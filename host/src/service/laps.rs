//! What a load did, and how long each part of it took.
//! Must not know what is loaded.

use std::fmt;
use std::time::{Duration, Instant};

/// The parts of a load, in order. `to_string` says them, as in `fetch 12 ms, read 3 ms`.
#[derive(Clone, Debug)]
pub struct Laps {
    begun: Instant,
    last: Instant,
    laps: Vec<(&'static str, Duration)>,
}

impl Laps {
    /// The load begins.
    pub(super) fn begin() -> Laps {
        let now = Instant::now();
        Laps {
            begun: now,
            last: now,
            laps: Vec::new(),
        }
    }

    /// All since the last lap was `what`.
    pub(super) fn lap(&mut self, what: &'static str) {
        let now = Instant::now();
        self.note(what, now - self.last);
        self.last = now;
    }

    /// A part that ran beside others.
    pub(super) fn note(&mut self, what: &'static str, took: Duration) {
        self.laps.push((what, took));
    }

    /// Those parts are over that were noted: the next lap begins.
    pub(super) fn go_on(&mut self) {
        self.last = Instant::now();
    }

    /// Since it began.
    pub(super) fn whole(&self) -> Duration {
        self.begun.elapsed()
    }
}

impl fmt::Display for Laps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (what, took)) in self.laps.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{what} {} ms", took.as_millis())?;
        }
        Ok(())
    }
}
