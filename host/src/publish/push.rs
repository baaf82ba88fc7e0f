//! Bringing files into a repo: look, make it where it is absent, send what differs, in one commit.
//! Must not know what the files are for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::api::{Api, Transfer};
use super::ask::again;
use super::folder::Item;
use super::hub::Hub;
use super::place::Place;
use super::plan::{There, plan};
use super::{Difference, Error, OnStep, Step};

/// How often a bar moves.
const TICK: Duration = Duration::from_millis(100);

/// A repo as it is before anything is sent.
pub(super) struct Push<'a> {
    place: &'a Place<'a>,
    api: Api<'a>,
    pub(super) hub: Hub<'a>,
    items: &'a [Item],
    /// The newest commit; `None` where there is no repo.
    head: Option<String>,
    there: Vec<There>,
}

impl<'a> Push<'a> {
    /// Compares `items` with what the repo has.
    pub(super) async fn look(
        place: &'a Place<'a>,
        items: &'a [Item],
        on_step: &OnStep<'_>,
    ) -> Result<Self, Error> {
        let (api, hub) = (Api::new(place)?, Hub::new(place)?);
        let head = again(place.settings, || api.head()).await?;
        let there = match &head {
            Some(commit) => Some(again(place.settings, || api.tree(commit)).await?),
            None => None,
        };
        let plan = plan(place.repo, place.kind, items, there.as_deref());
        on_step(Step::Planned(&plan));
        Ok(Self {
            place,
            api,
            hub,
            items,
            head,
            there: there.unwrap_or_default(),
        })
    }

    /// Makes the repo where it is absent.
    pub(super) async fn create(
        &mut self,
        is_private: bool,
        on_step: &OnStep<'_>,
    ) -> Result<(), Error> {
        if self.head.is_some() {
            return Ok(());
        }
        let settings = self.place.settings;
        again(settings, || self.hub.create(is_private)).await?;
        on_step(Step::Created {
            url: &self.place.url(),
        });
        let head = again(settings, || self.api.head()).await?;
        let head = head.ok_or_else(|| Error::RepoNotFound {
            endpoint: self.place.endpoint.clone(),
            repo: self.place.repo.clone(),
            kind: self.place.kind,
        })?;
        self.there = again(settings, || self.api.tree(&head)).await?;
        self.head = Some(head);
        Ok(())
    }

    /// Sends what differs, and gives the commit that has all of it.
    pub(super) async fn send(&self, message: &str, on_step: &OnStep<'_>) -> Result<String, Error> {
        let head = self.head.as_deref().unwrap_or_default();
        let is_there = |item: &&Item| {
            let same = |there: &There| there.path == item.path && there.is(item);
            self.there.iter().any(same)
        };
        let changed: Vec<&Item> = self.items.iter().filter(|item| !is_there(item)).collect();
        if changed.is_empty() {
            return Ok(head.to_owned());
        }
        match self.commit(&changed, message, head, on_step).await {
            // A try whose answer was lost may have come first.
            Err(moved @ Error::Moved { .. }) => {
                let head = again(self.place.settings, || self.api.head()).await?;
                let head = head.unwrap_or_default();
                match self.compare(&head).await {
                    Ok(()) => Ok(head),
                    Err(_) => Err(moved),
                }
            }
            done => done,
        }
    }

    async fn commit(
        &self,
        changed: &[&Item],
        message: &str,
        head: &str,
        on_step: &OnStep<'_>,
    ) -> Result<String, Error> {
        let settings = self.place.settings;
        let large = again(settings, || self.api.large(changed)).await?;
        let transfer = match large.is_empty() {
            // Nothing for it to decide: hf-hub sends small files in the commit.
            true => Transfer::Xet,
            false => again(settings, || self.api.transfer(&large)).await?,
        };
        match transfer {
            Transfer::Xet => {
                let total = changed.iter().map(|item| item.bytes).sum();
                let sent = |done| on_step(Step::Uploading { done, total });
                again(settings, || self.hub.commit(changed, message, head, &sent)).await
            }
            Transfer::Addresses(addresses) => {
                let missing = large
                    .iter()
                    .filter_map(|item| Some((*item, addresses.get(&item.sha256)?)));
                let missing: Vec<_> = missing.collect();
                let total = missing.iter().map(|(item, _)| item.bytes).sum();
                let before = AtomicU64::new(0);
                for (item, actions) in missing {
                    let upload = again(settings, || async {
                        // A second try begins anew, and so does its count.
                        let sent = Arc::new(AtomicU64::new(0));
                        let upload = self.api.upload(item, actions, &sent);
                        let tell = || {
                            let done =
                                before.load(Ordering::Relaxed) + sent.load(Ordering::Relaxed);
                            on_step(Step::Uploading { done, total });
                        };
                        watched(upload, tell).await
                    });
                    upload.await?;
                    before.fetch_add(item.bytes, Ordering::Relaxed);
                }
                again(settings, || self.api.commit(changed, &large, message, head)).await
            }
        }
    }

    /// Whether the hub lists every file of `commit` with the digest that it was sent with.
    pub(super) async fn compare(&self, commit: &str) -> Result<(), Error> {
        let there = again(self.place.settings, || self.api.tree(commit)).await?;
        for item in self.items {
            let found = there.iter().find(|there| there.path == item.path);
            if found.is_some_and(|there| there.is(item)) {
                continue;
            }
            let digest = |there: &There| there.sha256.clone().unwrap_or_else(|| there.oid.clone());
            let difference = Difference {
                repo: self.place.repo.clone(),
                commit: commit.to_owned(),
                file: item.path.clone(),
                expected: item.sha256.clone(),
                found: found.map_or_else(|| "(no such file)".to_owned(), digest),
            };
            return Err(Error::Differs(Box::new(difference)));
        }
        Ok(())
    }
}

/// Waits for `work`, and calls `tell` every now and then and at the end.
async fn watched<T>(work: impl Future<Output = T>, tell: impl Fn()) -> T {
    let mut work = std::pin::pin!(work);
    let mut tick = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            done = &mut work => {
                tell();
                return done;
            }
            _ = tick.tick() => tell(),
        }
    }
}
