//! The loops: closed, where a client sends when it has its answer, and open, where requests are sent when they are due.
//! Must not know what a request says, nor what is made of the times.

use super::client::{Answer, Client, Fault};
use super::{Error, Tally, Target};
use bytes::Bytes;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Requests of an open loop that may be without an answer; those that are due then wait, and their time runs.
pub const OUTSTANDING: usize = 512;
/// How long a client waits after a connection failed: a server that is gone must not be asked a million times.
const PAUSE: Duration = Duration::from_millis(10);

/// What is sent, and how long.
pub struct Load {
    client: Client,
    bodies: Vec<Bytes>,
    turn: AtomicUsize,
    lasts: Duration,
    warm_up: Duration,
}

/// What decides when a request is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// So many clients, each of which sends its next request when it has its answer.
    Clients(usize),
    /// So many requests a second, whatever becomes of them.
    Rate(f64),
}

/// What one pace came to.
#[derive(Debug)]
pub struct Measurement {
    /// The pace.
    pub pace: Pace,
    /// What became of the requests.
    pub tally: Tally,
    /// Answers with 200 a second.
    pub throughput: f64,
}

/// When a measurement begins to count and when its last request may be sent.
#[derive(Clone, Copy)]
struct Span {
    start: Instant,
    end: Instant,
}

impl Load {
    /// Sends `bodies` in turn to `target`, for `lasts` after a shorter time that does not count.
    ///
    /// # Errors
    /// The target cannot be written into a request.
    pub fn new(target: &Target, bodies: Vec<Bytes>, lasts: Duration) -> Result<Load, Error> {
        let client = Client::new(target).map_err(|fault| Error::Unreachable {
            address: target.address.clone(),
            fault,
        })?;
        let (least, most) = (Duration::from_millis(100), Duration::from_secs(2));
        Ok(Load {
            client,
            bodies,
            turn: AtomicUsize::new(0),
            lasts,
            warm_up: (lasts / 4).clamp(least, most),
        })
    }

    /// How long each pace is measured.
    pub fn lasts(&self) -> Duration {
        self.lasts
    }

    /// How long each pace runs before it is measured.
    pub fn warm_up(&self) -> Duration {
        self.warm_up
    }

    pub(super) fn client(&self) -> Client {
        self.client.another()
    }

    pub(super) fn next_body(&self) -> Bytes {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        self.bodies
            .get(turn % self.bodies.len().max(1))
            .cloned()
            .unwrap_or_default()
    }

    /// Runs at one pace, and waits for every answer.
    pub async fn measure(self: &Arc<Load>, pace: Pace) -> Measurement {
        let begin = Instant::now();
        let start = begin + self.warm_up;
        let span = Span {
            start,
            end: start + self.lasts,
        };
        let tally = Arc::new(Mutex::new(Tally::new()));
        match pace {
            Pace::Clients(clients) => closed(self, clients, span, &tally).await,
            Pace::Rate(rate) => open(self, rate, begin, span, &tally).await,
        }
        let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = std::mem::replace(&mut *tally, Tally::new());
        Measurement {
            pace,
            throughput: tally.in_time as f64 / self.lasts.as_secs_f64(),
            tally,
        }
    }
}

impl Span {
    /// Counts what was due at `due` and has come to `outcome` now.
    fn count(self, tally: &Mutex<Tally>, due: Instant, outcome: &Result<Answer, Fault>) {
        let now = Instant::now();
        let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
        let is_ok = matches!(outcome, Ok(answer) if answer.status == 200);
        if is_ok && (self.start..=self.end).contains(&now) {
            tally.in_time += 1;
        }
        if due >= self.start {
            tally.note(now - due, outcome);
        }
    }
}

async fn closed(load: &Arc<Load>, clients: usize, span: Span, tally: &Arc<Mutex<Tally>>) {
    let mut running = JoinSet::new();
    for _ in 0..clients {
        let (load, tally) = (load.clone(), tally.clone());
        running.spawn(async move {
            let mut client = load.client();
            loop {
                let sent = Instant::now();
                if sent >= span.end {
                    return;
                }
                let outcome = client.post(load.next_body()).await;
                span.count(&tally, sent, &outcome);
                if outcome.is_err() {
                    #[allow(clippy::disallowed_methods, reason = "a pause between tries")]
                    tokio::time::sleep(PAUSE).await;
                }
            }
        });
    }
    running.join_all().await;
}

async fn open(load: &Arc<Load>, rate: f64, begin: Instant, span: Span, tally: &Arc<Mutex<Tally>>) {
    let slots = Arc::new(Semaphore::new(OUTSTANDING));
    let schedule = Schedule {
        load: load.clone(),
        idle: Arc::default(),
        slots: slots.clone(),
        tally: tally.clone(),
        begin,
        span,
        rate,
    };
    // A thread of its own: tokio's clock ticks in milliseconds, which would be part of every time.
    let pacing = tokio::task::spawn_blocking(move || schedule.run(&Handle::current()));
    if let Err(panic) = pacing.await {
        std::panic::resume_unwind(panic.into_panic());
    }
    // All slots are free once all answers are there.
    let all = u32::try_from(OUTSTANDING).unwrap_or(u32::MAX);
    drop(slots.acquire_many(all).await);
}

/// Requests that are sent at their time.
struct Schedule {
    load: Arc<Load>,
    /// Clients that have their answer; the one that got it last is the next to be used.
    idle: Arc<Mutex<Vec<Client>>>,
    slots: Arc<Semaphore>,
    tally: Arc<Mutex<Tally>>,
    begin: Instant,
    span: Span,
    rate: f64,
}

impl Schedule {
    fn run(self, runtime: &Handle) {
        for number in 0_u64.. {
            let due = self.due(number);
            if due >= self.span.end {
                return;
            }
            wait_until(due);
            if !self.send(due, runtime) {
                let left = (number..).map(|number| self.due(number));
                let left = left
                    .skip_while(|due| *due < self.span.start)
                    .take_while(|due| *due < self.span.end);
                let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
                tally.unsent = left.count() as u64;
                return;
            }
        }
    }

    fn due(&self, number: u64) -> Instant {
        self.begin + Duration::from_secs_f64(number as f64 / self.rate)
    }

    /// Sends what is due at `due` as soon as it may; false where the end comes first.
    fn send(&self, due: Instant, runtime: &Handle) -> bool {
        let slot = match self.slots.clone().try_acquire_owned() {
            Ok(slot) => slot,
            Err(_) => {
                let waiting = self.slots.clone().acquire_owned();
                let end = self.span.end.into();
                match runtime.block_on(tokio::time::timeout_at(end, waiting)) {
                    Ok(Ok(slot)) => slot,
                    _ => return false,
                }
            }
        };
        let client = lock(&self.idle).pop();
        let mut client = client.unwrap_or_else(|| self.load.client());
        let body = self.load.next_body();
        let (idle, tally, span) = (self.idle.clone(), self.tally.clone(), self.span);
        runtime.spawn(async move {
            let outcome = client.post(body).await;
            span.count(&tally, due, &outcome);
            lock(&idle).push(client);
            drop(slot);
        });
        true
    }
}

fn lock(idle: &Mutex<Vec<Client>>) -> std::sync::MutexGuard<'_, Vec<Client>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait_until(due: Instant) {
    loop {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        // Wakes early at times, and in microseconds.
        std::thread::park_timeout(left);
    }
}
