//! The Hub client for writing: repos, commits, tags, variables. Besides `source/hub.rs` the only file that names `hf_hub`.
//! Must not decide what is written, nor how often it is tried.

use std::error::Error as StdError;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use hf_hub::progress::{Progress, ProgressEvent, ProgressHandler, UploadEvent};
use hf_hub::repository::{AddSource, CommitOperation, HFRepository, RepoTypeAny};
use hf_hub::{HFClient, HFError};
use tokio::sync::watch;
use tokio::time::Instant;

use super::folder::{Content, Item};
use super::place::{Place, Refusal};
use super::{Error, Kind};
use crate::source::{self, Secret};

/// Hashing and committing a whole folder happens between two signs of life.
const SIGN_OF_LIFE_WITHIN: Duration = Duration::from_secs(600);

/// One repo, to write to.
pub(super) struct Hub<'a> {
    client: HFClient,
    repo: HFRepository<RepoTypeAny>,
    place: &'a Place<'a>,
}

impl<'a> Hub<'a> {
    pub(super) fn new(place: &'a Place<'a>) -> Result<Self, Error> {
        let client = source::connect(place.settings)
            .map_err(|error| place.unreachable("connect", &root_cause(&error), false))?;
        let kind = match place.kind {
            Kind::Model => RepoTypeAny::Model,
            Kind::Space => RepoTypeAny::Space,
        };
        let (owner, name) = (place.repo.owner.as_str(), place.repo.name.as_str());
        Ok(Self {
            repo: client.repository(kind, owner, name),
            client,
            place,
        })
    }

    /// Makes the repo. A 409 is [`Error::Taken`]: the caller has looked before.
    pub(super) async fn create(&self, is_private: bool) -> Result<(), Error> {
        let asked = format!("create {}", self.place.name());
        let id = self.place.repo.to_string();
        let request = self
            .client
            .create_repository()
            .repo_id(&id)
            .repo_type(*self.repo.repo_type())
            .private(is_private);
        let answer = match self.place.kind {
            Kind::Model => self.answer(&asked, request.send()).await,
            Kind::Space => {
                let request = request.space_sdk("docker");
                self.answer(&asked, request.send()).await
            }
        };
        match answer {
            Ok(_) => Ok(()),
            Err(Error::Moved { repo, kind }) => Err(Error::Taken { repo, kind }),
            Err(error) => Err(error),
        }
    }

    /// Adds `items` in one commit on top of `parent`, large ones by Xet, and gives its name.
    pub(super) async fn commit(
        &self,
        items: &[&Item],
        message: &str,
        parent: &str,
        sent: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<String, Error> {
        let asked = format!("commit to {}", self.place.name());
        let add = |item: &&Item| CommitOperation::Add {
            path_in_repo: item.path.clone(),
            source: match &item.content {
                Content::File(path) => AddSource::file(path),
                Content::Bytes(bytes) => AddSource::bytes(bytes.clone()),
            },
        };
        let (sender, mut moved) = watch::channel(0);
        let commit = self
            .repo
            .create_commit()
            .operations(items.iter().map(add).collect())
            .commit_message(message)
            .parent_commit(parent)
            .progress(Progress::new(Relay(sender)))
            .send();
        let mut commit = pin!(commit);
        let mut deadline = Instant::now() + SIGN_OF_LIFE_WITHIN;
        let done = loop {
            tokio::select! {
                biased;
                Ok(()) = moved.changed() => {
                    sent(*moved.borrow_and_update());
                    deadline = Instant::now() + SIGN_OF_LIFE_WITHIN;
                }
                done = &mut commit => break done,
                () = tokio::time::sleep_until(deadline) => {
                    return Err(self.place.stalled(&asked, SIGN_OF_LIFE_WITHIN));
                }
            }
        };
        done.map_err(|error| self.error(error, &asked))?
            .commit_oid
            .ok_or_else(|| self.place.malformed(&asked, "its answer names no commit"))
    }

    /// Gives `commit` a second name. A name that is there already is [`Error::Moved`].
    pub(super) async fn tag(&self, tag: &str, commit: &str) -> Result<(), Error> {
        let asked = format!("tag {} as `{tag}`", self.place.name());
        let request = self.repo.create_tag().tag(tag).revision(commit).send();
        self.answer(&asked, request).await
    }

    /// Sets an environment variable of the Space that anybody may read.
    pub(super) async fn variable(&self, name: &str, value: &str) -> Result<(), Error> {
        let asked = format!("set the variable {name} of {}", self.place.name());
        let space = self.space();
        let request = space.add_variable().key(name).value(value).send();
        self.answer(&asked, request).await
    }

    /// Sets an environment variable of the Space that nobody can read back.
    pub(super) async fn secret(&self, name: &str, value: &Secret) -> Result<(), Error> {
        let asked = format!("set the secret {name} of {}", self.place.name());
        let space = self.space();
        let request = space.add_secret().key(name).value(value.reveal()).send();
        self.answer(&asked, request).await
    }

    fn space(&self) -> HFRepository<hf_hub::repository::RepoTypeSpace> {
        let repo = self.place.repo;
        self.client.space(repo.owner.as_str(), repo.name.as_str())
    }

    async fn answer<T>(
        &self,
        asked: &str,
        request: impl Future<Output = Result<T, HFError>>,
    ) -> Result<T, Error> {
        let patience = self.place.patience();
        match tokio::time::timeout(patience, request).await {
            Ok(answer) => answer.map_err(|error| self.error(error, asked)),
            Err(_) => Err(self.place.stalled(asked, patience)),
        }
    }

    fn error(&self, error: HFError, asked: &str) -> Error {
        let (context, retry_after) = match error {
            HFError::AuthRequired { context }
            | HFError::Forbidden { context }
            | HFError::Conflict { context }
            | HFError::Http { context } => (context, None),
            HFError::RateLimited {
                retry_after,
                context,
            } => (context, retry_after),
            HFError::RepoNotFound {
                context: Some(context),
                ..
            }
            | HFError::RevisionNotFound {
                context: Some(context),
                ..
            } => (context, None),
            HFError::Io(error) => {
                let reason = error.to_string().to_lowercase();
                return self.place.malformed(asked, &reason);
            }
            HFError::Json(_) | HFError::MalformedResponse { .. } => {
                let reason = "its answer is not the JSON of a hub";
                return self.place.malformed(asked, reason);
            }
            HFError::Request { source, .. } => {
                let (reason, unsent) = (root_cause(&source), source.is_connect());
                return self.place.unreachable(asked, &reason, unsent);
            }
            other => {
                let reason = root_cause(&other);
                return self.place.unreachable(asked, &reason, false);
            }
        };
        let refusal = Refusal {
            status: context.status.as_u16(),
            words: context.server_message,
            retry_after,
        };
        self.place.refused(asked, refusal)
    }
}

/// Passes hf-hub's events, which may come from any task, to the one that waits for the upload.
struct Relay(watch::Sender<u64>);

impl ProgressHandler for Relay {
    fn on_progress(&self, event: &ProgressEvent) {
        if let ProgressEvent::Upload(UploadEvent::Progress {
            bytes_completed, ..
        }) = event
        {
            self.0.send_replace(*bytes_completed);
        }
    }
}

/// The innermost cause says what happened; the outer ones repeat the address, which may carry a signature.
pub(super) fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
