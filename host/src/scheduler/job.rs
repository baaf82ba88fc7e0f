//! What waits in a line: requests that no worker has seen, and pieces of those that are ready for the model.
//! Must not know which of them comes next.

use super::{Done, Rejected};
use crate::pipeline::{Answer, Error, Piece, Pipeline, Request, Rest, Stage, Timing};
use crate::tensor::NamedTensor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tracing::Span;

/// A body takes about so long to read and prepare, a byte.
const A_BYTE: Duration = Duration::from_nanos(20);
/// A body of more bytes than this may keep a worker from others for too long.
pub(super) const MOST_LIGHT: usize = 256 << 10;
/// A body of no more bytes than this takes no time to speak of.
pub(super) const MOST_QUICK: usize = 16 << 10;

/// What no worker has seen yet.
pub(super) struct Job {
    pub(super) queued: Instant,
    pub(super) deadline: Instant,
    pub(super) work: Work,
}

pub(super) enum Work {
    /// Work that is done in one go.
    Whole(Box<dyn Whole>),
    /// A request, whose way through the model may be shared.
    Shared(Begin),
}

/// Work that is done in one go.
pub(super) trait Whole: Send {
    /// Whether anybody still waits.
    fn is_wanted(&self) -> bool;
    /// Does it, after so long in the queue.
    fn run(self: Box<Self>, waited: Duration);
}

/// A request that came.
pub(super) struct Begin {
    pub(super) pipeline: Arc<Pipeline>,
    pub(super) request: Request,
    pub(super) reply: Box<dyn Reply>,
    pub(super) span: Span,
}

/// What comes of a request, for whoever waits.
pub(super) trait Reply: Send {
    /// Whether anybody still waits.
    fn is_wanted(&self) -> bool;
    /// What the pipeline said, after so long in the queue.
    fn send(self: Box<Self>, answer: Result<Answer, Error>, waited: Duration);
    /// It panicked.
    fn panicked(self: Box<Self>);
}

/// Gives what `make` makes to an asynchronous task.
pub(super) struct Sender<T, F> {
    pub(super) sender: oneshot::Sender<Result<Done<T>, Rejected>>,
    pub(super) make: F,
}

impl<T, F> Sender<T, F> {
    fn give(self, make: impl FnOnce(F) -> T, waited: Duration) {
        let value = catch_unwind(AssertUnwindSafe(|| make(self.make)));
        let value = value.map(|value| Done { value, waited });
        // The receiver may be gone: then nobody wants the value.
        let given = value.map_err(|_| Rejected::Panicked);
        self.sender.send(given).ok();
    }
}

impl<T: Send, F: FnOnce() -> T + Send> Whole for Sender<T, F> {
    fn is_wanted(&self) -> bool {
        !self.sender.is_closed()
    }

    fn run(self: Box<Self>, waited: Duration) {
        self.give(|work| work(), waited);
    }
}

impl<T: Send, F: FnOnce(Result<Answer, Error>) -> T + Send> Reply for Sender<T, F> {
    fn is_wanted(&self) -> bool {
        !self.sender.is_closed()
    }

    fn send(self: Box<Self>, answer: Result<Answer, Error>, waited: Duration) {
        self.give(|finish| finish(answer), waited);
    }

    fn panicked(self: Box<Self>) {
        self.sender.send(Err(Rejected::Panicked)).ok();
    }
}

impl Job {
    /// Whether there is still a reason to do it.
    pub(super) fn is_wanted(&self) -> bool {
        let is_wanted = match &self.work {
            Work::Whole(whole) => whole.is_wanted(),
            Work::Shared(begin) => begin.reply.is_wanted(),
        };
        is_wanted && self.deadline > Instant::now()
    }

    /// When it would have its turn if every body took no longer than it takes: the large wait for the small that come soon after.
    pub(super) fn turn(&self) -> Instant {
        self.queued + A_BYTE * u32::try_from(self.bytes()).unwrap_or(u32::MAX)
    }

    /// How much a worker has to read before the model is run.
    pub(super) fn bytes(&self) -> usize {
        match &self.work {
            Work::Whole(_) => 0,
            Work::Shared(begin) => begin.request.bytes(),
        }
    }

    /// Whether it may keep a worker for long.
    pub(super) fn is_heavy(&self) -> bool {
        self.bytes() > MOST_LIGHT
    }

    /// Does it, or its first stage; gives the pieces that are left to be run, of which there are `parts` at least where rows
    /// allow it.
    pub(super) fn begin(self, parts: usize) -> Vec<Waiting> {
        match self.work {
            Work::Whole(whole) => {
                whole.run(self.queued.elapsed());
                Vec::new()
            }
            Work::Shared(begin) => begin.begin(self.queued, self.deadline, parts),
        }
    }
}

/// A request of which pieces wait for the model or run.
pub(super) struct UnderWay {
    pub(super) deadline: Instant,
    pub(super) pipeline: Arc<Pipeline>,
    span: Span,
    state: Mutex<State>,
}

struct State {
    /// Taken by the first piece that fails, or by the last one.
    reply: Option<Box<dyn Reply>>,
    rest: Option<Rest>,
    outputs: Vec<Vec<NamedTensor>>,
    left: usize,
    /// Waited for a worker to begin.
    waited: Duration,
    prepared: Duration,
    /// When the first stage was over.
    ready: Instant,
    /// When the first piece began to run.
    ran_from: Option<Instant>,
}

/// A piece that waits for the model.
pub(super) struct Waiting {
    pub(super) piece: Piece,
    pub(super) turn: Instant,
    pub(super) of: Arc<UnderWay>,
    index: usize,
}

impl Begin {
    fn begin(self, queued: Instant, deadline: Instant, parts: usize) -> Vec<Waiting> {
        let Begin {
            pipeline,
            request,
            reply,
            span,
        } = self;
        let start = Instant::now();
        let waited = start - queued;
        let prepare = AssertUnwindSafe(|| span.in_scope(|| pipeline.prepare(&request, parts)));
        let prepared = match catch_unwind(prepare) {
            Ok(Ok(prepared)) => prepared,
            Ok(Err(error)) => {
                reply.send(Err(error), waited);
                return Vec::new();
            }
            Err(_) => {
                reply.panicked();
                return Vec::new();
            }
        };
        let ready = Instant::now();
        let count = prepared.pieces.len();
        let state = State {
            reply: Some(reply),
            rest: Some(prepared.rest),
            outputs: vec![Vec::new(); count],
            left: count,
            waited,
            prepared: ready - start,
            ready,
            ran_from: None,
        };
        let of = Arc::new(UnderWay {
            deadline,
            pipeline,
            span,
            state: Mutex::new(state),
        });
        let pieces = prepared.pieces.into_iter().enumerate();
        let waiting = pieces.map(|(index, piece)| Waiting {
            piece,
            turn: ready,
            of: of.clone(),
            index,
        });
        waiting.collect()
    }
}

impl Waiting {
    /// Whether it stands for its request where requests are counted.
    pub(super) fn is_first(&self) -> bool {
        self.index == 0
    }

    /// Whether there is still a reason to run it.
    pub(super) fn is_wanted(&self) -> bool {
        let state = self.of.lock();
        let reply = state.reply.as_ref();
        reply.is_some_and(|reply| reply.is_wanted()) && self.of.deadline > Instant::now()
    }
}

impl UnderWay {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The second stage for `batch`, all of one pipeline, and the last one for the requests that are complete with it.
pub(super) fn run(batch: Vec<Waiting>, threads: usize) {
    let Some(first) = batch.first() else {
        return;
    };
    let pipeline = first.of.pipeline.clone();
    let start = Instant::now();
    let (pieces, places): (Vec<_>, Vec<_>) = batch
        .into_iter()
        .map(|waiting| (waiting.piece, (waiting.of, waiting.index)))
        .unzip();
    let run = AssertUnwindSafe(|| pipeline.run(pieces, threads));
    let Ok(outputs) = catch_unwind(run) else {
        for (of, _) in places {
            let reply = of.lock().reply.take();
            if let Some(reply) = reply {
                reply.panicked();
            }
        }
        return;
    };
    let end = Instant::now();
    for ((of, index), outputs) in places.into_iter().zip(outputs) {
        of.ran(index, outputs, start, end);
    }
}

impl UnderWay {
    /// Notes what came of a piece; the last one, or one that failed, ends the request.
    fn ran(
        &self,
        index: usize,
        outputs: Result<Vec<NamedTensor>, crate::model::Error>,
        start: Instant,
        end: Instant,
    ) {
        let mut state = self.lock();
        let from = *state.ran_from.get_or_insert(start);
        let outputs = match outputs {
            Ok(outputs) => {
                state.outputs[index] = outputs;
                state.left -= 1;
                if state.left > 0 {
                    return;
                }
                Ok(std::mem::take(&mut state.outputs))
            }
            Err(error) => Err(error),
        };
        let (Some(reply), Some(rest)) = (state.reply.take(), state.rest.take()) else {
            return;
        };
        let waited = state.waited + from.saturating_duration_since(state.ready);
        let mut timing = Timing::default();
        timing.stages.push((Stage::Preprocess, state.prepared));
        timing
            .stages
            .push((Stage::Model, end.saturating_duration_since(from)));
        drop(state);
        let finish = || timing.measure(Stage::Postprocess, || self.pipeline.finish(outputs, &rest));
        match catch_unwind(AssertUnwindSafe(|| self.span.in_scope(finish))) {
            Ok(outputs) => {
                let answer = outputs.map(|outputs| rest.answer(outputs, timing));
                self.span.in_scope(|| reply.send(answer, waited));
            }
            Err(_) => reply.panicked(),
        }
    }
}
