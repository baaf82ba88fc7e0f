//! One call of a plugin, from the host's side: what it may use, what it logs, and how it ended.
//! Must not know which function is called.

use super::bindings::modelhost::plugin::{logging, types};
use super::clock;
use crate::plugin::{CallError, Limits, LoadError};
use std::sync::Arc;
use wasmtime::{Engine, Store, StoreLimits, StoreLimitsBuilder, Trap};

/// What a line costs of a call's log quota beside its text.
const LOG_LINE_BYTES: usize = 64;

/// The host's side of one running instance.
pub(super) struct Call {
    plugin: Arc<str>,
    limits: StoreLimits,
    log_left: usize,
}

/// A store for one call, with all its limits set.
pub(super) fn store(
    engine: &Engine,
    plugin: &Arc<str>,
    limits: Limits,
) -> Result<Store<Call>, LoadError> {
    let call = Call {
        plugin: plugin.clone(),
        limits: StoreLimitsBuilder::new()
            .memory_size(limits.memory_bytes)
            .instances(80)
            .memories(1)
            .tables(16)
            .table_elements(20_000)
            .trap_on_grow_failure(true)
            .build(),
        log_left: limits.log_bytes,
    };
    let mut store =
        Store::try_new(engine, call).map_err(|error| LoadError::Host(format!("{error:#}")))?;
    store.limiter(|call| &mut call.limits);
    store.epoch_deadline_trap();
    limit(&mut store, limits);
    Ok(store)
}

/// From here on the call may use as much as `limits` say, whatever it used before.
pub(super) fn limit(store: &mut Store<Call>, limits: Limits) {
    store.set_hostcall_fuel(limits.output_bytes);
    store.set_epoch_deadline(clock::ticks(limits.deadline));
    store.data_mut().log_left = limits.log_bytes;
}

impl Call {
    /// Nothing is logged until the limits are set again.
    pub(super) fn hush(&mut self) {
        self.log_left = 0;
    }

    /// Logs what a guest prints, line by line.
    pub(super) fn print(&mut self, text: &str) {
        for line in text.lines() {
            self.write(logging::Level::Info, line.to_owned());
        }
    }

    fn write(&mut self, level: logging::Level, mut message: String) {
        let mut length = message.len().min(self.log_left);
        // The line itself costs too: a flood of short lines is a flood.
        self.log_left = self.log_left.saturating_sub(length + LOG_LINE_BYTES);
        while !message.is_char_boundary(length) {
            length -= 1;
        }
        message.truncate(length);
        if message.is_empty() {
            return;
        }
        let plugin = self.plugin.as_ref();
        match level {
            logging::Level::Trace => tracing::trace!(plugin, "{message}"),
            logging::Level::Debug => tracing::debug!(plugin, "{message}"),
            logging::Level::Info => tracing::info!(plugin, "{message}"),
            logging::Level::Warn => tracing::warn!(plugin, "{message}"),
            logging::Level::Error => tracing::error!(plugin, "{message}"),
        }
    }
}

impl types::Host for Call {}

impl logging::Host for Call {
    fn log(&mut self, level: logging::Level, message: String) -> wasmtime::Result<()> {
        self.write(level, message);
        Ok(())
    }
}

/// What wasmtime's error means.
pub(super) fn classify(error: wasmtime::Error, limits: Limits) -> CallError {
    let text = format!("{error:#}");
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => CallError::Deadline(limits.deadline),
        Some(trap) => CallError::Trap(trap.to_string()),
        // wasmtime gives these two no type of their own.
        None if text.contains("fuel allocated for hostcalls") => {
            CallError::Output(limits.output_bytes)
        }
        None if text.contains("forcing trap when growing memory") => {
            CallError::Memory(limits.memory_bytes)
        }
        None => CallError::Internal(text),
    }
}
