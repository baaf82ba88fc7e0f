//! Keeps the registry in step with the manifests: at the start, whenever files may have changed, and every so often anyway.
//! Must not know what changed, nor what follows from it.

use crate::registry::Registry;
use crate::service::Loader;
use crate::watch::{Maybe, Watch};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Runs until the process ends.
pub(super) async fn follow(
    registry: Arc<Registry>,
    loader: Loader,
    path: PathBuf,
    files: Vec<PathBuf>,
    poll: Duration,
) -> std::io::Result<()> {
    let (watch, mut maybe, why) = Watch::new();
    if let Some(why) = why {
        tracing::warn!(
            why,
            poll_s = poll.as_secs(),
            "the system tells of no changes; files are only compared from time to time"
        );
    }
    let mut hangup = signal(SignalKind::hangup())?;
    watch.follow(&files);
    loop {
        wait(&mut maybe, &mut hangup, poll).await;
        let files = update(&registry, &loader, &path).await;
        watch.follow(&files);
    }
}

async fn wait(maybe: &mut Maybe, hangup: &mut tokio::signal::unix::Signal, poll: Duration) {
    #[allow(clippy::disallowed_methods, reason = "the net under the events")]
    let net = tokio::time::sleep(poll);
    tokio::select! {
        () = maybe.changed() => return,
        _ = hangup.recv() => tracing::info!("SIGHUP: comparing manifests and files"),
        () = net => {}
    }
    maybe.quiet().await;
}

/// Reads what is there on a thread that may wait for disks.
pub(super) async fn update(registry: &Arc<Registry>, loader: &Loader, path: &Path) -> Vec<PathBuf> {
    let (registry, loader, path) = (registry.clone(), loader.clone(), path.to_owned());
    let work = move || registry.update(&path, &loader);
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|panic| {
            tracing::error!(reason = %panic, "the manifests could not be compared");
            Vec::new()
        })
}
