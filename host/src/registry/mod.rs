//! The registry: each model's entry, which of them is the default, and what is wrong with manifests that have no entry.
//! Must not know HTTP; it decides when to load, swap and roll back, never how to load.

mod attempt;
mod entry;
mod keep;
mod plan;
mod recent;
mod trial;
mod version;

pub use attempt::{Attempt, Outcome};
pub use entry::{Chosen, Entry, Impossible, Loading};
pub use recent::{Fate, Recent, Summary};
pub use trial::{Shadow, Trial};
pub use version::Version;

use crate::events::Events;
use crate::manifest;
use crate::metrics::Metrics;
use crate::scheduler::Places;
use crate::service::{Fingerprints, Loader, local_files};
use arc_swap::ArcSwap;
use entry::Wanted;
use plan::Plan;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// All models of the process.
pub struct Registry {
    set: ArcSwap<Set>,
    /// Held while the set is changed.
    changing: Mutex<Changing>,
    draining: watch::Sender<bool>,
    places: Places,
    metrics: Arc<Metrics>,
    events: Events,
}

/// What is served, as it was at some moment.
#[derive(Default, Clone)]
struct Set {
    entries: Vec<Arc<Entry>>,
    default: Option<Arc<Entry>>,
    /// Answers in the default's place until that is loaded.
    until_then: Option<Arc<Entry>>,
    problems: Vec<Problem>,
}

#[derive(Default)]
struct Changing {
    fingerprints: Fingerprints,
    keepers: Vec<(Arc<Entry>, AbortHandle)>,
}

/// What is wrong with a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, or the folder of manifests.
    pub file: PathBuf,
    /// What is wrong with it, and what to do.
    pub text: String,
}

impl Registry {
    /// A registry without a model.
    pub fn new(places: Places, metrics: Arc<Metrics>) -> Registry {
        Registry {
            set: ArcSwap::default(),
            changing: Mutex::default(),
            draining: watch::Sender::new(false),
            places,
            metrics,
            events: Events::default(),
        }
    }

    /// All models, in the order of their manifests.
    pub fn entries(&self) -> Vec<Arc<Entry>> {
        self.set.load().entries.clone()
    }

    /// What is wrong with manifests at this moment.
    pub fn problems(&self) -> Vec<Problem> {
        self.set.load().problems.clone()
    }

    /// The model called `name`.
    pub fn find(&self, name: &str) -> Option<Arc<Entry>> {
        let set = self.set.load();
        let mut entries = set.entries.iter();
        entries.find(|entry| entry.name == name).cloned()
    }

    /// The model that answers `/predict`; none when there are several and none says that it is the default.
    pub fn default(&self) -> Option<Arc<Entry>> {
        let set = self.set.load();
        let chosen = set.default.as_ref();
        let stand_in = || set.until_then.as_ref().filter(|it| it.live().is_some());
        match chosen {
            Some(chosen) if chosen.live().is_none() => stand_in().or(Some(chosen)).cloned(),
            chosen => chosen.cloned(),
        }
    }

    /// Whether `entry` answers `/predict`.
    pub fn is_default(&self, entry: &Entry) -> bool {
        self.default().is_some_and(|it| it.name == entry.name)
    }

    /// Whether there is a model, every model answers that no operator has unloaded, and the process is not ending.
    pub fn is_ready(&self) -> bool {
        let set = self.set.load();
        let is_as_asked = |entry: &Arc<Entry>| entry.live().is_some() || entry.is_unloaded();
        !self.is_draining() && !set.entries.is_empty() && set.entries.iter().all(is_as_asked)
    }

    /// What happens to models.
    pub fn events(&self) -> &Events {
        &self.events
    }

    /// From here on the process is ending: it is not ready, and takes no new requests.
    pub fn drain(&self) {
        self.draining.send_replace(true);
    }

    /// Whether the process is ending.
    pub fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }

    /// Waits until the process is ending.
    pub async fn drained(&self) {
        let mut draining = self.draining.subscribe();
        draining.wait_for(|draining| *draining).await.ok();
    }

    /// Reads the manifest, or the folder of manifests, at `path`, and serves what they ask for from now on.
    /// Answers the local files that this depends on. Blocks on the disk; runs within a tokio runtime.
    pub fn update(self: &Arc<Self>, path: &Path, loader: &Loader) -> Vec<PathBuf> {
        let mut changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let set = self.set.load_full();
        let mut files = vec![path.to_owned()];
        let plan = match manifest::read_all(path) {
            Ok(read) => Plan::of(read, &set.entries),
            // The last file of the folder is gone.
            Err(manifest::Error::NoManifest { .. }) => Plan::default(),
            Err(error) => {
                let problem = Problem {
                    file: path.to_owned(),
                    text: error.to_string(),
                };
                self.note_problems(&set, vec![problem]);
                let kept = set.entries.iter().flat_map(|entry| {
                    let manifest = entry.manifest();
                    [vec![manifest.file.clone()], local_files(&manifest)].concat()
                });
                files.extend(kept);
                return files;
            }
        };
        files.extend(plan.files.iter().cloned());
        let mut next = Set::default();
        for manifest in plan.manifests {
            let made_of = local_files(&manifest);
            let wanted = Wanted {
                fingerprint: changing.fingerprints.of(&made_of),
                manifest,
            };
            files.extend(made_of);
            next.entries
                .push(self.entry(wanted, &set, &mut changing, loader));
        }
        for (entry, reason) in plan.kept {
            files.extend(local_files(&entry.manifest()));
            if let Some(reason) = reason
                && entry.loading().error.as_ref() != Some(&reason)
            {
                tracing::error!(model = entry.name, reason, "the manifest is not read");
                entry.failed(Outcome::Invalid, reason, None);
            }
            next.entries.push(entry);
        }
        changing.fingerprints.keep(&files);
        next.default = plan.default.and_then(|name| {
            let mut entries = next.entries.iter();
            entries.find(|entry| entry.name == name).cloned()
        });
        next.until_then = self.default();
        for (old, successor) in plan.renamed {
            if let Some(successor) = next.entries.iter().find(|entry| entry.name == successor) {
                self.leave_after(&old, successor);
                next.entries.push(old);
            }
        }
        next.problems.clone_from(&set.problems);
        self.set.store(Arc::new(next.clone()));
        self.note_problems(&next, plan.problems);
        changing.unload_all_but(&next.entries);
        files
    }

    /// The entry of what is wanted: the one that there is, or a new one.
    fn entry(
        &self,
        wanted: Wanted,
        set: &Set,
        changing: &mut Changing,
        loader: &Loader,
    ) -> Arc<Entry> {
        let name = &wanted.manifest.name;
        if let Some(entry) = set.entries.iter().find(|entry| entry.name == *name) {
            match entry.want(wanted) {
                true => tracing::info!(model = entry.name, "the manifest or its files changed"),
                false => entry.manifest_is_read(),
            }
            return entry.clone();
        }
        let entry = Entry::new(wanted, &self.places, &self.metrics, &self.events);
        let entry = Arc::new(entry);
        let keeper = Handle::current().spawn(keep::keep(entry.clone(), loader.clone()));
        changing
            .keepers
            .push((entry.clone(), keeper.abort_handle()));
        entry
    }

    /// Serves `old` until its successor answers.
    fn leave_after(self: &Arc<Self>, old: &Arc<Entry>, successor: &Arc<Entry>) {
        let registry = Arc::downgrade(self);
        let (old, successor) = (old.clone(), successor.clone());
        Handle::current().spawn(async move {
            successor.lived().await;
            let Some(registry) = registry.upgrade() else {
                return;
            };
            let changing = registry.changing.lock();
            let mut changing = changing.unwrap_or_else(PoisonError::into_inner);
            let mut set = Set::clone(&registry.set.load());
            set.entries.retain(|entry| !Arc::ptr_eq(entry, &old));
            set.until_then = None;
            registry.set.store(Arc::new(set.clone()));
            changing.unload_all_but(&set.entries);
        });
    }

    /// Says what was not said before.
    fn note_problems(&self, set: &Set, problems: Vec<Problem>) {
        for problem in &problems {
            if !set.problems.contains(problem) {
                let file = problem.file.display();
                tracing::error!(%file, reason = problem.text, "the manifest is not read");
                self.metrics.reloaded("", Outcome::Invalid.name());
                self.events
                    .tell("", crate::events::Kind::Refused, &problem.text);
            }
        }
        let mut set = set.clone();
        set.problems = problems;
        self.set.store(Arc::new(set));
    }
}

impl Changing {
    fn unload_all_but(&mut self, entries: &[Arc<Entry>]) {
        self.keepers.retain(|(entry, keeper)| {
            let stays = entries.iter().any(|it| Arc::ptr_eq(it, entry));
            if !stays {
                keeper.abort();
                entry.unload();
            }
            stays
        });
    }
}
