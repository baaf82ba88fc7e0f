//! Workers: which line a free one serves, and what it does there.
//! Must not know what the work is.

use super::job::{self, Begin, Job, Waiting};
use super::line::{Line, Offer, Task};
use crate::metrics::Metrics;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A run that is expected to take longer than this is worth a second thread.
const WORTH_A_THREAD: Duration = Duration::from_micros(700);

pub(super) struct Shared {
    state: Mutex<State>,
    work: Condvar,
    pub(super) metrics: Arc<Metrics>,
    workers: usize,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) lines: BTreeMap<u64, Line>,
    /// The next line's key.
    pub(super) next: u64,
    /// The time that the line had used from which work was taken last.
    pub(super) clock: Duration,
    pub(super) stopped: bool,
    /// Workers that run a model.
    running: usize,
    /// Workers that do anything.
    busy: usize,
    /// Workers that prepare something heavy.
    heavy: usize,
}

/// What a worker took, and what it must know to do it.
struct Taken {
    line: u64,
    task: Task,
    threads: usize,
}

impl Shared {
    pub(super) fn new(workers: usize, metrics: Arc<Metrics>) -> Shared {
        Shared {
            state: Mutex::default(),
            work: Condvar::new(),
            metrics,
            workers,
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wake_one(&self) {
        self.work.notify_one();
    }

    pub(super) fn wake_all(&self) {
        self.work.notify_all();
    }

    pub(super) fn count(&self, line: &Line) {
        if !line.is_spare {
            self.metrics.queue_is(&line.name, line.depth());
        }
    }

    /// Works until the pool is stopped.
    pub(super) fn serve(&self) {
        let mut state = self.lock();
        while let Some((taken, held)) = self.next(state) {
            drop(held);
            state = self.work_on(taken);
        }
    }

    fn work_on(
        &self,
        Taken {
            line,
            task,
            threads,
        }: Taken,
    ) -> MutexGuard<'_, State> {
        let start = Instant::now();
        match task {
            Task::Begin(job) if !job.is_wanted() => {
                let is_heavy = job.is_heavy();
                drop(job);
                let mut state = self.over(line, start);
                state.heavy -= usize::from(is_heavy);
                state
            }
            Task::Begin(Job::Whole(whole)) => {
                // It has told whoever waits.
                catch_unwind(AssertUnwindSafe(whole.run)).ok();
                self.over(line, start)
            }
            Task::Begin(job @ Job::Shared(_)) => {
                let is_heavy = job.is_heavy();
                let Job::Shared(begin) = job else {
                    return self.over(line, start);
                };
                self.begin(line, begin, is_heavy, start)
            }
            Task::Run(mut batch) => {
                batch.retain(Waiting::is_wanted);
                self.run(line, batch, threads, start)
            }
        }
    }

    fn begin(
        &self,
        line: u64,
        begin: Begin,
        is_heavy: bool,
        start: Instant,
    ) -> MutexGuard<'_, State> {
        let pieces = begin.begin(self.workers);
        let mut state = self.over(line, start);
        state.heavy -= usize::from(is_heavy);
        let count = pieces.len();
        if let Some(line) = state.lines.get_mut(&line) {
            line.prepared(start.elapsed());
            line.push_pieces(pieces);
            self.count(line);
        }
        // This worker takes one of them.
        (1..count).for_each(|_| self.wake_one());
        state
    }

    fn run(
        &self,
        line: u64,
        batch: Vec<Waiting>,
        threads: usize,
        start: Instant,
    ) -> MutexGuard<'_, State> {
        let size: usize = batch.iter().map(|waiting| waiting.piece.size()).sum();
        let rows: usize = batch.iter().map(|waiting| waiting.piece.rows()).sum();
        job::run(batch, threads);
        let mut state = self.over(line, start);
        state.running -= 1;
        if let Some(line) = state.lines.get_mut(&line)
            && size > 0
        {
            line.ran(size, start.elapsed());
            self.metrics.batch_ran(&line.name, rows);
        }
        state
    }

    fn over(&self, line: u64, start: Instant) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        state.busy -= 1;
        if let Some(line) = state.lines.get_mut(&line) {
            line.used += start.elapsed();
        }
        state
    }

    /// Of the line that has used the least time, what is next there.
    fn next<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
    ) -> Option<(Taken, MutexGuard<'a, State>)> {
        loop {
            if state.stopped {
                return None;
            }
            match self.choose(&mut state) {
                Ok(taken) => return Some((taken, state)),
                Err(None) => {
                    let waited = self.work.wait(state);
                    state = waited.unwrap_or_else(PoisonError::into_inner);
                }
                Err(Some(at)) => {
                    let within = at.saturating_duration_since(Instant::now());
                    let waited = self.work.wait_timeout(state, within);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }

    /// What to do, or when there may be something at the latest.
    fn choose(&self, state: &mut State) -> Result<Taken, Option<Instant>> {
        loop {
            let may_be_heavy = state.heavy + 1 < self.workers.max(2);
            let mut soonest: Option<Instant> = None;
            let mut best: Option<(bool, Duration, u64)> = None;
            for (key, line) in &state.lines {
                match line.offer(may_be_heavy) {
                    Offer::Nothing => {}
                    Offer::At(at) => soonest = Some(soonest.map_or(at, |it| it.min(at))),
                    Offer::Now => {
                        let this = (line.is_spare, line.used, *key);
                        best = Some(best.map_or(this, |best| best.min(this)));
                    }
                }
            }
            let (is_spare, used, key) = best.ok_or(soonest)?;
            let free = self.workers - state.running;
            let Some(line) = state.lines.get_mut(&key) else {
                continue;
            };
            let task = line.take(may_be_heavy, free);
            self.count(line);
            let Some(task) = task else {
                continue;
            };
            let expected = match &task {
                Task::Run(batch) => line.expected(batch.iter().map(|it| it.piece.size()).sum()),
                Task::Begin(_) => Duration::ZERO,
            };
            if !is_spare {
                state.clock = used;
            }
            if !line.is_empty() {
                // Somebody who sleeps may have been woken for nothing when this was still to be prepared.
                self.wake_one();
            }
            let is_idle = state.busy == 0 && state.lines.values().all(Line::is_empty);
            let threads = if is_idle && expected > WORTH_A_THREAD {
                self.workers
            } else {
                1
            };
            state.busy += 1;
            match &task {
                Task::Begin(job) => state.heavy += usize::from(job.is_heavy()),
                Task::Run(_) => state.running += 1,
            }
            return Ok(Taken {
                line: key,
                task,
                threads,
            });
        }
    }
}
