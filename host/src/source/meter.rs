//! How far one download is: passed on for every chunk, logged at the start, every two seconds and at the end.
//! Must not know what moves the bytes.

use std::time::Duration;

use tokio::time::Instant;
use tracing::info;

use super::{OnProgress, Progress};

const LOG_EVERY: Duration = Duration::from_secs(2);

/// Follows one download.
pub(super) struct Meter<'a> {
    repo: String,
    file: &'a str,
    on_progress: &'a OnProgress<'a>,
    running: Option<Running>,
}

struct Running {
    since: Instant,
    logged: Instant,
}

impl<'a> Meter<'a> {
    pub(super) fn new(repo: String, file: &'a str, on_progress: &'a OnProgress<'a>) -> Self {
        Self {
            repo,
            file,
            on_progress,
            running: None,
        }
    }

    /// Whether any byte was asked for from the hub since the last [`Meter::restart`].
    pub(super) fn has_started(&self) -> bool {
        self.running.is_some()
    }

    /// Forgets a failed try.
    pub(super) fn restart(&mut self) {
        self.running = None;
    }

    /// `done` bytes have arrived.
    pub(super) fn update(&mut self, done: u64, total: Option<u64>) {
        let now = Instant::now();
        let (repo, file) = (&self.repo, self.file);
        match &mut self.running {
            None => {
                info!(%repo, file, bytes = total, "downloading");
                self.running = Some(Running {
                    since: now,
                    logged: now,
                });
            }
            Some(running) if now - running.logged >= LOG_EVERY => {
                running.logged = now;
                info!(%repo, file, done, bytes = total, "still downloading");
            }
            Some(_) => {}
        }
        (self.on_progress)(Progress { file, done, total });
    }

    /// The file is complete and verified.
    pub(super) fn finish(&self, bytes: u64) {
        if let Some(running) = &self.running {
            let seconds = running.since.elapsed().as_secs_f64();
            info!(repo = %self.repo, file = self.file, bytes, seconds, "downloaded and verified");
        }
    }
}
