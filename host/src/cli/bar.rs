//! Progress bars, on a terminal: of downloads, and of time that passes.
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
