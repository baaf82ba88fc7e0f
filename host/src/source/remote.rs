//! A Hub repository as a source: cache first, hub where needed, every file verified before its path is handed out.
//! Must not know the hub client's types or the cache's layout.

use std::path::{Path, PathBuf};

use tracing::{info, warn};

use super::cache::Cache;
use super::digest::{self, Announced};
use super::hub::Hub;
use super::meter::Meter;
use super::name::{check_revision, is_commit};
use super::retry::Retry;
use super::{
    Artifact, Error, Fetched, HubSettings, Listing, Mismatch, OnProgress, Origin, Request, local,
};
use crate::manifest::{Digest, Repo};

/// Brings the files of one commit into the cache and verifies them.
pub(super) async fn fetch(
    repo: &Repo,
    revision: &str,
    files: &[Request<'_>],
    settings: &HubSettings,
    on_progress: &OnProgress<'_>,
) -> Result<Fetched, Error> {
    let remote = Remote::new(repo, revision, settings)?;
    if settings.offline {
        return remote.read_cache(files).await;
    }
    match remote.ask_hub(files, on_progress).await {
        // An answer of the hub is believed, also a refusal; the cache stands in only for a hub that gives none.
        Err(error) if !error.is_permanent() => match remote.read_cache(files).await {
            Ok(fetched) => {
                warn!(%repo, revision, commit = fetched.revision, %error, "using the cache instead of the hub");
                Ok(fetched)
            }
            Err(_) => Err(error),
        },
        result => result,
    }
}

/// The commit that `revision` names at the hub now.
pub(super) async fn resolve(
    repo: &Repo,
    revision: &str,
    settings: &HubSettings,
) -> Result<String, Error> {
    check_revision(revision)?;
    if is_commit(revision) {
        return Ok(revision.to_owned());
    }
    Hub::new(repo, settings)?.resolve(revision).await
}

/// The files of the commit that `revision` names.
pub(super) async fn list(
    repo: &Repo,
    revision: &str,
    settings: &HubSettings,
) -> Result<Listing, Error> {
    let remote = Remote::new(repo, revision, settings)?;
    if settings.offline {
        return remote.list_cache();
    }
    match remote.list_hub().await {
        Err(error) if !error.is_permanent() => match remote.list_cache() {
            Ok(listing) => {
                warn!(%repo, revision, commit = listing.revision, %error, "listing the cache instead of the hub");
                Ok(listing)
            }
            Err(_) => Err(error),
        },
        result => result,
    }
}

struct Remote<'a> {
    repo: &'a Repo,
    revision: &'a str,
    settings: &'a HubSettings,
    cache: Cache,
}

impl<'a> Remote<'a> {
    fn new(repo: &'a Repo, revision: &'a str, settings: &'a HubSettings) -> Result<Self, Error> {
        check_revision(revision)?;
        Ok(Self {
            repo,
            revision,
            settings,
            cache: Cache::new(&settings.cache, repo),
        })
    }

    async fn list_hub(&self) -> Result<Listing, Error> {
        let hub = Hub::new(self.repo, self.settings)?;
        let commit = if is_commit(self.revision) {
            self.revision.to_owned()
        } else {
            self.resolve(&hub, &[]).await?
        };
        let mut retry = Retry::new(self.settings);
        let files = loop {
            match hub.list(&commit).await {
                Ok(files) => break files,
                Err(error) => retry.after(error).await?,
            }
        };
        if files.is_none() && is_commit(self.revision) {
            // The commit was never resolved; this says whether it is the commit or the repository that is missing.
            hub.resolve(&commit).await?;
        }
        Ok(Listing {
            revision: Some(commit),
            files,
        })
    }

    fn list_cache(&self) -> Result<Listing, Error> {
        let commit = self.cache.commit(self.revision);
        let files = commit.as_ref().map(|commit| {
            let snapshot = self.cache.link(commit, "");
            local::walk(&snapshot, usize::MAX)
        });
        match files {
            Some(files) if !files.is_empty() => Ok(Listing {
                revision: commit,
                files: Some(files),
            }),
            _ => Err(self.not_cached("*.onnx")),
        }
    }

    async fn ask_hub(
        &self,
        files: &[Request<'_>],
        on_progress: &OnProgress<'_>,
    ) -> Result<Fetched, Error> {
        let hub = Hub::new(self.repo, self.settings)?;
        let commit = if is_commit(self.revision) {
            self.revision.to_owned()
        } else {
            self.resolve(&hub, files).await?
        };
        let mut artifacts = Vec::with_capacity(files.len());
        for request in files {
            artifacts.extend(self.file(&hub, &commit, request, on_progress).await?);
        }
        // Only now: a reference to a commit whose files are not there would break the next start without a hub.
        if let Err(error) = self.cache.remember(self.revision, &commit) {
            warn!(repo = %self.repo, revision = self.revision, %error, "cannot note the commit in the cache");
        }
        Ok(Fetched {
            revision: Some(commit),
            artifacts,
        })
    }

    async fn read_cache(&self, files: &[Request<'_>]) -> Result<Fetched, Error> {
        let commit = self.cache.commit(self.revision);
        let mut artifacts = Vec::with_capacity(files.len());
        for request in files {
            let link = commit
                .as_ref()
                .and_then(|commit| self.cache.find(commit, request.file));
            match link {
                Some(link) => artifacts.push(self.verified(link, request, Origin::Cache).await?),
                None if request.required => return Err(self.not_cached(request.file)),
                None => {}
            }
        }
        Ok(Fetched {
            revision: commit,
            artifacts,
        })
    }

    async fn resolve(&self, hub: &Hub<'_>, files: &[Request<'_>]) -> Result<String, Error> {
        // With everything at hand a start should not wait for a hub that is down.
        let mut retry = if self.is_warm(files) {
            Retry::never()
        } else {
            Retry::new(self.settings)
        };
        loop {
            match hub.resolve(self.revision).await {
                Ok(commit) => {
                    info!(repo = %self.repo, revision = self.revision, commit, "resolved");
                    return Ok(commit);
                }
                Err(error) => retry.after(error).await?,
            }
        }
    }

    fn is_warm(&self, files: &[Request<'_>]) -> bool {
        let Some(commit) = self.cache.commit(self.revision) else {
            return false;
        };
        let mut required = files.iter().filter(|request| request.required);
        required.all(|request| self.cache.find(&commit, request.file).is_some())
    }

    /// One file from the cache or the hub; `None` for an optional one that the commit lacks.
    async fn file(
        &self,
        hub: &Hub<'_>,
        commit: &str,
        request: &Request<'_>,
        on_progress: &OnProgress<'_>,
    ) -> Result<Option<Artifact>, Error> {
        let file = request.file;
        if let Some(link) = self.cache.find(commit, file) {
            match self.verified(link, request, Origin::Cache).await {
                Ok(artifact) => return Ok(Some(artifact)),
                Err(error @ Error::DigestMismatch(_)) => warn!(%error, "healing the cache"),
                // A copy without an etag, as some tools leave it: the hub's own replaces it.
                Err(Error::Unverifiable { .. }) => {}
                Err(error) => return Err(error),
            }
        } else if !request.required && self.cache.is_known_missing(commit, file) {
            return Ok(None);
        }
        match self.download(hub, commit, request, on_progress).await {
            Ok(artifact) => Ok(Some(artifact)),
            Err(error @ (Error::FileNotFound { .. } | Error::AccessDenied { .. })) => {
                self.absent(hub, commit, request, error).await
            }
            Err(error) => Err(error),
        }
    }

    /// Tells a missing file from a refused one: some hubs answer 401 for both.
    async fn absent(
        &self,
        hub: &Hub<'_>,
        commit: &str,
        request: &Request<'_>,
        error: Error,
    ) -> Result<Option<Artifact>, Error> {
        let said_missing = matches!(error, Error::FileNotFound { .. });
        if said_missing && !request.required {
            return Ok(None);
        }
        let mut files = hub.files(commit).await;
        if files.is_empty() && is_commit(self.revision) {
            // The commit was never resolved; this says whether it is the commit or the repository that is missing.
            hub.resolve(commit).await?;
        }
        // A file of the same name in another folder is what was meant, most often.
        files.sort_by_key(|file| base_name(file) != base_name(request.file));
        let is_listed = files.iter().any(|file| file == request.file);
        let is_missing = said_missing || (!files.is_empty() && !is_listed);
        match (is_missing, request.required) {
            (false, _) => Err(error),
            (true, false) => Ok(None),
            (true, true) => Err(Error::FileNotFound {
                place: self.place(),
                revision: Some(self.revision.to_owned()),
                file: request.file.to_owned(),
                files,
            }),
        }
    }

    async fn download(
        &self,
        hub: &Hub<'_>,
        commit: &str,
        request: &Request<'_>,
        on_progress: &OnProgress<'_>,
    ) -> Result<Artifact, Error> {
        let mut retry = Retry::new(self.settings);
        let mut meter = Meter::new(self.repo.to_string(), request.file, on_progress);
        let mut was_damaged = false;
        loop {
            meter.restart();
            let error = match hub
                .download(commit, request.file, was_damaged, &mut meter)
                .await
            {
                Ok(()) => {
                    let link = self.cache.link(commit, request.file);
                    let origin = if meter.has_started() {
                        Origin::Hub
                    } else {
                        Origin::Cache
                    };
                    match self.verified(link.clone(), request, origin).await {
                        Ok(artifact) => {
                            meter.finish(artifact.bytes);
                            return Ok(artifact);
                        }
                        // Wrong bytes twice are no accident on the way.
                        Err(error @ Error::DigestMismatch(_)) if was_damaged => {
                            return Err(error);
                        }
                        Err(error @ Error::Unverifiable { .. }) => {
                            self.discard(&link)?;
                            return Err(error);
                        }
                        Err(error) => {
                            was_damaged = true;
                            error
                        }
                    }
                }
                Err(error) => error,
            };
            retry.after(error).await?;
        }
    }

    /// Checks a cached file against its etag and the manifest's pin; a damaged one is deleted.
    async fn verified(
        &self,
        link: PathBuf,
        request: &Request<'_>,
        origin: Origin,
    ) -> Result<Artifact, Error> {
        let pin = request.sha256.map(Digest::as_str);
        let etag = Cache::etag(&link).and_then(|etag| Announced::from_etag(&etag));
        let Some(announced) = etag.or_else(|| pin.and_then(Announced::from_etag)) else {
            return Err(Error::Unverifiable {
                file: request.file.to_owned(),
                place: self.place(),
            });
        };
        let sums = digest::of_file(&link, Some(&announced))
            .await
            .map_err(|error| self.cache_error(&error))?;
        if announced.hex() != sums.like(&announced) {
            self.discard(&link)?;
            return Err(Error::DigestMismatch(Box::new(Mismatch {
                file: request.file.to_owned(),
                place: self.place(),
                kind: announced.kind(),
                expected: announced.hex().to_owned(),
                found: sums.like(&announced).to_owned(),
                bytes: sums.bytes,
                start: sums.text_start().map(|text| self.settings.redact(&text)),
            })));
        }
        if let Some(pin) = pin
            && !pin.eq_ignore_ascii_case(&sums.sha256)
        {
            return Err(Error::PinMismatch {
                file: request.file.to_owned(),
                place: self.place(),
                expected: pin.to_owned(),
                found: sums.sha256,
            });
        }
        if sums.is_lfs_pointer() {
            return Err(Error::LfsPointer { path: link });
        }
        Ok(Artifact {
            file: request.file.to_owned(),
            path: link,
            bytes: sums.bytes,
            sha256: sums.sha256,
            origin,
        })
    }

    fn not_cached(&self, file: &str) -> Error {
        Error::NotCached {
            file: file.to_owned(),
            repo: self.repo.to_string(),
            revision: self.revision.to_owned(),
            cache: self.settings.cache.clone(),
        }
    }

    fn discard(&self, link: &Path) -> Result<(), Error> {
        self.cache
            .discard(link)
            .map_err(|error| self.cache_error(&error))
    }

    fn cache_error(&self, error: &std::io::Error) -> Error {
        Error::Cache {
            path: self.settings.cache.clone(),
            reason: error.to_string().to_lowercase(),
        }
    }

    fn place(&self) -> String {
        format!("model `{}`", self.repo)
    }
}

fn base_name(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}
