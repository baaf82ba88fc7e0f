//! Workers: which line a free one serves, and what it does there.
//! Must not know what the work is.

use super::job::{self, Job, MOST_LIGHT, MOST_QUICK, Waiting};
use super::line::{Line, Offer, Task};
use crate::metrics::Metrics;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A run that is expected to take longer than this is worth a second thread.
const WORTH_A_THREAD: Duration = Duration::from_micros(700);

/// Threads that are no workers and may work all the same: all of those that talk to clients but one.
const HELPERS: usize = 1;
/// A thread that is no worker works no longer than this before it leaves the rest to workers.
const HELP: Duration = Duration::from_millis(1);
/// Where more requests than these wait, a worker is woken though somebody helps.
const CROWD: usize = 8;

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
    /// Of the threads that are no workers, those that work.
    helpers: usize,
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
            Task::Begin(job) => self.begin(line, job, start),
            Task::Run(mut batch) => {
                batch.retain(Waiting::is_wanted);
                self.run(line, batch, threads, start)
            }
        }
    }

    fn begin(&self, line: u64, job: Job, start: Instant) -> MutexGuard<'_, State> {
        let is_heavy = job.is_heavy();
        let is_wanted = job.is_wanted();
        let mut pieces = Vec::new();
        if is_wanted {
            pieces = job.begin(self.workers);
        } else {
            drop(job);
        }
        let mut state = self.over(line, start);
        state.heavy -= usize::from(is_heavy);
        let count = pieces.len();
        if let Some(line) = state.lines.get_mut(&line)
            && is_wanted
        {
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
            let most_bytes = self.most_bytes(state);
            let mut soonest: Option<Instant> = None;
            let mut best: Option<(bool, Duration, u64)> = None;
            for (key, line) in &state.lines {
                match line.offer(most_bytes) {
                    Offer::Nothing => {}
                    Offer::At(at) => soonest = Some(soonest.map_or(at, |it| it.min(at))),
                    Offer::Now => {
                        let this = (line.is_spare, line.used, *key);
                        best = Some(best.map_or(this, |best| best.min(this)));
                    }
                }
            }
            let (_, _, key) = best.ok_or(soonest)?;
            let free = self.workers.saturating_sub(state.running);
            if let Some(taken) = self.take(state, key, most_bytes, free) {
                return Ok(taken);
            }
        }
    }

    /// The largest body that a worker may begin with now: one is left for others.
    fn most_bytes(&self, state: &State) -> usize {
        if state.heavy + 1 < self.workers.max(2) {
            usize::MAX
        } else {
            MOST_LIGHT
        }
    }

    /// What is next in this line, if there is something, for one of `free` workers that may begin requests of so many bytes.
    fn take(&self, state: &mut State, key: u64, most_bytes: usize, free: usize) -> Option<Taken> {
        let line = state.lines.get_mut(&key)?;
        let used = line.used;
        let task = line.take(most_bytes, free);
        self.count(line);
        let task = task?;
        let expected = match &task {
            Task::Run(batch) => line.expected(batch.iter().map(|it| it.piece.size()).sum()),
            Task::Begin(_) => Duration::ZERO,
        };
        if !line.is_empty() && !line.is_helped {
            // Somebody who sleeps may have been woken for nothing when this was still to be prepared.
            self.wake_one();
        }
        if !line.is_spare {
            state.clock = used;
        }
        let is_idle = state.busy == 0 && state.lines.values().all(Line::is_empty);
        let is_worth_it = is_idle && expected > WORTH_A_THREAD;
        state.busy += 1;
        match &task {
            Task::Begin(job) => state.heavy += usize::from(job.is_heavy()),
            Task::Run(_) => state.running += 1,
        }
        Some(Taken {
            line: key,
            task,
            threads: if is_worth_it { self.workers } else { 1 },
        })
    }

    /// Whether whoever puts `job` into the line `key` is to do it as well, or is sure that somebody does: that costs less than
    /// to wake a worker.
    pub(super) fn is_done_by_clients(&self, state: &State, key: u64, job: &Job) -> bool {
        let Some(line) = state.lines.get(&key) else {
            return false;
        };
        let may_help = state.helpers < HELPERS && state.busy < self.workers;
        (line.is_helped || may_help)
            && line.is_quick()
            && job.bytes() <= MOST_QUICK
            && line.depth() < CROWD
    }

    /// Does what waits in the line `key`, on a thread that is no worker, unless somebody else does.
    pub(super) fn help(&self, key: u64) {
        let start = Instant::now();
        let mut state = self.lock();
        let is_wanted = state
            .lines
            .get(&key)
            .is_some_and(|line| !line.is_helped && !line.is_empty());
        if !is_wanted {
            return;
        }
        if state.helpers >= HELPERS || state.busy >= self.workers {
            drop(state);
            return self.wake_one();
        }
        state.helpers += 1;
        if let Some(line) = state.lines.get_mut(&key) {
            line.is_helped = true;
        }
        while start.elapsed() < HELP && !state.stopped {
            let Some(taken) = self.take(&mut state, key, MOST_QUICK, 1) else {
                break;
            };
            drop(state);
            state = self.work_on(taken);
        }
        state.helpers -= 1;
        if let Some(line) = state.lines.get_mut(&key) {
            line.is_helped = false;
            if !line.is_empty() {
                drop(state);
                self.wake_one();
            }
        }
    }
}
