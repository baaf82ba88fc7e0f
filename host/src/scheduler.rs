//! Who runs when: a bounded queue a model, one pool of worker threads, deadlines.
//! Must not know what the work is.

use crate::metrics::Metrics;
use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Why work was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// As many requests wait as the queue may hold.
    #[error("the queue is full ({0} requests are waiting); try again")]
    Full(usize),
    /// The deadline passed before the answer was there.
    #[error("no answer within {} ms", .0.as_millis())]
    Deadline(Duration),
    /// The process is ending.
    #[error("the server is shutting down")]
    Stopped,
    /// The work itself panicked.
    #[error("the work panicked; see the log")]
    Panicked,
}

/// The pool: dropping the last handle ends its threads.
pub struct Scheduler {
    shared: Arc<Shared>,
}

/// Makes places in a pool, and does not keep the pool alive.
#[derive(Clone)]
pub struct Places(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    work: Condvar,
    metrics: Arc<Metrics>,
}

struct State {
    lines: BTreeMap<u64, Line>,
    /// The next line's key.
    next: u64,
    /// The time that the line had used from which work was taken last.
    clock: Duration,
    stopped: bool,
}

/// The waiting requests of one model.
struct Line {
    name: String,
    jobs: VecDeque<Job>,
    /// Worker time used, counted so that a line that was empty has no claim to the time it left to others:
    /// start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996) with equal weights.
    used: Duration,
    /// Whether every other line comes first.
    is_spare: bool,
}

struct Job {
    deadline: Instant,
    run: Box<dyn FnOnce() + Send>,
    /// Whether whoever asked still waits.
    is_wanted: Box<dyn Fn() -> bool + Send>,
}

/// A model's place in the pool; what waits there is dropped with its last handle.
#[derive(Clone)]
pub struct Queue(Arc<Place>);

struct Place {
    shared: Arc<Shared>,
    line: u64,
    capacity: AtomicUsize,
}

impl Drop for Place {
    fn drop(&mut self) {
        // Dropped after the lock is given back: what waits in it may hold other places.
        let line = self.shared.lock().lines.remove(&self.line);
        drop(line);
    }
}

/// What came out of a piece of work, and how long it waited for a worker.
pub struct Done<T> {
    /// The result.
    pub value: T,
    /// Time in the queue.
    pub waited: Duration,
}

impl Scheduler {
    /// Starts `threads` workers.
    pub fn start(threads: usize, metrics: Arc<Metrics>) -> std::io::Result<Scheduler> {
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                lines: BTreeMap::new(),
                next: 0,
                clock: Duration::ZERO,
                stopped: false,
            }),
            work: Condvar::new(),
            metrics,
        });
        for index in 0..threads.max(1) {
            let shared = shared.clone();
            std::thread::Builder::new()
                .name(format!("worker-{index}"))
                .spawn(move || shared.serve())?;
        }
        Ok(Scheduler { shared })
    }

    /// What makes places in this pool.
    pub fn places(&self) -> Places {
        Places(self.shared.clone())
    }
}

impl Places {
    /// A queue that holds at most `capacity` waiting requests of the model `name`.
    pub fn queue(&self, name: &str, capacity: usize) -> Queue {
        self.place(name, capacity, false)
    }

    /// As [`Places::queue`], for work that is done only while no other waits; its depth is not counted.
    pub fn spare(&self, name: &str, capacity: usize) -> Queue {
        self.place(name, capacity, true)
    }

    fn place(&self, name: &str, capacity: usize, is_spare: bool) -> Queue {
        let mut state = self.0.lock();
        let line = state.next;
        state.next += 1;
        let used = state.clock;
        let name = name.to_owned();
        state.lines.insert(
            line,
            Line {
                name,
                jobs: VecDeque::new(),
                used,
                is_spare,
            },
        );
        Queue(Arc::new(Place {
            shared: self.0.clone(),
            line,
            capacity: AtomicUsize::new(capacity),
        }))
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.stopped = true;
        for line in state.lines.values_mut() {
            line.jobs.clear();
        }
        self.shared.work.notify_all();
    }
}

impl Queue {
    /// Holds at most so many waiting requests from now on.
    pub fn hold(&self, capacity: usize) {
        self.0.capacity.store(capacity, Ordering::Relaxed);
    }

    /// Runs `work` on a worker and waits for its value, at most `within`.
    /// Work that nobody waits for any more when its turn comes is dropped.
    pub async fn run<T: Send + 'static>(
        &self,
        within: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Done<T>, Rejected> {
        let queued = Instant::now();
        let (sender, receiver) = oneshot::channel();
        let sender = Arc::new(Mutex::new(Some(sender)));
        let wanted = sender.clone();
        let job = Job {
            deadline: queued + within,
            is_wanted: Box::new(move || {
                let sender = wanted.lock().unwrap_or_else(PoisonError::into_inner);
                sender
                    .as_ref()
                    .is_some_and(|sender: &oneshot::Sender<_>| !sender.is_closed())
            }),
            run: Box::new(move || {
                let waited = queued.elapsed();
                let value = catch_unwind(AssertUnwindSafe(work))
                    .map(|value| Done { value, waited })
                    .map_err(|_| Rejected::Panicked);
                let mut sender = sender.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(sender) = sender.take() {
                    // The receiver may be gone: then nobody wants the value.
                    sender.send(value).ok();
                }
            }),
        };
        self.push(job)?;
        match tokio::time::timeout(within, receiver).await {
            Ok(Ok(result)) => result,
            // The pool dropped the job: it was stopped, or its deadline had passed.
            Ok(Err(_)) if queued.elapsed() < within => Err(Rejected::Stopped),
            Ok(Err(_)) | Err(_) => Err(Rejected::Deadline(within)),
        }
    }

    fn push(&self, job: Job) -> Result<(), Rejected> {
        let place = &self.0;
        let capacity = place.capacity.load(Ordering::Relaxed);
        let mut state = place.shared.lock();
        let (clock, is_stopped) = (state.clock, state.stopped);
        let line = match state.lines.get_mut(&place.line) {
            Some(line) if !is_stopped => line,
            _ => return Err(Rejected::Stopped),
        };
        if line.jobs.len() >= capacity {
            // What nobody waits for any more must not keep others out.
            line.jobs.retain(|job| (job.is_wanted)());
            if line.jobs.len() >= capacity {
                return Err(Rejected::Full(line.jobs.len()));
            }
        }
        if line.jobs.is_empty() {
            line.used = line.used.max(clock);
        }
        line.jobs.push_back(job);
        place.shared.count(line);
        place.shared.work.notify_one();
        Ok(())
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, line: &Line) {
        if !line.is_spare {
            self.metrics.queue_is(&line.name, line.jobs.len());
        }
    }

    fn serve(&self) {
        while let Some((line, job)) = self.next() {
            if job.deadline > Instant::now() && (job.is_wanted)() {
                let start = Instant::now();
                (job.run)();
                if let Some(line) = self.lock().lines.get_mut(&line) {
                    line.used += start.elapsed();
                }
            }
        }
    }

    /// The oldest job of the line that has used the least time, and that line.
    fn next(&self) -> Option<(u64, Job)> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            let waiting = state.lines.iter_mut();
            let waiting = waiting.filter(|(_, line)| !line.jobs.is_empty());
            let least = waiting.min_by_key(|(_, line)| (line.is_spare, line.used));
            if let Some((&key, line)) = least
                && let Some(job) = line.jobs.pop_front()
            {
                self.count(line);
                let (used, is_spare) = (line.used, line.is_spare);
                if !is_spare {
                    state.clock = used;
                }
                return Some((key, job));
            }
            state = self
                .work
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    const LONG: Duration = Duration::from_secs(60);

    fn scheduler() -> Scheduler {
        let metrics = Arc::new(Metrics::new().expect("metrics register"));
        Scheduler::start(1, metrics).expect("threads start")
    }

    /// Occupies the only worker until the returned sender is dropped.
    async fn occupy(queue: &Queue) -> mpsc::Sender<()> {
        let (release, wait) = mpsc::channel::<()>();
        let (started, is_started) = oneshot::channel();
        let queue = queue.clone();
        tokio::spawn(async move {
            let work = move || {
                started.send(()).ok();
                wait.recv().ok();
            };
            queue.run(LONG, work).await.ok();
        });
        is_started.await.expect("the worker takes it");
        release
    }

    #[tokio::test]
    async fn a_full_queue_turns_requests_away() {
        let scheduler = scheduler();
        let queue = scheduler.places().queue("m", 1);
        let release = occupy(&queue).await;
        let waiting = tokio::spawn({
            let queue = queue.clone();
            async move { queue.run(LONG, || 1).await.map(|done| done.value) }
        });
        // On this runtime's one thread the task runs until it waits: its job is in the queue then.
        tokio::task::yield_now().await;
        let full = queue.run(LONG, || 2).await.map(|done| done.value);
        assert_eq!(full, Err(Rejected::Full(1)));
        drop(release);
        assert_eq!(waiting.await.expect("joins"), Ok(1));
    }

    #[tokio::test]
    async fn work_whose_deadline_passed_is_not_begun() {
        let scheduler = scheduler();
        let queue = scheduler.places().queue("m", 8);
        let release = occupy(&queue).await;
        let (begun, is_begun) = mpsc::channel();
        let late = queue
            .run(Duration::from_millis(5), move || begun.send(()).ok())
            .await;
        assert!(matches!(late, Err(Rejected::Deadline(_))));
        drop(release);
        assert_eq!(queue.run(LONG, || 3).await.map(|done| done.value), Ok(3));
        assert!(is_begun.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_panic_ends_one_request_and_not_the_worker() {
        let scheduler = scheduler();
        let queue = scheduler.places().queue("m", 8);
        let broken = queue.run(LONG, || -> i32 { panic!("on purpose") }).await;
        assert!(matches!(broken, Err(Rejected::Panicked)));
        assert_eq!(queue.run(LONG, || 4).await.map(|done| done.value), Ok(4));
    }

    #[tokio::test]
    async fn a_place_that_is_given_up_leaves_nothing_behind() {
        let scheduler = scheduler();
        let queue = scheduler.places().queue("m", 8);
        drop(queue);
        assert!(scheduler.shared.lock().lines.is_empty());
    }

    #[tokio::test]
    async fn spare_work_waits_for_all_other() {
        let scheduler = scheduler();
        let (spare, queue) = (
            scheduler.places().spare("m", 8),
            scheduler.places().queue("m", 8),
        );
        let release = occupy(&queue).await;
        let (order, seen) = mpsc::channel();
        let mut waiting = Vec::new();
        for (name, queue) in [("spare", &spare), ("first", &queue), ("second", &queue)] {
            let (queue, order) = (queue.clone(), order.clone());
            waiting.push(tokio::spawn(async move {
                queue.run(LONG, move || order.send(name).ok()).await.ok();
            }));
            tokio::task::yield_now().await;
        }
        drop(release);
        for task in waiting {
            task.await.expect("joins");
        }
        let order: Vec<_> = seen.try_iter().collect();
        assert_eq!(order, ["first", "second", "spare"]);
    }

    #[tokio::test]
    async fn models_take_turns() {
        let scheduler = scheduler();
        let (busy, quiet) = (
            scheduler.places().queue("busy", 64),
            scheduler.places().queue("quiet", 64),
        );
        let release = occupy(&busy).await;
        let (order, seen) = mpsc::channel();
        let mut waiting = Vec::new();
        for (name, queue, count) in [("busy", &busy, 5), ("quiet", &quiet, 1)] {
            for _ in 0..count {
                let (queue, order) = (queue.clone(), order.clone());
                waiting.push(tokio::spawn(async move {
                    queue.run(LONG, move || order.send(name).ok()).await.ok();
                }));
                tokio::task::yield_now().await;
            }
        }
        drop(release);
        for task in waiting {
            task.await.expect("joins");
        }
        let first_two: Vec<_> = seen.try_iter().take(2).collect();
        assert!(first_two.contains(&"quiet"), "{first_two:?}");
    }
}
