//! Progress bars, on a terminal: of downloads and uploads, and of time that passes.
//! Must not know what is loaded or measured, or why; elsewhere the log says how far a download is.

use crate::service::{Observe, Step};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::HashMap;
use std::convert::Infallible;
use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Draws on stderr when it is a terminal, and nothing otherwise.
pub(super) fn observer() -> Observe {
    if !std::io::stderr().is_terminal() {
        return Arc::new(|_, _| {});
    }
    let bars: Mutex<HashMap<String, ProgressBar>> = Mutex::default();
    Arc::new(move |model, step| {
        let mut bars = bars.lock().unwrap_or_else(PoisonError::into_inner);
        match step {
            Step::Fetching {
                file,
                done,
                total: Some(total),
            } => {
                let name = format!("{model}/{file}");
                let bar = bars.entry(name.clone()).or_insert_with(|| {
                    let style = ProgressStyle::with_template(
                        "{msg} {wide_bar} {bytes}/{total_bytes} {eta}",
                    );
                    let bar = ProgressBar::new(total).with_message(name);
                    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
                });
                bar.set_position(done);
                if done >= total {
                    bar.finish_and_clear();
                }
            }
            Step::Fetching { .. } => {}
            Step::Compiling => {
                let own = format!("{model}/");
                bars.retain(|name, _| !name.starts_with(&own));
            }
        }
    })
}

/// One bar for whatever moves now, hidden by itself where stderr is no terminal.
pub(super) struct Moving(Mutex<Option<(String, ProgressBar)>>);

impl Moving {
    pub(super) fn new() -> Moving {
        Moving(Mutex::default())
    }

    /// `done` of `total` bytes of what `caption` names; the bar goes away with the last of them.
    pub(super) fn show(&self, caption: &str, done: u64, total: u64) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.as_ref().is_none_or(|(known, _)| known != caption) {
            if let Some((_, bar)) = shown.take() {
                bar.finish_and_clear();
            }
            let bar = ProgressBar::new(total).with_message(caption.to_owned());
            let style =
                ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            *shown = Some((caption.to_owned(), bar));
        }
        if let Some((_, bar)) = shown.as_ref() {
            bar.set_position(done);
            if done >= total {
                bar.finish_and_clear();
            }
        }
    }

    /// Writes a line that the bar does not overwrite.
    pub(super) fn line(&self, text: &dyn std::fmt::Display) {
        let shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match shown.as_ref() {
            Some((_, bar)) => bar.suspend(|| super::load::complain(text)),
            None => super::load::complain(text),
        }
    }
}

/// Draws how much of `lasts` is over, for as long as it is polled.
pub(super) async fn passing(caption: String, lasts: Duration) -> Infallible {
    // Hidden by itself where stderr is no terminal.
    let bar = Passing(ProgressBar::new(
        lasts.as_millis().try_into().unwrap_or(u64::MAX),
    ));
    let style = ProgressStyle::with_template("{msg} {wide_bar} {eta}");
    bar.0
        .set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.0.set_message(caption);
    let begin = Instant::now();
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    loop {
        tick.tick().await;
        let passed = begin.elapsed().min(lasts).as_millis();
        bar.0.set_position(passed.try_into().unwrap_or(u64::MAX));
    }
}

/// A bar that leaves nothing behind.
struct Passing(ProgressBar);

impl Drop for Passing {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
