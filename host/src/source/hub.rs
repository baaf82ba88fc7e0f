//! The Hub client: commits, downloads into the cache, listings. Besides `publish/hub.rs` the only file that names `hf_hub`.
//! Must not decide whether to try again, nor trust what was downloaded: hf-hub 1.0.0 checks the status of the HEAD that
//! precedes a download but not of the GET, so an error page can land in the cache as the file.

use std::error::Error as StdError;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt as _;
use hf_hub::progress::{DownloadEvent, FileStatus, ProgressEvent, ProgressHandler};
use hf_hub::repository::{HFRepository, RepoTreeEntry, RepoTypeModel};
use hf_hub::{HFClient, HFError};
use tokio::sync::watch;
use tokio::time::Instant;

use super::meter::Meter;
use super::name::is_commit;
use super::{Error, HubSettings, Listed};
use crate::manifest::Repo;

/// An answer without a body should not take longer than this, however patient the settings are with downloads.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Files and folders listed at most.
const MOST_LISTED: usize = 10_000;

const NOT_JSON: &str = "its answer is not the JSON of a hub";

/// One repository of a hub.
pub(super) struct Hub<'a> {
    repo: HFRepository<RepoTypeModel>,
    name: &'a Repo,
    settings: &'a HubSettings,
    /// The endpoint as messages show it.
    endpoint: String,
}

/// A client of the hub that the settings name.
pub(crate) fn connect(settings: &HubSettings) -> Result<HFClient, HFError> {
    HFClient::builder()
        .endpoint(settings.endpoint.as_str())
        .token(settings.token_or_none())
        .cache_dir(settings.cache.as_path())
        .user_agent(concat!("modelhost/", env!("CARGO_PKG_VERSION")))
        // Tries are counted by whoever asks.
        .retry_max_attempts(0)
        .build()
}

impl<'a> Hub<'a> {
    pub(super) fn new(name: &'a Repo, settings: &'a HubSettings) -> Result<Self, Error> {
        let endpoint = settings.shown_endpoint();
        let unusable = |reason: String| Error::Endpoint {
            endpoint: endpoint.clone(),
            reason,
        };
        let is_http = |scheme: &str| settings.endpoint.starts_with(scheme);
        if !is_http("http://") && !is_http("https://") {
            return Err(unusable(
                "it must begin with https:// or http://".to_owned(),
            ));
        }
        let client = connect(settings).map_err(|error| unusable(root_cause(&error)))?;
        Ok(Self {
            repo: client.model(name.owner.as_str(), name.name.as_str()),
            name,
            settings,
            endpoint,
        })
    }

    /// The commit that a branch or tag names now.
    pub(super) async fn resolve(&self, revision: &str) -> Result<String, Error> {
        let asked = format!("revision `{revision}` of model `{}`", self.name);
        let info = self
            .repo
            .info()
            .revision(revision)
            .expand(vec!["sha".to_owned()])
            .send();
        let commit = match self.answer(&asked, info).await? {
            Ok(info) => info.sha,
            Err(HFError::RevisionNotFound { context, .. }) => {
                let code = context.and_then(|context| context.error_code);
                return Err(self.revision_not_found(revision, code.as_deref()).await);
            }
            Err(error) => return Err(self.error(error, &asked)),
        };
        commit
            .filter(|commit| is_commit(commit))
            .ok_or_else(|| self.failed(&asked, "its answer names no commit".to_owned()))
    }

    /// Downloads one file into the cache, unverified.
    pub(super) async fn download(
        &self,
        commit: &str,
        file: &str,
        force: bool,
        meter: &mut Meter<'_>,
    ) -> Result<(), Error> {
        let asked = format!("`{file}` of model `{}`", self.name);
        let (sender, mut moved) = watch::channel(None);
        let transfer = self
            .repo
            .download_file()
            .filename(file)
            .revision(commit)
            .force_download(force)
            .progress(Relay(sender))
            .send();
        let mut transfer = pin!(transfer);
        let mut done = None;
        let mut deadline = Instant::now() + self.settings.request_timeout;
        loop {
            tokio::select! {
                biased;
                Ok(()) = moved.changed() => {
                    let Some(now) = *moved.borrow_and_update() else {
                        continue;
                    };
                    // The Xet client reports ten times a second whether or not anything moved.
                    if Some(now.done) > done {
                        done = Some(now.done);
                        deadline = Instant::now() + self.settings.request_timeout;
                    }
                    meter.update(now.done, now.total);
                }
                result = &mut transfer => {
                    // A short transfer ends in the poll that reported it.
                    if let Some(last) = *moved.borrow() {
                        meter.update(last.done, last.total);
                    }
                    return match result {
                        Ok(_) => Ok(()),
                        Err(HFError::EntryNotFound { .. }) => Err(self.file_not_found(file)),
                        Err(error) => Err(self.error(error, &asked)),
                    };
                }
                () = tokio::time::sleep_until(deadline) => {
                    return Err(self.stalled(&asked, self.settings.request_timeout));
                }
            }
        }
    }

    /// The files of a commit, for messages: empty where the hub does not tell.
    pub(super) async fn files(&self, commit: &str) -> Vec<String> {
        let files = self.list(commit).await.ok().flatten().unwrap_or_default();
        files.into_iter().map(|listed| listed.file).collect()
    }

    /// The files of a commit; `None` where the hub has no listing, or does not know the commit.
    pub(super) async fn list(&self, commit: &str) -> Result<Option<Vec<Listed>>, Error> {
        let asked = format!("the files of model `{}`", self.name);
        let listing = async {
            let tree = self
                .repo
                .list_tree()
                .revision(commit)
                .recursive(true)
                .limit(MOST_LISTED)
                .send();
            let mut tree = pin!(tree?);
            let mut files = Vec::new();
            while let Some(entry) = tree.next().await {
                if let RepoTreeEntry::File { path, size, .. } = entry? {
                    files.push(Listed {
                        file: path,
                        bytes: size,
                    });
                }
            }
            files.sort();
            Ok(files)
        };
        match self.answer(&asked, listing).await? {
            Ok(files) => Ok(Some(files)),
            Err(error) if is_unknown_route(&error) => Ok(None),
            Err(error) => Err(self.error(error, &asked)),
        }
    }

    /// The error for a file that the repository lacks; the caller adds the revision's name and the listing.
    fn file_not_found(&self, file: &str) -> Error {
        Error::FileNotFound {
            place: format!("model `{}`", self.name),
            revision: None,
            file: file.to_owned(),
            files: Vec::new(),
        }
    }

    /// A 404 for a revision: hubs say in a header whether it is the repository that is missing, and some say nothing.
    async fn revision_not_found(&self, revision: &str, code: Option<&str>) -> Error {
        let repo_is_missing = match code {
            Some(code) => code == "RepoNotFound",
            None => {
                let asked = format!("model `{}`", self.name);
                let exists = self.answer(&asked, self.repo.exists().send()).await;
                matches!(exists, Ok(Ok(false)))
            }
        };
        if repo_is_missing {
            self.repo_not_found()
        } else {
            Error::RevisionNotFound {
                repo: self.name.to_string(),
                revision: revision.to_owned(),
            }
        }
    }

    fn repo_not_found(&self) -> Error {
        Error::RepoNotFound {
            endpoint: self.endpoint.clone(),
            repo: self.name.to_string(),
        }
    }

    async fn answer<T>(&self, asked: &str, request: impl Future<Output = T>) -> Result<T, Error> {
        let patience = self.patience();
        tokio::time::timeout(patience, request)
            .await
            .map_err(|_| self.stalled(asked, patience))
    }

    fn patience(&self) -> Duration {
        self.settings.request_timeout.min(ANSWER_WITHIN)
    }

    fn stalled(&self, asked: &str, after: Duration) -> Error {
        Error::Stalled {
            endpoint: self.endpoint.clone(),
            asked: asked.to_owned(),
            after,
        }
    }

    fn failed(&self, asked: &str, reason: String) -> Error {
        Error::Failed {
            endpoint: self.endpoint.clone(),
            asked: asked.to_owned(),
            reason,
            permanent: false,
        }
    }

    fn error(&self, error: HFError, asked: &str) -> Error {
        let endpoint = self.endpoint.clone();
        let asked = asked.to_owned();
        match error {
            HFError::AuthRequired { context } | HFError::Forbidden { context } => {
                self.refused(context.status.as_u16(), context.server_message)
            }
            HFError::Http { context } if matches!(context.status.as_u16(), 401 | 403) => {
                self.refused(context.status.as_u16(), context.server_message)
            }
            HFError::RateLimited { retry_after, .. } => Error::RateLimited {
                endpoint,
                retry_after,
            },
            HFError::RepoNotFound { .. } => self.repo_not_found(),
            HFError::Http { context } => {
                let status = context.status.as_u16();
                let words = context.server_message.map(|text| self.presentable(&text));
                Error::Failed {
                    endpoint,
                    asked,
                    reason: match words {
                        Some(words) => format!("status {status}: {words}"),
                        None => format!("status {status}"),
                    },
                    permanent: (400..500).contains(&status) && !matches!(status, 408 | 425),
                }
            }
            HFError::Io(error) => Error::Cache {
                path: self.settings.cache.clone(),
                reason: error.to_string().to_lowercase(),
            },
            HFError::CacheLockTimeout { .. } => Error::Cache {
                path: self.settings.cache.clone(),
                reason: "another process has been downloading the same file into it for 10 s"
                    .to_owned(),
            },
            HFError::Json(_) => self.failed(&asked, NOT_JSON.to_owned()),
            HFError::MalformedResponse { what, .. } => self.failed(
                &asked,
                format!("unusable answer: {}", self.presentable(&what)),
            ),
            HFError::Request { source, .. } if innermost(&source).is::<serde_json::Error>() => {
                self.failed(&asked, NOT_JSON.to_owned())
            }
            other => Error::Unreachable {
                endpoint,
                asked,
                reason: self.presentable(&root_cause(&other)),
            },
        }
    }

    fn refused(&self, status: u16, message: Option<String>) -> Error {
        Error::AccessDenied {
            endpoint: self.endpoint.clone(),
            repo: self.name.to_string(),
            status,
            message: message.map(|text| self.presentable(&text)),
            token_sent: self.settings.token.is_some(),
        }
    }

    /// A hub's words in a form that fits a log line and betrays nothing.
    fn presentable(&self, text: &str) -> String {
        // Cut last, so that no half of a token remains.
        let text = self.settings.redact(text);
        let shown = |c: char| if c.is_control() { ' ' } else { c };
        text.chars().map(shown).take(200).collect()
    }
}

/// What has arrived of a download.
#[derive(Debug, Clone, Copy)]
struct Moved {
    done: u64,
    total: Option<u64>,
}

/// Passes hf-hub's events, which may come from any task, to the one that waits for the download.
struct Relay(watch::Sender<Option<Moved>>);

impl ProgressHandler for Relay {
    fn on_progress(&self, event: &ProgressEvent) {
        let ProgressEvent::Download(event) = event else {
            return;
        };
        let (done, total) = match event {
            // `Complete` alone is what a blob that another revision brought reports: nothing arrived.
            DownloadEvent::Progress { files } => match files.last() {
                Some(file) if file.status != FileStatus::Complete => {
                    (file.bytes_completed, file.total_bytes)
                }
                _ => return,
            },
            DownloadEvent::AggregateProgress {
                bytes_completed,
                total_bytes,
                ..
            } => (*bytes_completed, *total_bytes),
            DownloadEvent::Start { .. } | DownloadEvent::Complete => return,
        };
        self.0.send_replace(Some(Moved {
            done,
            total: Some(total).filter(|total| *total > 0),
        }));
    }
}

/// Whether this is how a server answers what it has never heard of.
fn is_unknown_route(error: &HFError) -> bool {
    match error {
        HFError::RepoNotFound { .. }
        | HFError::RevisionNotFound { .. }
        | HFError::EntryNotFound { .. } => true,
        HFError::Http { context } => matches!(context.status.as_u16(), 404 | 405 | 501),
        _ => false,
    }
}

/// The innermost cause says what happened; the outer ones repeat the address, which may carry a signature.
fn root_cause(error: &(dyn StdError + 'static)) -> String {
    innermost(error).to_string().to_lowercase()
}

fn innermost<'e>(error: &'e (dyn StdError + 'static)) -> &'e (dyn StdError + 'static) {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause
}
