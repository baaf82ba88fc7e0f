//! The registry: each model's name, its current snapshot, and the state of its loading.
//! Must not know HTTP; it decides when to load and retry, never how.

use crate::manifest::{self, Manifest};
use crate::metrics::{Metrics, ModelInfo};
use crate::scheduler::{Queue, Scheduler};
use crate::service::{self, Loader, Service, Step};
use arc_swap::ArcSwapOption;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The longest wait between two attempts to load.
const MAX_RETRY: Duration = Duration::from_secs(30);

/// All models of the process.
pub struct Registry {
    entries: Vec<Arc<Entry>>,
    default: Option<usize>,
    draining: AtomicBool,
}

/// One model: what was asked for and what is there.
pub struct Entry {
    /// What was asked for.
    pub manifest: Manifest,
    /// Whether it answers `/predict`.
    pub is_default: bool,
    /// Its place in the worker pool.
    pub queue: Queue,
    current: ArcSwapOption<Service>,
    loading: Mutex<Loading>,
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

impl Entry {
    /// The snapshot that answers, if one is loaded.
    pub fn service(&self) -> Option<Arc<Service>> {
        self.current.load_full()
    }

    /// How far loading has come.
    pub fn loading(&self) -> Loading {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Loading> {
        self.loading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    /// One entry a manifest; the manifests have been checked together.
    pub fn new(manifests: Vec<Manifest>, scheduler: &Scheduler, metrics: &Metrics) -> Registry {
        let default = manifest::default_index(&manifests);
        let entries = manifests
            .into_iter()
            .enumerate()
            .map(|(index, manifest)| {
                metrics.model_known(&manifest.name);
                Arc::new(Entry {
                    is_default: Some(index) == default,
                    queue: scheduler.queue(&manifest.name, manifest.limits.queue),
                    current: ArcSwapOption::empty(),
                    loading: Mutex::new(Loading {
                        stage: Some("starting".to_owned()),
                        ..Loading::default()
                    }),
                    manifest,
                })
            })
            .collect();
        Registry {
            entries,
            default,
            draining: AtomicBool::new(false),
        }
    }

    /// All models, in the order of their manifests.
    pub fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }

    /// The model called `name`.
    pub fn find(&self, name: &str) -> Option<&Arc<Entry>> {
        self.entries
            .iter()
            .find(|entry| entry.manifest.name == name)
    }

    /// The model that answers `/predict`; none when there are several and none says that it is the default.
    pub fn default(&self) -> Option<&Arc<Entry>> {
        self.entries.get(self.default?)
    }

    /// Whether every model answers and the process is not ending.
    pub fn is_ready(&self) -> bool {
        !self.is_draining() && self.entries.iter().all(|entry| entry.service().is_some())
    }

    /// From here on the process is ending: it is not ready, and takes no new requests.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Whether the process is ending.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Loads every model, each in a task of its own, until it is loaded.
    pub fn load_all(&self, loader: &Loader) {
        for entry in &self.entries {
            tokio::spawn(load(entry.clone(), loader.clone()));
        }
    }
}

/// Loads until it succeeds, with growing waits between the attempts.
async fn load(entry: Arc<Entry>, loader: Loader) {
    let name = entry.manifest.name.clone();
    let mut wait = Duration::from_secs(1);
    loop {
        let report = {
            let entry = entry.clone();
            let observe = loader.observe.clone();
            Arc::new(move |step: Step<'_>| {
                entry.lock().stage = Some(step.to_string());
                observe(&entry.manifest.name, step);
            })
        };
        entry.lock().retry_at = None;
        // In a task of its own: a panic in it is a failed attempt, not the end of all attempts.
        let attempt = tokio::spawn({
            let (manifest, loader) = (entry.manifest.clone(), loader.clone());
            async move { Service::load(manifest, &loader, report).await }
        });
        let result = attempt
            .await
            .unwrap_or_else(|panic| Err(service::Error::Interrupted(panic.to_string())));
        match result {
            Ok(service) => {
                go_live(&entry, service, &loader.metrics);
                return;
            }
            Err(error) => {
                let reason = error.to_string();
                let asked = error.retry_after().unwrap_or(Duration::ZERO);
                let pause = wait.max(asked).min(MAX_RETRY);
                *entry.lock() = Loading {
                    stage: None,
                    error: Some(reason.clone()),
                    retry_at: Some(Instant::now() + pause),
                };
                loader.metrics.load_failed(&name);
                tracing::error!(
                    model = name,
                    reason,
                    retry_in_s = pause.as_secs_f64(),
                    "the model is not loaded"
                );
                #[allow(clippy::disallowed_methods, reason = "a pause between attempts")]
                tokio::time::sleep(pause).await;
                wait = (wait * 2).min(MAX_RETRY);
            }
        }
    }
}

fn go_live(entry: &Entry, service: Service, metrics: &Metrics) {
    let service = Arc::new(service);
    // First of all: whoever reads of it in the log or the metrics may ask at once.
    entry.current.store(Some(service.clone()));
    *entry.lock() = Loading::default();
    let manifest = &service.manifest;
    let source = match &manifest.model.source {
        manifest::Source::Local(_) => "local".to_owned(),
        manifest::Source::Hub { repo, .. } => repo.to_string(),
    };
    metrics.model_loaded(
        &ModelInfo {
            model: &manifest.name,
            source: &source,
            revision: service.revision.as_deref().unwrap_or(""),
            sha256: &service.artifact.sha256,
            task: manifest.task.as_ref().map_or("", |task| task.as_str()),
        },
        service.took,
    );
    tracing::info!(
        model = manifest.name,
        source,
        revision = service.revision.as_deref().unwrap_or("-"),
        sha256 = service.artifact.sha256,
        took_ms = service.took.as_millis() as u64,
        "the model is live"
    );
}
