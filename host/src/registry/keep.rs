//! Keeps an entry as its manifest asks: loads, tries again with growing pauses, and asks a branch whether it has moved.
//! Must not know what happens to a version that is loaded.

use super::attempt::Outcome;
use super::entry::{Entry, Wanted};
use crate::service::{self, Loader, Service, Step};
use crate::source;
use futures_util::FutureExt as _;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The longest pause between two attempts where time may heal.
const MAX_RETRY: Duration = Duration::from_secs(30);
/// The same where the manifest, or what it names, has to change first; a change is noticed at once anyway.
const MAX_RETRY_OF_FAULTS: Duration = Duration::from_secs(600);

/// Runs for as long as the entry is served.
pub(super) async fn keep(entry: Arc<Entry>, loader: Loader) {
    let mut wanted = entry.wanted();
    let mut unloaded = entry.unloading();
    loop {
        let target = wanted.borrow_and_update().clone();
        let is_unloaded = *unloaded.borrow_and_update();
        let work = async {
            if is_unloaded {
                return std::future::pending().await;
            }
            if !entry.has(&target) {
                until_loaded(&entry, &target, &loader).await;
            }
            loop {
                moved(&entry, &target, &loader).await;
                until_loaded(&entry, &target, &loader).await;
            }
        };
        // Whatever is under way for an older wish is given up.
        tokio::select! {
            () = work => {}
            changed = wanted.changed() => if changed.is_err() { return },
            changed = unloaded.changed() => if changed.is_err() { return },
        }
    }
}

/// Tries until a version is loaded; never again once an operator has gone back to the version before.
async fn until_loaded(entry: &Arc<Entry>, target: &Arc<Wanted>, loader: &Loader) {
    let mut wait = Duration::from_secs(1);
    loop {
        let result = attempt(entry, target, loader).await;
        if entry.is_held(target) {
            return std::future::pending().await;
        }
        let error = match result {
            Ok(service) => {
                entry.admit(service, target.clone());
                return;
            }
            Err(error) => error,
        };
        let longest = match error.is_the_manifests() {
            true => MAX_RETRY_OF_FAULTS,
            false => MAX_RETRY,
        };
        let asked = error.retry_after().unwrap_or(Duration::ZERO);
        let pause = wait.max(asked).min(longest);
        let reason = error.to_string();
        let (model, retry_in_s) = (&entry.name, pause.as_secs_f64());
        match entry.live() {
            None => tracing::error!(model, reason, retry_in_s, "the model is not loaded"),
            Some(live) => {
                let version = live.name();
                tracing::error!(
                    model,
                    reason,
                    retry_in_s,
                    version,
                    "the new version is not served; the old one goes on"
                );
            }
        }
        entry.failed(Outcome::Failed, reason, Some(Instant::now() + pause));
        #[allow(clippy::disallowed_methods, reason = "a pause between attempts")]
        tokio::time::sleep(pause).await;
        if entry.is_held(target) {
            return std::future::pending().await;
        }
        wait = (wait * 2).min(longest);
    }
}

async fn attempt(
    entry: &Arc<Entry>,
    target: &Wanted,
    loader: &Loader,
) -> Result<Service, service::Error> {
    let report = {
        let entry = entry.clone();
        let observe = loader.observe.clone();
        Arc::new(move |step: Step<'_>| {
            entry.stage_is(step.to_string());
            observe(&entry.name, step);
        })
    };
    let loader = Loader {
        in_background: entry.live().is_some(),
        ..loader.clone()
    };
    entry.stage_is("starting".to_owned());
    let load = Service::load(target.manifest.clone(), &loader, report);
    // A panic in it is a failed attempt, not the end of all attempts.
    match AssertUnwindSafe(load).catch_unwind().await {
        Ok(result) => result,
        Err(_) => Err(service::Error::Interrupted(
            "loading panicked; see the log".to_owned(),
        )),
    }
}

/// Waits until the branch or tag that the manifest follows names another commit than the one that was loaded last.
async fn moved(entry: &Entry, target: &Wanted, loader: &Loader) {
    let model = &target.manifest.model;
    let Some(refresh) = model.refresh else {
        return std::future::pending().await;
    };
    loop {
        #[allow(clippy::disallowed_methods, reason = "the interval is in the manifest")]
        tokio::time::sleep(refresh).await;
        match source::resolve(&model.source, &loader.hub).await {
            Ok(commit) if commit == entry.revision() => {}
            Ok(_) => return,
            Err(error) => {
                let model = &entry.name;
                tracing::warn!(model, reason = %error, "cannot ask whether the revision has moved");
            }
        }
    }
}
