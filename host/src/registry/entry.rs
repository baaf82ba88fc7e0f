//! An entry: one model's name, what its manifest asks for, the version that answers, the one before it and one on trial.
//! Must not know where manifests come from, nor how one is loaded.

mod rollout;
mod state;

pub use rollout::{Chosen, Impossible};
pub use state::Loading;

use super::attempt::{Attempt, Outcome};
use super::recent::Recent;
use super::trial::Trial;
use super::version::Version;
use crate::events::{Events, Kind};
use crate::manifest::{self, Manifest};
use crate::metrics::{Metrics, ModelInfo};
use crate::scheduler::{Places, Queue};
use crate::service::{Fingerprint, Service};
use arc_swap::ArcSwapOption;
use state::State;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::watch;

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
