//! `modelhost serve`: binds, loads in the background, answers until a signal.
//! Must not know routes or how a model is loaded.

use super::{USAGE, follow, load};
use crate::http::{Server, Timeouts};
use crate::manifest;
use crate::registry::Registry;
use crate::scheduler::Scheduler;
use crate::settings::Serve;
use anyhow::Context as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Threads that talk to clients; the workers do the work.
const HTTP_THREADS: usize = 2;

pub(super) fn run(settings: &Serve, cache: Option<&Path>) -> anyhow::Result<ExitCode> {
    let loader = load::loader(settings.worker_count(), cache)?;
    let metrics = loader.metrics.clone();
    let scheduler = Scheduler::start(settings.worker_count(), metrics.clone())?;
    let registry = Arc::new(Registry::new(scheduler.places(), metrics.clone()));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(HTTP_THREADS)
        .enable_all()
        .build()?;
    let exit = runtime.block_on(async {
        let files = follow::update(&registry, &loader, &settings.manifests).await;
        if registry.entries().is_empty() {
            for problem in registry.problems() {
                load::complain(&problem.text);
            }
            if registry.problems().is_empty() {
                // Later it would be a folder that was emptied, which is no problem.
                let folder = settings.manifests.clone();
                load::complain(&manifest::Error::NoManifest { folder });
            }
            return Ok(ExitCode::from(USAGE));
        }
        let address = (settings.host, settings.port);
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!(
                "cannot listen on {}:{}; choose another with --port or PORT",
                settings.host, settings.port
            )
        })?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tracing::info!(
            address = %listener.local_addr()?,
            workers = settings.worker_count(),
            models = registry.entries().len(),
            "listening"
        );
        let path = settings.manifests.clone();
        let poll = Duration::from_secs(settings.poll_s);
        tokio::spawn(follow::follow(registry.clone(), loader, path, files, poll));
        let admin = settings.admin_token.as_ref();
        let admin = admin.map(|token| token.reveal().to_owned());
        let server = Server::new(registry, metrics, admin);
        let timeouts = Timeouts {
            client: settings.client_timeout(),
            grace: settings.grace(),
        };
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => tracing::info!("SIGTERM: draining"),
                _ = interrupt.recv() => tracing::info!("SIGINT: draining"),
            }
            // A second signal ends at once.
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
        };
        let connections = settings.max_connections as usize;
        server.serve(listener, connections, timeouts, stop).await;
        tracing::info!("stopped");
        Ok::<_, anyhow::Error>(ExitCode::SUCCESS)
    })?;
    // A load or a connection that is still under way must not hold the process.
    runtime.shutdown_background();
    drop(scheduler);
    Ok(exit)
}
