//! A line: what waits of one model, and which part of it a free worker takes next.
//! Must not know other lines, nor what work is.

use super::job::{Job, Waiting};
use crate::pipeline::Batching;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Requests are prepared for one run no longer than this, however many wait.
const GATHER: Duration = Duration::from_millis(2);
/// What is expected of the next one is so much of what the last ones took.
const MEMORY: f64 = 0.8;
/// A request that takes no longer costs less than to wake a thread for it and another for its answer.
const QUICK: f64 = 300e-6;

/// The waiting requests of one model.
pub(super) struct Line {
    pub(super) name: String,
    jobs: VecDeque<Job>,
    pieces: VecDeque<Waiting>,
    /// Worker time used, counted so that a line that was empty has no claim to the time it left to others:
    /// start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996) with equal weights.
    pub(super) used: Duration,
    /// Whether every other line comes first.
    pub(super) is_spare: bool,
    /// Whether a thread that is no worker does what waits here.
    pub(super) is_helped: bool,
    /// How long a run that could be larger waits.
    pub(super) wait: Duration,
    /// Seconds that the first stage takes.
    preparing: f64,
    /// Seconds that the model takes for each row of length 1.
    running: f64,
    /// Seconds that a request takes from the model to its answer, with those that share its run.
    alone: f64,
}

/// What a worker is to do.
pub(super) enum Task {
    /// Work that is done in one go, or a request's first stage.
    Begin(Job),
    /// The model, for all of these at once.
    Run(Vec<Waiting>),
}

/// What a line has for a worker.
pub(super) enum Offer {
    /// Something.
    Now,
    /// Something, at this time.
    At(Instant),
    /// Nothing.
    Nothing,
}

impl Line {
    pub(super) fn new(name: &str, used: Duration, is_spare: bool) -> Line {
        Line {
            name: name.to_owned(),
            jobs: VecDeque::new(),
            pieces: VecDeque::new(),
            used,
            is_spare,
            is_helped: false,
            wait: Duration::ZERO,
            preparing: 0.0,
            running: 0.0,
            alone: 0.0,
        }
    }

    /// How many requests wait.
    pub(super) fn depth(&self) -> usize {
        let first = |waiting: &&Waiting| waiting.is_first();
        self.jobs.len() + self.pieces.iter().filter(first).count()
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.pieces.is_empty()
    }

    pub(super) fn push(&mut self, job: Job) {
        self.jobs.push_back(job);
    }

    /// The later parts of a large request come after the small ones that come while the earlier ones run.
    pub(super) fn push_pieces(&mut self, pieces: Vec<Waiting>) {
        let mut ahead = Duration::ZERO;
        for mut waiting in pieces {
            waiting.turn += ahead;
            ahead += self.expected(waiting.piece.size());
            self.pieces.push_back(waiting);
        }
    }

    /// Takes out what nobody waits for any more.
    pub(super) fn unwanted(&mut self) -> impl Sized + use<> {
        let jobs = std::mem::take(&mut self.jobs).into_iter();
        let (wanted, jobs): (VecDeque<Job>, VecDeque<Job>) = jobs.partition(Job::is_wanted);
        let pieces = std::mem::take(&mut self.pieces).into_iter();
        let (ready, pieces): (VecDeque<Waiting>, VecDeque<Waiting>) =
            pieces.partition(Waiting::is_wanted);
        (self.jobs, self.pieces) = (wanted, ready);
        (jobs, pieces)
    }

    /// How long the model may take for pieces of so much in all.
    pub(super) fn expected(&self, size: usize) -> Duration {
        Duration::from_secs_f64(self.running * size as f64)
    }

    /// Whether requests take so little that a thread of another kind may do them; unknown before some have been answered.
    pub(super) fn is_quick(&self) -> bool {
        self.wait.is_zero() && self.alone > 0.0 && self.preparing + self.alone < QUICK
    }

    pub(super) fn prepared(&mut self, took: Duration) {
        learn(&mut self.preparing, took.as_secs_f64());
    }

    pub(super) fn ran(&mut self, size: usize, took: Duration) {
        learn(&mut self.alone, took.as_secs_f64());
        learn(&mut self.running, took.as_secs_f64() / size.max(1) as f64);
    }

    /// Whether there is something to do, for a worker that may begin requests of so many bytes.
    pub(super) fn offer(&self, most_bytes: usize) -> Offer {
        if self.next_job(most_bytes).is_some() {
            return Offer::Now;
        }
        let first = self.pieces.iter().map(|waiting| waiting.turn).min();
        match first {
            None => Offer::Nothing,
            Some(_) if self.wait.is_zero() || self.is_full() => Offer::Now,
            Some(turn) => match turn + self.wait {
                at if at <= Instant::now() => Offer::Now,
                at => Offer::At(at),
            },
        }
    }

    fn next_job(&self, most_bytes: usize) -> Option<usize> {
        let jobs = self.jobs.iter().enumerate();
        let allowed = jobs.filter(|(_, job)| job.bytes() <= most_bytes);
        let (index, _) = allowed.min_by_key(|(_, job)| job.turn())?;
        Some(index)
    }

    /// Whether the largest run is filled.
    fn is_full(&self) -> bool {
        let rows: usize = self.pieces.iter().map(|waiting| waiting.piece.rows()).sum();
        let first = self.pieces.front();
        rows >= first.map_or(1, |it| it.of.pipeline.batching().most_rows())
    }

    /// The next thing to do. Requests are prepared first, so that a run can be shared, unless that takes longer than it gains.
    /// The worker may begin requests of so many bytes; `free` workers, this one among them, could run the model.
    pub(super) fn take(&mut self, most_bytes: usize, free: usize) -> Option<Task> {
        let gathering = self.preparing * (self.pieces.len() + 1) as f64;
        let first = self.pieces.front().map_or(0, |it| it.piece.size());
        let patience = GATHER.max(self.expected(first) / 4).as_secs_f64();
        let is_gathering = self.pieces.is_empty() || (!self.is_full() && gathering < patience);
        if is_gathering && let Some(index) = self.next_job(most_bytes) {
            return self.jobs.remove(index).map(Task::Begin);
        }
        if let Some(batch) = self.batch(free) {
            return Some(Task::Run(batch));
        }
        let index = self.next_job(most_bytes)?;
        self.jobs.remove(index).map(Task::Begin)
    }

    /// Takes the piece whose turn it is, and those that fit with it: the nearest in length first, and no more than this
    /// worker's share of what waits.
    fn batch(&mut self, free: usize) -> Option<Vec<Waiting>> {
        let turns = self.pieces.iter().enumerate();
        let (seed, _) = turns.min_by_key(|(_, waiting)| waiting.turn)?;
        let first = &self.pieces[seed];
        let pipeline = first.of.pipeline.clone();
        let Batching::On(joining) = pipeline.batching() else {
            return self.pieces.remove(seed).map(|one| vec![one]);
        };
        let length = first.piece.length();
        let alike = |waiting: &Waiting| Arc::ptr_eq(&waiting.of.pipeline, &pipeline);
        let rows: usize = self
            .pieces
            .iter()
            .filter(|it| alike(it))
            .map(|it| it.piece.rows())
            .sum();
        // Who waits for more does not share what came.
        let share = if self.wait.is_zero() {
            rows.div_ceil(free.max(1))
        } else {
            rows
        };
        let mut order: Vec<usize> = (0..self.pieces.len()).filter(|it| *it != seed).collect();
        order.retain(|index| alike(&self.pieces[*index]));
        order.sort_by_key(|index| {
            let waiting = &self.pieces[*index];
            (waiting.piece.length().abs_diff(length), waiting.turn)
        });
        let mut chosen = vec![seed];
        let mut pieces = vec![&first.piece];
        let mut rows = first.piece.rows();
        for index in order {
            let next = &self.pieces[index].piece;
            if rows + next.rows() <= share && joining.fits(&pieces, next) {
                rows += next.rows();
                pieces.push(next);
                chosen.push(index);
            }
        }
        chosen.truncate(joining.taken(&pieces));
        chosen.sort_unstable();
        let taken = chosen
            .into_iter()
            .rev()
            .filter_map(|index| self.pieces.remove(index));
        let mut taken: Vec<Waiting> = taken.collect();
        taken.reverse();
        Some(taken)
    }
}

fn learn(known: &mut f64, seen: f64) {
    *known = if *known == 0.0 {
        seen
    } else {
        *known * MEMORY + seen * (1.0 - MEMORY)
    };
}
