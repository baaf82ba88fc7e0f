//! A folder becomes a model repo: checked, sent, and had back by its commit.
//! Must not know how a request is made, nor what a Space is.

use std::path::{Path, PathBuf};

use super::folder::{self, Item};
use super::ignore::Ignore;
use super::place::Place;
use super::push::Push;
use super::{Difference, Error, Kind, OnStep, Step, card};
use crate::manifest::{Repo, Source};
use crate::source::{self, HubSettings, Progress, Request};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Card {
    /// The folder with the card, the model and its evaluation.
    pub folder: PathBuf,
    /// Where it goes.
    pub repo: Repo,
    /// Whether a repo that is made is private.
    pub is_private: bool,
    /// A name for the commit.
    pub tag: Option<String>,
    /// Files and folders of it that stay here, each as a line of a `.dockerignore`.
    pub excluded: Vec<String>,
    /// Whether to stop at the plan.
    pub is_dry: bool,
}

/// What was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The page of the repo.
    pub url: String,
    /// The commit that has every file.
    pub commit: String,
    /// Files that were had back and compared.
    pub verified: usize,
}

/// Publishes a folder; `None` where only the plan was wanted.
///
/// # Errors
/// The folder is not fit, or the hub does not take it; see [`Error`]. What was sent until then is not sent again.
pub async fn model(
    wanted: &Card,
    settings: &HubSettings,
    on_step: &OnStep<'_>,
) -> Result<Option<Published>, Error> {
    let items = items(&wanted.folder, &wanted.excluded)?;
    may_write(settings, wanted.is_dry)?;
    let place = Place::new(&wanted.repo, Kind::Model, settings);
    let mut push = Push::look(&place, &items, on_step).await?;
    if wanted.is_dry {
        return Ok(None);
    }
    push.create(wanted.is_private, on_step).await?;
    let commit = push.send("Publish with modelhost", on_step).await?;
    verify(&wanted.repo, &commit, &items, settings, on_step).await?;
    if let Some(tag) = &wanted.tag {
        name(&push, &wanted.repo, tag, &commit, settings).await?;
    }
    Ok(Some(Published {
        url: place.url(),
        commit,
        verified: items.len(),
    }))
}

fn items(root: &Path, excluded: &[String]) -> Result<Vec<Item>, Error> {
    let mut paths = folder::paths(root)?;
    for line in excluded {
        let ignore = Ignore::parse(line);
        let count = paths.len();
        paths.retain(|path| ignore.takes(path));
        if paths.len() == count {
            return Err(Error::Unfit(format!(
                "--exclude {line}: there is no such file or folder in {}",
                root.display()
            )));
        }
    }
    card::check(root, &paths).map_err(Error::Card)?;
    folder::read(root, &paths)
}

/// Nothing is asked where it is clear that nothing could be written.
pub(super) fn may_write(settings: &HubSettings, is_dry: bool) -> Result<(), Error> {
    match (settings.offline, &settings.token) {
        (true, _) => Err(Error::Offline),
        (false, None) if !is_dry => Err(Error::NoToken {
            endpoint: settings.shown_endpoint(),
        }),
        _ => Ok(()),
    }
}

/// Downloads every file by the commit, into a cache that has none of them, and compares it.
async fn verify(
    repo: &Repo,
    commit: &str,
    items: &[Item],
    settings: &HubSettings,
    on_step: &OnStep<'_>,
) -> Result<(), Error> {
    let cache = tempfile::tempdir();
    let cache = cache.map_err(|error| folder::disk("write", &std::env::temp_dir(), &error))?;
    let settings = HubSettings {
        cache: cache.path().to_owned(),
        ..settings.clone()
    };
    let from = Source::Hub {
        repo: repo.clone(),
        revision: commit.to_owned(),
    };
    let requests: Vec<Request<'_>> = items
        .iter()
        .map(|item| Request {
            file: &item.path,
            required: true,
            sha256: None,
        })
        .collect();
    let tell = |progress: Progress<'_>| {
        on_step(Step::Verifying {
            file: progress.file,
            done: progress.done,
            total: progress.total,
        });
    };
    let fetched = source::fetch(&from, &requests, &settings, &tell).await?;
    for item in items {
        let found = fetched.artifact(&item.path).map(|found| &found.sha256);
        if found != Some(&item.sha256) {
            let difference = Difference {
                repo: repo.clone(),
                commit: commit.to_owned(),
                file: item.path.clone(),
                expected: item.sha256.clone(),
                found: found.cloned().unwrap_or_default(),
            };
            return Err(Error::Differs(Box::new(difference)));
        }
    }
    Ok(())
}

/// Tags the commit; a tag that names it already is as good.
async fn name(
    push: &Push<'_>,
    repo: &Repo,
    tag: &str,
    commit: &str,
    settings: &HubSettings,
) -> Result<(), Error> {
    match super::ask::again(settings, || push.hub.tag(tag, commit)).await {
        Err(Error::Moved { repo: _, kind }) => {
            let tagged = Source::Hub {
                repo: repo.clone(),
                revision: tag.to_owned(),
            };
            let names = source::resolve(&tagged, settings).await?;
            match names.as_deref() == Some(commit) {
                true => Ok(()),
                false => Err(Error::TagTaken {
                    repo: repo.clone(),
                    kind,
                    tag: tag.to_owned(),
                    commit: commit.to_owned(),
                }),
            }
        }
        done => done,
    }
}
