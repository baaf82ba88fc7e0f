//! Waiting for a Space to be built and to run, with a bound.
//! Must not know what was pushed, but the name of its commit.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use super::api::Api;
use super::ask::again;
use super::place::Place;
use super::{Error, OnStep, Step};

/// How to wait for a Space.
#[derive(Debug, Clone, Copy)]
pub struct Wait {
    /// The pause before the second look; later ones are longer.
    pub first: Duration,
    /// How long in all; none at all where it is zero.
    pub at_most: Duration,
}

/// The longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Why a Space does not run.
#[derive(Debug)]
pub struct Failure {
    /// The last stage that the hub named.
    pub stage: String,
    /// The hub's words.
    words: Option<String>,
    page: String,
    waited: Option<Duration>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            stage,
            words,
            page,
            waited,
        } = self;
        let what = match (waited, stage.as_str()) {
            (Some(waited), _) => {
                let seconds = waited.as_secs();
                return write!(
                    f,
                    "the Space does not run after {seconds} s, its stage is {stage}; it goes on by itself, look at {page}, or wait longer with --wait-s"
                );
            }
            (None, "BUILD_ERROR") => "could not be built",
            (None, "CONFIG_ERROR" | "NO_APP_FILE") => "is not set up rightly",
            (None, "RUNTIME_ERROR") => "was built and then failed",
            (None, _) => "does not run",
        };
        write!(f, "the Space {what} ({stage}")?;
        if let Some(words) = words {
            write!(f, ": {words}")?;
        }
        let log = match stage.as_str() {
            "BUILD_ERROR" => "?logs=build",
            "RUNTIME_ERROR" => "?logs=container",
            _ => "",
        };
        write!(f, "); see {page}{log}, mend it and run the command again")
    }
}

/// What a stage means for who waits.
#[derive(Debug, PartialEq, Eq)]
enum Meaning {
    Running,
    Underway,
    Stopped,
}

fn meaning(stage: &str) -> Meaning {
    match stage {
        "RUNNING" | "SLEEPING" => Meaning::Running,
        "BUILD_ERROR" | "CONFIG_ERROR" | "RUNTIME_ERROR" | "NO_APP_FILE" | "PAUSED" | "STOPPED"
        | "DELETING" => Meaning::Stopped,
        // Also what this version has never heard of: the bound ends that.
        _ => Meaning::Underway,
    }
}

/// Looks until the Space runs `commit`, has failed, or time is up; gives the last stage.
#[allow(
    clippy::disallowed_methods,
    reason = "a pause between looks, with a bound"
)]
pub(super) async fn wait(
    place: &Place<'_>,
    commit: &str,
    wait: Wait,
    on_step: &OnStep<'_>,
) -> Result<String, Error> {
    let api = Api::new(place)?;
    let deadline = Instant::now() + wait.at_most;
    let mut pause = wait.first;
    let mut last = String::new();
    loop {
        let runtime = again(place.settings, || api.runtime()).await?;
        // What runs, or failed, may still be what was there before.
        let is_old = runtime.sha.as_deref().is_some_and(|sha| sha != commit);
        let stage = place.presentable(&runtime.stage);
        if stage != last {
            on_step(Step::Stage(&stage));
            last.clone_from(&stage);
        }
        let failure = |words: Option<&String>, waited| {
            Error::Space(Failure {
                stage: stage.clone(),
                words: words.map(|words| place.presentable(words)),
                page: place.url(),
                waited,
            })
        };
        match meaning(&runtime.stage) {
            Meaning::Running if !is_old => return Ok(stage),
            Meaning::Stopped if !is_old => {
                return Err(failure(runtime.error_message.as_ref(), None));
            }
            _ if Instant::now() >= deadline => return Err(failure(None, Some(wait.at_most))),
            _ => {}
        }
        let left = deadline.saturating_duration_since(Instant::now());
        tokio::time::sleep(pause.min(left)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_means_that_it_runs_or_will_or_never() {
        for (stage, expected) in [
            ("RUNNING", Meaning::Running),
            ("RUNNING_BUILDING", Meaning::Underway),
            ("APP_STARTING", Meaning::Underway),
            ("BUILD_ERROR", Meaning::Stopped),
            ("PAUSED", Meaning::Stopped),
        ] {
            assert_eq!(meaning(stage), expected, "{stage}");
        }
    }
}
