//! An entry: one model's name, what its manifest asks for, the version that answers, the one before it and one on trial.
//! Must not know where manifests come from, nor how one is loaded.

use super::attempt::{Attempt, Outcome};
use super::recent::Recent;
use super::trial::{Trial, Verdict};
use super::version::Version;
use crate::events::{Events, Kind};
use crate::manifest::{self, Manifest};
use crate::metrics::{Metrics, ModelInfo};
use crate::pipeline::{Answer, Distance, Request};
use crate::scheduler::{Places, Queue};
use crate::service::{Fingerprint, Service};
use arc_swap::ArcSwapOption;
use serde_json::value::RawValue;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::watch;

/// Attempts that are remembered.
const ATTEMPTS: usize = 16;
/// Requests that may wait for a shadow; it misses the others.
const SHADOWED: usize = 16;

/// What a manifest asks for, with what its local files hold.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    pub(super) manifest: Manifest,
    pub(super) fingerprint: Fingerprint,
}

/// One model.
pub struct Entry {
    /// Its name in routes and metrics.
    pub name: String,
    /// Its place in the worker pool.
    pub queue: Queue,
    /// How its requests fare, whichever version answers.
    pub recent: Recent,
    shadows: Queue,
    wanted: watch::Sender<Arc<Wanted>>,
    /// Whether an operator has it unloaded, whatever its manifest asks for.
    unloaded: watch::Sender<bool>,
    live: ArcSwapOption<Version>,
    trial: ArcSwapOption<Trial>,
    /// Whether it has ever answered.
    has_lived: watch::Sender<bool>,
    state: Mutex<State>,
    metrics: Arc<Metrics>,
    events: Events,
}

#[derive(Default)]
struct State {
    loading: Loading,
    /// What the live version was loaded from.
    made_of: Option<Arc<Wanted>>,
    /// What the version on trial was loaded from.
    of_trial: Option<Arc<Wanted>>,
    previous: Option<(Arc<Version>, Option<Arc<Wanted>>)>,
    /// What an operator has turned away from.
    held: Option<Arc<Wanted>>,
    /// The commit that was loaded last, whatever became of it.
    revision: Option<String>,
    attempts: VecDeque<Attempt>,
}

/// How far loading has come.
#[derive(Clone, Debug, Default)]
pub struct Loading {
    /// What is being done now, in words.
    pub stage: Option<String>,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// When the next attempt begins.
    pub retry_at: Option<Instant>,
}

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
    pub(super) fn new(
        wanted: Wanted,
        places: &Places,
        metrics: &Arc<Metrics>,
        events: &Events,
    ) -> Entry {
        let name = wanted.manifest.name.clone();
        metrics.model_known(&name);
        Entry {
            recent: Recent::default(),
            queue: places.queue(&name, wanted.manifest.limits.queue),
            shadows: places.spare(&name, SHADOWED),
            wanted: watch::Sender::new(Arc::new(wanted)),
            unloaded: watch::Sender::new(false),
            live: ArcSwapOption::empty(),
            trial: ArcSwapOption::empty(),
            has_lived: watch::Sender::new(false),
            state: Mutex::new(State {
                loading: Loading {
                    stage: Some("starting".to_owned()),
                    ..Loading::default()
                },
                ..State::default()
            }),
            metrics: metrics.clone(),
            events: events.clone(),
            name,
        }
    }

    /// The version that answers, if one is loaded.
    pub fn live(&self) -> Option<Arc<Version>> {
        self.live.load_full()
    }

    /// The snapshot that answers, if one is loaded.
    pub fn service(&self) -> Option<Arc<Service>> {
        self.live().map(|version| version.service.clone())
    }

    /// The version before the one that answers.
    pub fn previous(&self) -> Option<Arc<Version>> {
        let state = self.lock();
        state.previous.as_ref().map(|(version, _)| version.clone())
    }

    /// The version that is tried beside the one that answers.
    pub fn trial(&self) -> Option<Arc<Trial>> {
        self.trial.load_full()
    }

    /// The manifest of what answers, or else of what is being loaded.
    pub fn manifest(&self) -> Arc<Manifest> {
        match self.live() {
            Some(version) => version.service.manifest.clone(),
            None => Arc::new(self.wanted.borrow().manifest.clone()),
        }
    }

    /// How far loading has come.
    pub fn loading(&self) -> Loading {
        self.lock().loading.clone()
    }

    /// The last attempts to change what answers, the newest last.
    pub fn attempts(&self) -> Vec<Attempt> {
        self.lock().attempts.iter().cloned().collect()
    }

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

    /// What its manifest asks for, now and whenever that changes.
    pub(super) fn wanted(&self) -> watch::Receiver<Arc<Wanted>> {
        self.wanted.subscribe()
    }

    /// Asks for something else, if it is something else; answers whether it is.
    pub(super) fn want(&self, wanted: Wanted) -> bool {
        self.wanted.send_if_modified(|now| {
            let is_new = **now != wanted;
            if is_new {
                *now = Arc::new(wanted);
            }
            is_new
        })
    }

    /// Its manifest can be read, and asks for what it asked for before: what was wrong with it is mended.
    pub(super) fn manifest_is_read(&self) {
        let mut state = self.lock();
        let last = state.attempts.back();
        let was_unread = last.is_some_and(|last| last.outcome == Outcome::Invalid);
        if was_unread && state.loading.error.take().is_some() {
            let text = "the manifest says again what it said before";
            tracing::info!(model = self.name, "{text}");
            self.events.tell(&self.name, Kind::Stage, text);
        }
    }

    /// Waits until it has answered for the first time.
    pub(super) async fn lived(&self) {
        let mut lived = self.has_lived.subscribe();
        lived.wait_for(|lived| *lived).await.ok();
    }

    /// Whether what answers, or is on trial, is what is asked for.
    pub(super) fn has(&self, wanted: &Arc<Wanted>) -> bool {
        let mut state = self.lock();
        let is_held = state
            .held
            .as_ref()
            .is_some_and(|held| Arc::ptr_eq(held, wanted));
        let has = match &state.of_trial {
            _ if is_held => true,
            Some(on_trial) => on_trial == wanted,
            None => state.made_of.as_ref() == Some(wanted),
        };
        if has {
            state.loading = Loading::default();
        }
        has
    }

    /// Whether an operator has turned away from this: it is not to be loaded.
    pub(super) fn is_held(&self, wanted: &Arc<Wanted>) -> bool {
        let state = self.lock();
        state
            .held
            .as_ref()
            .is_some_and(|held| Arc::ptr_eq(held, wanted))
    }

    /// The commit that was loaded last.
    pub(super) fn revision(&self) -> Option<String> {
        self.lock().revision.clone()
    }

    pub(super) fn stage_is(&self, stage: String) {
        let mut state = self.lock();
        let is_new = state.loading.stage.as_ref() != Some(&stage);
        state.loading.retry_at = None;
        if is_new {
            self.events.tell(&self.name, Kind::Stage, &stage);
            state.loading.stage = Some(stage);
        }
    }

    /// An attempt failed; the next one begins at `retry_at`, if there is one.
    pub(super) fn failed(&self, outcome: Outcome, reason: String, retry_at: Option<Instant>) {
        let mut state = self.lock();
        let is_live = self.live.load().is_some();
        if is_live || outcome == Outcome::Invalid {
            self.metrics.reloaded(&self.name, outcome.name());
        }
        if outcome == Outcome::Failed {
            self.metrics.load_failed(&self.name);
        }
        self.events.tell(&self.name, Kind::Refused, &reason);
        state.loading = Loading {
            stage: None,
            error: Some(reason.clone()),
            retry_at,
        };
        state.note(Attempt {
            reason: Some(reason),
            ..Attempt::of(outcome)
        });
    }

    /// A version is loaded: it answers from now on, or is tried first where the manifest says so.
    pub(super) fn admit(self: &Arc<Self>, service: Service, made_of: Arc<Wanted>) {
        let mut state = self.lock();
        // It was under way when an operator had it unloaded.
        if self.is_unloaded() {
            return;
        }
        let rollout = service.manifest.rollout;
        state.revision.clone_from(&service.revision);
        self.metrics.loaded(&self.name, service.took);
        let version = Arc::new(Version::new(service));
        // A trial that is under way gives way to the newer version.
        self.trial.store(None);
        state.of_trial = None;
        if self
            .live()
            .is_some_and(|live| live.name() == version.name())
        {
            // The files are others, and what they hold is the same.
            state.made_of = Some(made_of);
            state.loading = Loading::default();
            return;
        }
        match rollout {
            Some(rollout) if self.live.load().is_some() => {
                let trial = Arc::new(Trial::new(version.clone(), rollout));
                self.trial.store(Some(trial.clone()));
                state.loading = Loading::default();
                state.of_trial = Some(made_of);
                let text = format!("version {} is on trial", version.name());
                tracing::info!(model = self.name, version = version.name(), "on trial");
                self.events.tell(&self.name, Kind::Trial, &text);
                self.metrics.reloaded(&self.name, Outcome::Trial.name());
                state.note(Attempt::with(Outcome::Trial, &version));
                drop(state);
                self.judge_in_time(&trial);
            }
            _ => {
                let outcome = Outcome::Live;
                self.go_live(&mut state, version, Some(made_of), outcome);
            }
        }
    }

    /// Promotes a canary when its time is over.
    fn judge_in_time(self: &Arc<Self>, trial: &Arc<Trial>) {
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

    /// First of all the pointer: whoever reads of it in the log or the metrics may ask at once.
    fn go_live(
        &self,
        state: &mut State,
        version: Arc<Version>,
        made_of: Option<Arc<Wanted>>,
        outcome: Outcome,
    ) {
        let service = &version.service;
        let manifest = &service.manifest;
        self.queue
            .hold(manifest.limits.queue, manifest.batching.wait);
        let before = self.live.swap(Some(version.clone()));
        let made_before = std::mem::replace(&mut state.made_of, made_of);
        state.loading = Loading::default();
        if let Some(before) = before {
            self.metrics.reloaded(&self.name, outcome.name());
            let gone = state.previous.replace((before, made_before));
            if let Some((gone, _)) = gone
                && gone.name() != version.name()
            {
                self.metrics.version_gone(&self.name, gone.name());
            }
        }
        state.note(Attempt::with(outcome, &version));
        let manifest = &service.manifest;
        let source = match &manifest.model.source {
            manifest::Source::Local(_) => "local".to_owned(),
            manifest::Source::Hub { repo, .. } => repo.to_string(),
        };
        self.metrics.model_live(&ModelInfo {
            model: &self.name,
            source: &source,
            revision: service.revision.as_deref().unwrap_or(""),
            sha256: &service.artifact.sha256,
            task: manifest.task.as_ref().map_or("", |task| task.as_str()),
            version: version.name(),
        });
        tracing::info!(
            model = self.name,
            version = version.name(),
            source,
            revision = service.revision.as_deref().unwrap_or("-"),
            sha256 = service.artifact.sha256,
            took_ms = service.took.as_millis() as u64,
            of_which = %service.laps,
            "the model is live"
        );
        let (kind, text) = match outcome {
            Outcome::RolledBack => (Kind::RolledBack, "answers again"),
            _ => (Kind::Live, "is live"),
        };
        let text = format!("version {} {text}", version.name());
        self.events.tell(&self.name, kind, &text);
        self.has_lived.send_replace(true);
    }

    /// Whether an operator has it unloaded.
    pub fn is_unloaded(&self) -> bool {
        *self.unloaded.borrow()
    }

    /// The same, now and whenever that changes.
    pub(super) fn unloading(&self) -> watch::Receiver<bool> {
        self.unloaded.subscribe()
    }

    /// Answers nobody from now on, and gives its memory back, until [`Entry::load`].
    pub fn unload_by_operator(&self) {
        let mut state = self.lock();
        if self.unloaded.send_replace(true) {
            return;
        }
        let gone = [
            self.live.swap(None),
            self.trial().map(|trial| trial.version.clone()),
        ];
        let gone = gone.into_iter().flatten();
        for version in gone.chain(state.previous.take().map(|(version, _)| version)) {
            self.metrics.version_gone(&self.name, version.name());
        }
        self.trial.store(None);
        (state.made_of, state.of_trial, state.held) = (None, None, None);
        state.loading = Loading {
            stage: Some("an operator has unloaded it".to_owned()),
            ..Loading::default()
        };
        drop(state);
        self.unload();
    }

    /// Loads it again after [`Entry::unload_by_operator`]; what is loaded stays as it is.
    pub fn load(&self) {
        let mut state = self.lock();
        if self.unloaded.send_replace(false) {
            self.metrics.model_known(&self.name);
            state.loading = Loading {
                stage: Some("starting".to_owned()),
                ..Loading::default()
            };
        }
    }

    /// It is served no more.
    pub(super) fn unload(&self) {
        self.metrics.model_gone(&self.name);
        self.events
            .tell(&self.name, Kind::Unloaded, "the model is served no more");
        tracing::info!(model = self.name, "the model is unloaded");
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn note(&mut self, attempt: Attempt) {
        if self.attempts.len() == ATTEMPTS {
            self.attempts.pop_front();
        }
        self.attempts.push_back(attempt);
    }
}
