//! The repo that is published to, and what the hub's refusals of it mean.
//! Must not know any client's types: a refusal comes as a status and words.

use std::time::Duration;

use super::{Error, Kind};
use crate::manifest::Repo;
use crate::source::{DEFAULT_ENDPOINT, HubSettings};

/// An answer that takes longer is none.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Where to publish.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub(super) repo: &'a Repo,
    pub(super) kind: Kind,
    pub(super) settings: &'a HubSettings,
    /// The hub as messages show it.
    pub(super) endpoint: String,
}

/// An answer that is none of the good ones.
#[derive(Debug, Default)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) words: Option<String>,
    pub(super) retry_after: Option<Duration>,
}

impl<'a> Place<'a> {
    pub(super) fn new(repo: &'a Repo, kind: Kind, settings: &'a HubSettings) -> Self {
        Self {
            repo,
            kind,
            settings,
            endpoint: settings.shown_endpoint(),
        }
    }

    /// The page of the repo.
    pub(super) fn url(&self) -> String {
        match self.kind {
            Kind::Model => format!("{}/{}", self.endpoint, self.repo),
            Kind::Space => format!("{}/spaces/{}", self.endpoint, self.repo),
        }
    }

    /// Where a Space answers by itself, on the public Hub.
    pub(super) fn app_url(&self) -> Option<String> {
        if self.kind != Kind::Space || self.endpoint != DEFAULT_ENDPOINT {
            return None;
        }
        let host = format!("{}-{}", self.repo.owner, self.repo.name);
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let host: String = host.to_lowercase().chars().map(plain).collect();
        Some(format!("https://{host}.hf.space"))
    }

    /// How it is called in messages.
    pub(super) fn name(&self) -> String {
        format!("{} `{}`", self.kind, self.repo)
    }

    /// How long an answer may take.
    pub(super) fn patience(&self) -> Duration {
        self.settings.request_timeout.min(ANSWER_WITHIN)
    }

    /// What a status means, whatever was asked.
    pub(super) fn refused(&self, asked: &str, refusal: Refusal) -> Error {
        let endpoint = self.endpoint.clone();
        let asked = asked.to_owned();
        let words = refusal.words.map(|words| self.presentable(&words));
        let is_quota = words.as_deref().is_some_and(speaks_of_quota);
        match refusal.status {
            401 => Error::Unauthorised { endpoint, words },
            402 | 413 | 507 => self.quota(asked, refusal.status, words),
            400 | 403 | 422 if is_quota => self.quota(asked, refusal.status, words),
            403 => Error::Forbidden {
                endpoint,
                asked,
                owner: self.repo.owner.clone(),
                words,
            },
            404 => Error::RepoNotFound {
                endpoint,
                repo: self.repo.clone(),
                kind: self.kind,
            },
            // Two repos of one account are not made at once.
            409 if words
                .as_deref()
                .is_some_and(|words| words.contains("conflicting operation")) =>
            {
                Error::Failed {
                    endpoint,
                    asked,
                    reason: words.unwrap_or_default(),
                    passing: true,
                }
            }
            409 | 412 => Error::Moved {
                repo: self.repo.clone(),
                kind: self.kind,
            },
            429 => Error::RateLimited {
                endpoint,
                retry_after: refusal.retry_after,
            },
            status @ (400..=499) => Error::Refused {
                endpoint,
                asked,
                status,
                words,
            },
            status => Error::Failed {
                endpoint,
                asked,
                reason: match words {
                    Some(words) => format!("status {status}: {words}"),
                    None => format!("status {status}"),
                },
                passing: matches!(status, 500 | 502 | 503 | 504),
            },
        }
    }

    fn quota(&self, asked: String, status: u16, words: Option<String>) -> Error {
        Error::Quota {
            endpoint: self.endpoint.clone(),
            asked,
            status,
            words,
        }
    }

    pub(super) fn malformed(&self, asked: &str, reason: &str) -> Error {
        Error::Failed {
            endpoint: self.endpoint.clone(),
            asked: asked.to_owned(),
            reason: reason.to_owned(),
            passing: false,
        }
    }

    pub(super) fn unreachable(&self, asked: &str, reason: &str, unsent: bool) -> Error {
        Error::Unreachable {
            endpoint: self.endpoint.clone(),
            asked: asked.to_owned(),
            reason: self.presentable(&reason.to_lowercase()),
            unsent,
        }
    }

    pub(super) fn stalled(&self, asked: &str, after: Duration) -> Error {
        Error::Stalled {
            endpoint: self.endpoint.clone(),
            asked: asked.to_owned(),
            after,
        }
    }

    /// A hub's words in a form that fits a line and betrays nothing.
    pub(super) fn presentable(&self, text: &str) -> String {
        // Cut last, so that no half of a token remains.
        let text = self.settings.redact(text);
        let shown = |c: char| if c.is_control() { ' ' } else { c };
        let text: String = text.trim().chars().map(shown).take(300).collect();
        text.trim_end_matches('.').to_owned()
    }
}

fn speaks_of_quota(words: &str) -> bool {
    let words = words.to_lowercase();
    ["quota", "storage limit", "out of storage", "storage space"]
        .iter()
        .any(|sign| words.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_of_the_public_hub_has_an_address_of_its_own() {
        let repo: Repo = "Acme/My_demo.v1".parse().expect("a repo");
        let settings = HubSettings::default();
        let space = Place::new(&repo, Kind::Space, &settings);
        assert_eq!(space.url(), "https://huggingface.co/spaces/Acme/My_demo.v1");
        let app = "https://acme-my-demo-v1.hf.space";
        assert_eq!(space.app_url().as_deref(), Some(app));
        assert_eq!(Place::new(&repo, Kind::Model, &settings).app_url(), None);
    }

    #[test]
    fn a_hubs_words_lose_the_token() {
        let repo: Repo = "acme/x".parse().expect("a repo");
        let settings = HubSettings {
            token: Some(crate::source::Secret::new("hf_secret")),
            ..HubSettings::default()
        };
        let place = Place::new(&repo, Kind::Model, &settings);
        let refusal = Refusal {
            status: 403,
            words: Some("no,\nhf_secret may not.".to_owned()),
            retry_after: None,
        };
        let text = place.refused("create it", refusal).to_string();
        assert!(text.contains("no, *** may not;"), "{text}");
    }
}
