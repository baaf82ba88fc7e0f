//! How a version takes over from another: a request is given to the one or the other, a trial is judged, an operator decides.
//! Must not know how a version is loaded.

use super::Entry;
use super::state::State;
use crate::events::Kind;
use crate::pipeline::{Answer, Distance, Request};
use crate::registry::attempt::{Attempt, Outcome};
use crate::registry::trial::{Trial, Verdict};
use crate::registry::version::Version;
use serde_json::value::RawValue;
use std::sync::Arc;

/// Who answers a request.
pub struct Chosen {
    /// The version.
    pub version: Arc<Version>,
    /// Who answers if it fails.
    pub instead: Option<Arc<Version>>,
    /// A shadow that is given the request afterwards.
    pub shadow: Option<Arc<Trial>>,
}

/// Why an operator's wish cannot be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    /// Nothing to go back to.
    #[error("there is no earlier version to go back to")]
    NoPrevious,
    /// Nothing to promote.
    #[error("no version is on trial")]
    NoTrial,
}

impl Entry {
    /// Who answers the next request; nobody before a version is loaded.
    pub fn choose(&self) -> Option<Chosen> {
        let live = self.live()?;
        let trial = self.trial();
        Some(match trial {
            Some(trial) if trial.takes_the_next() => Chosen {
                version: trial.version.clone(),
                instead: Some(live),
                shadow: None,
            },
            trial => Chosen {
                version: live,
                instead: None,
                shadow: trial.filter(|trial| trial.is_shadow()),
            },
        })
    }

    /// Notes how `version` did on a request.
    pub fn count(&self, version: &Version, is_failure: bool) {
        version.count(is_failure);
        self.metrics
            .version_answered(&self.name, version.name(), is_failure);
        let is_over = |trial: &Arc<Trial>| trial.remaining().is_some_and(|left| left.is_zero());
        if is_failure || self.trial.load().as_ref().is_some_and(is_over) {
            self.judge();
        }
    }

    /// Gives a request to a shadow, where there is time, and compares its answer with the one that was served.
    pub fn mirror(self: &Arc<Self>, trial: Arc<Trial>, request: Request, served: Box<RawValue>) {
        let (entry, shadows) = (self.clone(), self.shadows.clone());
        let within = self.manifest().limits.deadline;
        tokio::spawn(async move {
            let work = move || {
                let answer = trial.version.service.pipeline.predict(&request).ok();
                entry.shadowed(&trial, answer, served.get());
            };
            // What there is no time for is not compared.
            shadows.run(within, work).await.ok();
        });
    }

    fn shadowed(&self, trial: &Trial, answer: Option<Answer>, served: &str) {
        let parsed = |text: &str| serde_json::from_str(text).unwrap_or_default();
        let distance = answer.map(|answer| {
            let outputs = answer.outputs.into_json();
            Distance::between(&parsed(served), &parsed(outputs.get()))
        });
        trial.compare(distance);
        let shadow = trial.shadow();
        self.metrics.shadow_compared(
            &self.name,
            distance.map(|distance| distance.is_unlike),
            shadow.largest,
        );
        self.count(&trial.version, distance.is_none());
    }

    /// Promotes a canary when its time is over.
    pub(super) fn judge_in_time(self: &Arc<Self>, trial: &Arc<Trial>) {
        let Some(remaining) = trial.remaining() else {
            return;
        };
        let entry = Arc::downgrade(self);
        tokio::spawn(async move {
            #[allow(
                clippy::disallowed_methods,
                reason = "a canary's time is in its manifest"
            )]
            tokio::time::sleep(remaining).await;
            if let Some(entry) = entry.upgrade() {
                entry.judge();
            }
        });
    }

    fn judge(&self) {
        let mut state = self.lock();
        let Some(trial) = self.trial() else {
            return;
        };
        match trial.verdict() {
            Verdict::Pending => {}
            Verdict::Promote => self.promote_trial(&mut state, &trial),
            Verdict::Refuse => {
                let (failed, answered) = (trial.version.failed(), trial.version.answered());
                let reason = format!(
                    "version {} failed at {failed} of {answered} requests while it was tried; the old one answers all again",
                    trial.version.name()
                );
                self.refuse_trial(&mut state, &trial, reason);
            }
        }
    }

    fn promote_trial(&self, state: &mut State, trial: &Trial) {
        self.trial.store(None);
        let made_of = state.of_trial.take();
        self.go_live(state, trial.version.clone(), made_of, Outcome::Promoted);
    }

    fn refuse_trial(&self, state: &mut State, trial: &Trial, reason: String) {
        self.trial.store(None);
        state.of_trial = None;
        self.metrics.version_gone(&self.name, trial.version.name());
        self.metrics
            .reloaded(&self.name, Outcome::RolledBack.name());
        tracing::error!(model = self.name, reason, "the version on trial is refused");
        self.events.tell(&self.name, Kind::Refused, &reason);
        state.loading.error = Some(reason.clone());
        state.note(Attempt {
            reason: Some(reason),
            ..Attempt::with(Outcome::RolledBack, &trial.version)
        });
    }

    /// The version on trial answers from now on.
    ///
    /// # Errors
    /// [`Impossible::NoTrial`].
    pub fn promote(&self) -> Result<Arc<Version>, Impossible> {
        let mut state = self.lock();
        let trial = self.trial().ok_or(Impossible::NoTrial)?;
        self.promote_trial(&mut state, &trial);
        Ok(trial.version.clone())
    }

    /// Ends a trial; without one the version before answers again. The manifest is left alone until it changes.
    ///
    /// # Errors
    /// [`Impossible::NoPrevious`].
    pub fn roll_back(&self) -> Result<Arc<Version>, Impossible> {
        let mut state = self.lock();
        let wanted = self.wanted.borrow().clone();
        if let Some(trial) = self.trial() {
            state.held = Some(wanted);
            let reason = format!(
                "version {} was refused by an operator",
                trial.version.name()
            );
            self.refuse_trial(&mut state, &trial, reason);
            return self.live().ok_or(Impossible::NoPrevious);
        }
        let (version, made_of) = state.previous.take().ok_or(Impossible::NoPrevious)?;
        state.held = Some(wanted);
        self.go_live(&mut state, version.clone(), made_of, Outcome::RolledBack);
        Ok(version)
    }
}
