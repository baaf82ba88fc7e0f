//! How requests of one model fared, and how long the latest took.
//! Must not know what they asked, nor how a response is written.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// So many of the latest answers are timed: enough for a p99 with ten beyond it.
const KEPT: usize = 1024;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was answered.
    Answered,
    /// It was the caller's fault that it was not.
    Refused,
    /// It was ours, or there was too much to do.
    Failed,
}

/// Counts since the start, and times of the latest answers.
#[derive(Debug, Default)]
pub struct Recent(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    answered: u64,
    refused: u64,
    failed: u64,
    spent: Duration,
    /// A ring: `next` is the oldest once it is full.
    times: Vec<Duration>,
    next: usize,
}

/// The same in a few numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// Requests that were answered.
    pub answered: u64,
    /// Requests that were the caller's fault.
    pub refused: u64,
    /// Requests that were not answered for other reasons.
    pub failed: u64,
    /// The time that all answers took together.
    pub spent: Duration,
    /// How many of the latest answers the quantiles are of.
    pub timed: usize,
    /// Half of them took no longer; `None` before the first.
    pub p50: Option<Duration>,
    /// All but one in a hundred of them took no longer.
    pub p99: Option<Duration>,
}

impl Recent {
    /// Notes what became of a request, after so long.
    pub fn note(&self, fate: Fate, took: Duration) {
        let mut kept = self.lock();
        match fate {
            Fate::Answered => {
                kept.answered += 1;
                kept.spent += took;
                kept.time(took);
            }
            Fate::Refused => kept.refused += 1,
            Fate::Failed => kept.failed += 1,
        }
    }

    /// What is known now.
    pub fn summary(&self) -> Summary {
        let (mut times, mut summary) = {
            let kept = self.lock();
            let summary = Summary {
                answered: kept.answered,
                refused: kept.refused,
                failed: kept.failed,
                spent: kept.spent,
                timed: kept.times.len(),
                ..Summary::default()
            };
            (kept.times.clone(), summary)
        };
        times.sort_unstable();
        let rank = |share: f64| (share * times.len() as f64).ceil() as usize;
        let quantile = |share| times.get(rank(share).saturating_sub(1)).copied();
        summary.p50 = quantile(0.5);
        summary.p99 = quantile(0.99);
        summary
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn time(&mut self, took: Duration) {
        match self.times.get_mut(self.next) {
            Some(oldest) => *oldest = took,
            None => self.times.push(took),
        }
        self.next = (self.next + 1) % KEPT;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_latest_answers_alone() {
        let recent = Recent::default();
        assert_eq!(recent.summary(), Summary::default());
        for _ in 0..100 {
            recent.note(Fate::Answered, Duration::from_secs(9));
        }
        for ms in 1..=1024 {
            recent.note(Fate::Answered, Duration::from_millis(ms));
        }
        recent.note(Fate::Refused, Duration::ZERO);
        recent.note(Fate::Failed, Duration::ZERO);
        let summary = recent.summary();
        assert_eq!(
            (summary.answered, summary.refused, summary.failed),
            (1124, 1, 1)
        );
        assert_eq!(summary.timed, KEPT);
        assert_eq!(summary.p50, Some(Duration::from_millis(512)));
        assert_eq!(summary.p99, Some(Duration::from_millis(1014)));
    }
}
