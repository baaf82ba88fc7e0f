//! What became of requests: times, statuses, faults.
//! Must not know who sent them, nor when they were due.

use super::client::{Answer, Fault};
use super::stages::{self, Stages};
use hdrhistogram::Histogram;
use std::collections::BTreeMap;
use std::time::Duration;

/// Digits that a time is kept with.
const DIGITS: u8 = 3;
/// What is counted for longer times, in microseconds: an hour, which only a queue of an open loop can reach.
const LONGEST: u64 = 3_600_000_000;

/// What became of requests. Times are those of answers with 200: a refusal is quick, and would make a full server look fast.
#[derive(Debug)]
pub struct Tally {
    /// In microseconds.
    times: Histogram<u64>,
    stages: [(f64, u64); stages::NAMES.len()],
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests that got no answer.
    pub faults: u64,
    /// Answers with 200 that came while it was measured, whenever their requests were sent: what the rate is made of.
    pub in_time: u64,
    /// Requests that were due, and not sent because too many others had no answer yet.
    pub unsent: u64,
    /// The first thing that went wrong, in words.
    pub trouble: Option<String>,
}

impl Tally {
    pub(super) fn new() -> Tally {
        let times = Histogram::new_with_bounds(1, LONGEST, DIGITS);
        // Refuses more than five digits, or bounds that are none.
        let times = times.expect("the bounds and digits are allowed");
        Tally {
            times,
            stages: Default::default(),
            statuses: BTreeMap::new(),
            faults: 0,
            in_time: 0,
            unsent: 0,
            trouble: None,
        }
    }

    pub(super) fn note(&mut self, took: Duration, outcome: &Result<Answer, Fault>) {
        let answer = match outcome {
            Ok(answer) => answer,
            Err(fault) => {
                self.faults += 1;
                self.trouble.get_or_insert_with(|| fault.to_string());
                return;
            }
        };
        *self.statuses.entry(answer.status).or_default() += 1;
        if answer.status != 200 {
            self.trouble
                .get_or_insert_with(|| format!("{}: {}", answer.status, answer.said));
            return;
        }
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.times.saturating_record(micros);
        self.note_stages(&answer.stages());
    }

    fn note_stages(&mut self, said: &Stages) {
        for ((sum, count), ms) in self.stages.iter_mut().zip(said) {
            if let Some(ms) = ms {
                *sum += ms;
                *count += 1;
            }
        }
    }

    /// Requests that were sent and counted.
    pub fn sent(&self) -> u64 {
        self.statuses.values().sum::<u64>() + self.faults
    }

    /// Whether all was answered with 200, and there was something.
    pub fn is_flawless(&self) -> bool {
        let others = self.statuses.keys().any(|status| *status != 200);
        !others && self.faults == 0 && self.unsent == 0 && self.sent() > 0
    }

    /// Milliseconds that `share` of the answers took at most.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        self.some(self.times.value_at_quantile(share) as f64)
    }

    /// Milliseconds of the slowest answer.
    pub fn max(&self) -> Option<f64> {
        self.some(self.times.max() as f64)
    }

    /// Milliseconds in the mean.
    pub fn mean(&self) -> Option<f64> {
        self.some(self.times.mean())
    }

    fn some(&self, micros: f64) -> Option<f64> {
        (!self.times.is_empty()).then_some(micros / 1e3)
    }

    /// Each stage in the server with its mean in milliseconds, where the server says it.
    pub fn stages(&self) -> impl Iterator<Item = (&'static str, Option<f64>)> {
        let mean = |(sum, count): &(f64, u64)| (*count > 0).then(|| sum / *count as f64);
        stages::NAMES.into_iter().zip(self.stages.iter().map(mean))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_from_microseconds_to_minutes_keep_three_digits() {
        let mut tally = Tally::new();
        for took in [
            Duration::from_micros(70),
            Duration::from_millis(30),
            Duration::from_secs(61),
        ] {
            tally.times.saturating_record(took.as_micros() as u64);
        }
        let near = |value: Option<f64>, ms: f64| {
            let value = value.expect("there are times");
            assert!((value / ms - 1.0).abs() < 1e-3, "{value} for {ms}");
        };
        near(tally.quantile(0.3), 0.07);
        near(tally.quantile(0.5), 30.0);
        near(tally.max(), 61_000.0);
        near(tally.mean(), 61_030.07 / 3.0);
        assert_eq!(Tally::new().quantile(0.5), None);
    }
}
