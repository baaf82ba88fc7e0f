//! From the manifests that were read to the models that are to be served: which go together, which keep what they have.
//! Must not change anything.

use super::{Entry, Problem};
use crate::manifest::{self, Error, Manifest};
use std::path::PathBuf;
use std::sync::Arc;

/// What is to be served.
#[derive(Default)]
pub(super) struct Plan {
    /// The manifests that are good, alone and together.
    pub(super) manifests: Vec<Manifest>,
    /// Entries whose manifest cannot be read now; why, where that is not said in `problems`.
    pub(super) kept: Vec<(Arc<Entry>, Option<String>)>,
    /// Entries whose file gives its model another name now, with that name.
    pub(super) renamed: Vec<(Arc<Entry>, String)>,
    /// What is wrong with manifests that no entry was made of.
    pub(super) problems: Vec<Problem>,
    /// The model that answers `/predict`.
    pub(super) default: Option<String>,
    /// The manifests' files, the bad ones included.
    pub(super) files: Vec<PathBuf>,
}

impl Plan {
    pub(super) fn of(read: Vec<Result<Manifest, Error>>, entries: &[Arc<Entry>]) -> Plan {
        let mut plan = Plan::default();
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        for result in read {
            match result {
                Ok(manifest) => good.push(manifest),
                Err(error) => bad.extend(
                    error
                        .file()
                        .map(|file| (file.to_owned(), error.to_string())),
                ),
            }
        }
        let files = good.iter().map(|manifest| &manifest.file);
        plan.files = files
            .chain(bad.iter().map(|(file, _)| file))
            .cloned()
            .collect();
        // Those that nothing has changed in come first: a newcomer is at fault where two clash.
        let is_served = |manifest: &Manifest| {
            let mut entries = entries.iter();
            entries.any(|entry| entry.manifest().as_ref() == manifest)
        };
        let order: Vec<PathBuf> = good.iter().map(|manifest| manifest.file.clone()).collect();
        good.sort_by_key(|manifest| !is_served(manifest));
        for manifest in good {
            plan.manifests.push(manifest);
            if let Err(error) = manifest::check_together(&plan.manifests) {
                let refused = plan.manifests.pop();
                bad.extend(refused.map(|manifest| (manifest.file, error.to_string())));
            }
        }
        let place = |manifest: &Manifest| order.iter().position(|file| *file == manifest.file);
        plan.manifests.sort_by_key(place);
        for (file, text) in bad {
            let mut entries = entries.iter();
            match entries.find(|entry| entry.manifest().file == file) {
                Some(entry) if !plan.names(&entry.name) => {
                    plan.kept.push((entry.clone(), Some(text)));
                }
                _ => plan.problems.push(Problem { file, text }),
            }
        }
        for entry in entries {
            let is_kept = plan.kept.iter().any(|(kept, _)| kept.name == entry.name);
            let manifest = entry.manifest();
            let mut manifests = plan.manifests.iter();
            let successor = manifests.find(|it| it.file == manifest.file);
            if let Some(successor) = successor
                && !is_kept
                && !plan.names(&entry.name)
            {
                plan.renamed.push((entry.clone(), successor.name.clone()));
            }
        }
        plan.default = plan.default_name();
        plan
    }

    fn names(&self, name: &str) -> bool {
        self.manifests.iter().any(|manifest| manifest.name == name)
    }

    /// Also among those that are kept as they were.
    fn default_name(&self) -> Option<String> {
        let kept = self.kept.iter().map(|(entry, _)| entry.manifest());
        let mut all = self.manifests.clone();
        all.extend(kept.map(|manifest| Manifest::clone(&manifest)));
        let default = manifest::default_index(&all)?;
        Some(all.swap_remove(default).name)
    }
}
