//! Who runs when: a bounded queue a model, one pool of worker threads, deadlines, runs of the model that requests share.
//! Must not know what a request says.

mod job;
mod line;
mod worker;

use self::job::{Begin, Job, Sender, Work};
use self::line::Line;
use self::worker::Shared;
use crate::metrics::Metrics;
use crate::pipeline::{Answer, Error, Pipeline, Request};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
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
        let threads = threads.max(1);
        let shared = Arc::new(Shared::new(threads, metrics));
        for index in 0..threads {
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
        state.lines.insert(line, Line::new(name, used, is_spare));
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
        let lines = std::mem::take(&mut state.lines);
        drop(state);
        self.shared.wake_all();
        // Dropped after the lock is given back: what waits in them may hold places.
        drop(lines);
    }
}

impl Queue {
    /// Holds at most so many waiting requests from now on; a run that could be larger waits so long for more.
    pub fn hold(&self, capacity: usize, wait: Duration) {
        let place = &self.0;
        place.capacity.store(capacity, Ordering::Relaxed);
        if let Some(line) = place.shared.lock().lines.get_mut(&place.line) {
            line.wait = wait;
        }
    }

    /// Has `pipeline` answer `request`, and waits for what `finish` makes of the answer on the worker, at most `within`.
    /// Its way through the model may be shared with other requests. What nobody waits for any more is not begun.
    pub async fn predict<T: Send + 'static>(
        &self,
        within: Duration,
        pipeline: Arc<Pipeline>,
        request: Request,
        finish: impl FnOnce(Result<Answer, Error>) -> T + Send + 'static,
    ) -> Result<Done<T>, Rejected> {
        let queued = Instant::now();
        let (sender, receiver) = oneshot::channel();
        let reply = Box::new(Sender {
            sender,
            make: finish,
        });
        let begin = Begin {
            pipeline,
            request,
            reply,
            span: tracing::Span::current(),
        };
        let job = Job {
            queued,
            deadline: queued + within,
            work: Work::Shared(begin),
        };
        if self.push(job)? {
            // Other clients' requests that are there by now share the run.
            tokio::task::yield_now().await;
            self.0.shared.help(self.0.line);
        }
        wait(receiver, queued, within).await
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
        let whole = Box::new(Sender { sender, make: work });
        self.push(Job {
            queued,
            deadline: queued + within,
            work: Work::Whole(whole),
        })?;
        wait(receiver, queued, within).await
    }

    /// How many requests wait in it now.
    pub fn depth(&self) -> usize {
        let state = self.0.shared.lock();
        state.lines.get(&self.0.line).map_or(0, Line::depth)
    }

    /// Whether it is left to whoever asked.
    fn push(&self, job: Job) -> Result<bool, Rejected> {
        let place = &self.0;
        let capacity = place.capacity.load(Ordering::Relaxed);
        // Dropped after the lock is given back: it may hold other places.
        let mut unwanted = None;
        let mut state = place.shared.lock();
        let is_left = place.shared.is_done_by_clients(&state, place.line, &job);
        let (clock, is_stopped) = (state.clock, state.stopped);
        let line = match state.lines.get_mut(&place.line) {
            Some(line) if !is_stopped => line,
            _ => return Err(Rejected::Stopped),
        };
        if line.depth() >= capacity {
            // What nobody waits for any more must not keep others out.
            unwanted.replace(line.unwanted());
            if line.depth() >= capacity {
                let full = Rejected::Full(line.depth());
                drop(state);
                return Err(full);
            }
        }
        if line.is_empty() {
            line.used = line.used.max(clock);
        }
        line.push(job);
        place.shared.count(line);
        drop(state);
        if !is_left {
            place.shared.wake_one();
        }
        Ok(is_left)
    }
}

async fn wait<T>(
    receiver: oneshot::Receiver<Result<Done<T>, Rejected>>,
    queued: Instant,
    within: Duration,
) -> Result<Done<T>, Rejected> {
    match tokio::time::timeout(within, receiver).await {
        Ok(Ok(result)) => result,
        // The pool dropped the job: it was stopped, or its deadline had passed.
        Ok(Err(_)) if queued.elapsed() < within => Err(Rejected::Stopped),
        Ok(Err(_)) | Err(_) => Err(Rejected::Deadline(within)),
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

    /// Puts work into the queue that says `name` when its turn comes.
    async fn wait_for_a_turn(
        queue: &Queue,
        name: &'static str,
        order: &mpsc::Sender<&'static str>,
    ) -> tokio::task::JoinHandle<()> {
        let (queue, order) = (queue.clone(), order.clone());
        let waiting = tokio::spawn(async move {
            queue.run(LONG, move || order.send(name).ok()).await.ok();
        });
        // On this runtime's one thread the task runs until it waits: its job is in the queue then.
        tokio::task::yield_now().await;
        waiting
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
            waiting.push(wait_for_a_turn(queue, name, &order).await);
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
                waiting.push(wait_for_a_turn(queue, name, &order).await);
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
