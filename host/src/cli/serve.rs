//! `modelhost serve`: answers until a signal.
//! Must not know routes or how a model is loaded.

use super::USAGE;
use super::host::Host;
use crate::settings::Serve;
use std::future::Future;
use std::path::Path;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

pub(super) fn run(settings: &Serve, cache: Option<&Path>) -> anyhow::Result<ExitCode> {
    let Some(host) = Host::start(settings, cache)? else {
        return Ok(ExitCode::from(USAGE));
    };
    host.answer(signals)?;
    Ok(ExitCode::SUCCESS)
}

/// Waits for the first signal to end; a second one ends at once.
fn signals() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM: draining"),
            _ = interrupt.recv() => tracing::info!("SIGINT: draining"),
        }
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::warn!("second signal: ending at once");
            #[allow(
                clippy::exit,
                clippy::disallowed_methods,
                reason = "the operator asked twice"
            )]
            std::process::exit(130);
        });
    })
}
