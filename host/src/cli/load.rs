//! What the commands share: reading manifests, and what loading them needs.
//! Must not know which command asks.

use crate::manifest::{self, Manifest};
use crate::metrics::Metrics;
use crate::plugin::Sandbox;
use crate::service::{Loader, Report, Step};
use crate::settings;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The manifests at `path`; every problem of every one goes to stderr, and then there are none.
pub(super) fn manifests(path: &Path) -> Option<Vec<Manifest>> {
    let read = match manifest::read_all(path) {
        Ok(read) => read,
        Err(error) => {
            complain(&error);
            return None;
        }
    };
    let mut manifests = Vec::new();
    let mut bad = false;
    for result in read {
        match result {
            Ok(manifest) => manifests.push(manifest),
            Err(error) => {
                complain(&error);
                bad = true;
            }
        }
    }
    if bad {
        return None;
    }
    match manifest::check_together(&manifests) {
        Ok(()) => Some(manifests),
        Err(error) => {
            complain(&error);
            None
        }
    }
}

/// Problems are for whoever typed the command: plain lines, not log events.
pub(super) fn complain(error: &dyn std::fmt::Display) {
    // Nowhere to say that stderr is closed.
    writeln!(std::io::stderr(), "{error}").ok();
}

/// What loading needs, from the environment, for as many `workers` as will answer.
pub(super) fn loader(workers: usize, cache: Option<&Path>) -> anyhow::Result<Loader> {
    Ok(Loader {
        hub: Arc::new(settings::hub()),
        sandbox: Arc::new(Sandbox::new(workers, cache)?),
        metrics: Arc::new(Metrics::new()?),
        observe: super::bar::observer(),
        shelf: Arc::default(),
        builders: Arc::new(Semaphore::new(workers.max(1))),
        in_background: false,
    })
}

/// Tells nobody what a load is doing.
pub(super) fn quiet() -> Report {
    Arc::new(|_: Step<'_>| {})
}

/// A runtime for a command that loads and ends.
pub(super) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
}
