//! The stages that a request passes, and the time it spent in each.
//! Must not know what a stage does.

use std::time::{Duration, Instant};

/// A stage of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Waiting for a worker.
    Queue,
    /// Request to tensors.
    Preprocess,
    /// Tensors to tensors.
    Model,
    /// Tensors to answer.
    Postprocess,
    /// Drawing, where a chart was asked for.
    Chart,
}

impl Stage {
    /// The stage's name in metrics and `Server-Timing`.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Queue => "queue",
            Stage::Preprocess => "preprocess",
            Stage::Model => "model",
            Stage::Postprocess => "postprocess",
            Stage::Chart => "chart",
        }
    }
}

/// The time spent in each stage, in order.
#[derive(Clone, Debug, Default)]
pub struct Timing {
    /// Stage and time.
    pub stages: Vec<(Stage, Duration)>,
}

impl Timing {
    /// Runs `work` and notes how long it took as `stage`.
    pub fn measure<T>(&mut self, stage: Stage, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let value = work();
        self.stages.push((stage, start.elapsed()));
        value
    }
}
