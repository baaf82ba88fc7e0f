//! The optimiser: makes good code of what serves already, one plugin at a time, behind the requests.
//! Must not know calls.

use super::cache::{Cache, Record};
use super::compiled::Compiled;
use super::engine::invalid;
use super::key::Key;
use super::plugin::Slot;
use crate::plugin::{LoadError, Wasi};
use crate::priority;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Weak};
use std::time::Instant;
use wasmtime::Engine;
use wasmtime::component::Component;

/// A frozen plugin to compile well.
pub(super) struct Job {
    pub(super) snapshot: Arc<[u8]>,
    pub(super) wasi: Wasi,
    pub(super) record: Record,
    /// Who waits for the code; gone when the plugin was dropped.
    pub(super) slot: Weak<Slot>,
    /// Where the code is kept.
    pub(super) keep: Option<(Arc<Cache>, Key)>,
}

/// The thread that compiles. Ends after the job at hand when this is dropped.
pub(super) struct Optimiser(Sender<Job>);

impl Optimiser {
    pub(super) fn start(engine: &Engine) -> Result<Optimiser, LoadError> {
        let (sender, jobs) = channel();
        let engine = engine.clone();
        std::thread::Builder::new()
            .name("plugin-optimiser".to_owned())
            .spawn(move || work(&engine, &jobs))
            .map_err(|error| LoadError::Host(error.to_string()))?;
        Ok(Optimiser(sender))
    }

    pub(super) fn take(&self, job: Job) {
        if let Err(unsent) = self.0.send(job)
            && let Some(slot) = unsent.0.slot.upgrade()
        {
            slot.settle(None);
        }
    }
}

fn work(engine: &Engine, jobs: &Receiver<Job>) {
    priority::yield_to_others();
    for job in jobs {
        let Some(slot) = job.slot.upgrade() else {
            continue;
        };
        let start = Instant::now();
        let better = Component::new(engine, &job.snapshot)
            .map_err(invalid)
            .and_then(|component| {
                let compiled = Compiled::new(engine, &component, job.record.stages, job.wasi)?;
                Ok((component, compiled))
            });
        match better {
            Ok((component, compiled)) => {
                // Kept first: whoever waits for the code may end the process then.
                if let Some((cache, key)) = &job.keep {
                    cache.keep(key, &component, &job.record);
                }
                slot.settle(Some(compiled));
                tracing::debug!(ms = start.elapsed().as_millis(), "a plugin is optimised");
            }
            Err(error) => {
                tracing::warn!(reason = %error, "a plugin stays in its quickly compiled form");
                slot.settle(None);
            }
        }
    }
}
