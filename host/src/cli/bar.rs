//! A progress bar of downloads, on a terminal.
//! Must not know what is loaded or why; elsewhere the log says how far a download is.

use crate::service::{Observe, Step};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, PoisonError};

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
