//! What hf-hub 1.0.0 lacks: digests in listings, modes of uploads, the commit that a Space runs; and Git LFS, in `lfs.rs`.
//! Must not know what is published; the token goes to the hub alone, and never to where it sends the bytes.

mod lfs;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response, Url};
use serde::Deserialize;
use serde_json::{Value, json};

use super::folder::{Content, Item};
use super::hub::root_cause;
use super::place::{Place, Refusal};
use super::plan::There;
use super::{Error, Kind};

pub(super) use lfs::Transfer;

const NOT_JSON: &str = "its answer is not the JSON of a hub";

/// A connection on which nothing moves for this long is broken.
const MOVES_WITHIN: Duration = Duration::from_secs(60);

/// Names looked at in one request for upload modes, as Python's library has it.
const ASKED_AT_ONCE: usize = 256;

/// One repo, by plain requests.
pub(super) struct Api<'a> {
    client: Client,
    place: &'a Place<'a>,
}

/// What a Space does.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Runtime {
    pub(super) stage: String,
    /// The commit that was built, where the hub tells.
    pub(super) sha: Option<String>,
    pub(super) error_message: Option<String>,
}

impl<'a> Api<'a> {
    pub(super) fn new(place: &'a Place<'a>) -> Result<Self, Error> {
        let client = Client::builder()
            .user_agent(concat!("modelhost/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(place.patience())
            .read_timeout(MOVES_WITHIN)
            .build()
            .map_err(|error| place.unreachable("connect", &root_cause(&error), false))?;
        Ok(Self { client, place })
    }

    /// The newest commit; `None` where there is no such repo for this token.
    pub(super) async fn head(&self) -> Result<Option<String>, Error> {
        #[derive(Deserialize)]
        struct Info {
            sha: Option<String>,
        }
        let asked = format!("look at {}", self.place.name());
        let request = self.to_hub(Method::GET, &self.api(""));
        let answer: Result<Info, Error> = self.json(&asked, request).await;
        match answer {
            Ok(info) => match info.sha {
                Some(sha) => Ok(Some(sha)),
                None => Err(self.place.malformed(&asked, "its answer names no commit")),
            },
            Err(Error::RepoNotFound { .. }) => Ok(None),
            // Without a token, some hubs say this of what they do not have.
            Err(Error::Unauthorised { .. }) if self.place.settings.token.is_none() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The files of a commit, with their digests.
    pub(super) async fn tree(&self, commit: &str) -> Result<Vec<There>, Error> {
        #[derive(Deserialize)]
        struct Entry {
            #[serde(rename = "type")]
            kind: String,
            path: String,
            oid: String,
            lfs: Option<Lfs>,
        }
        #[derive(Deserialize)]
        struct Lfs {
            oid: String,
        }
        let asked = format!("list {}", self.place.name());
        let mut next = Some(self.api(&format!("/tree/{commit}?recursive=true")));
        let mut files = Vec::new();
        while let Some(url) = next {
            let response = self.send(&asked, self.to_hub(Method::GET, &url)).await?;
            next = next_page(&response).filter(|url| self.is_of_hub(url));
            let entries: Vec<Entry> = self.read(&asked, response).await?;
            let file = |entry: Entry| {
                (entry.kind == "file").then(|| There {
                    path: entry.path,
                    sha256: entry.lfs.map(|lfs| lfs.oid),
                    oid: entry.oid,
                })
            };
            files.extend(entries.into_iter().filter_map(file));
        }
        Ok(files)
    }

    /// Which of `items` the hub keeps outside of git, by their paths.
    pub(super) async fn large<'i>(&self, items: &[&'i Item]) -> Result<Vec<&'i Item>, Error> {
        #[derive(Deserialize)]
        struct Answer {
            files: Vec<Mode>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Mode {
            path: String,
            upload_mode: String,
        }
        let asked = format!("prepare an upload to {}", self.place.name());
        let mut large = Vec::new();
        for some in items.chunks(ASKED_AT_ONCE) {
            let file = |item: &&Item| {
                let sample = STANDARD.encode(&item.start);
                json!({"path": item.path, "size": item.bytes, "sample": sample})
            };
            let body = json!({"files": some.iter().map(file).collect::<Vec<_>>()});
            let request = self.to_hub(Method::POST, &self.api("/preupload/main"));
            let answer: Answer = self.json(&asked, request.json(&body)).await?;
            let is_large = |item: &&&Item| {
                let mode = answer.files.iter().find(|mode| mode.path == item.path);
                // Git LFS has no empty objects.
                item.bytes > 0 && mode.is_some_and(|mode| mode.upload_mode == "lfs")
            };
            large.extend(some.iter().filter(is_large).copied());
        }
        Ok(large)
    }

    /// Adds `items` in one commit on top of `parent`; the bytes of `large` are there already.
    pub(super) async fn commit(
        &self,
        items: &[&Item],
        large: &[&Item],
        message: &str,
        parent: &str,
    ) -> Result<String, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            commit_oid: String,
        }
        let asked = format!("commit to {}", self.place.name());
        let header = json!({"summary": message, "description": "", "parentCommit": parent});
        let mut body = json!({"key": "header", "value": header}).to_string();
        for item in items {
            let is_large = large.iter().any(|large| large.path == item.path);
            let line = match is_large {
                true => json!({"key": "lfsFile", "value": {
                    "path": item.path, "algo": "sha256", "oid": item.sha256, "size": item.bytes,
                }}),
                false => {
                    let content = match &item.content {
                        Content::Bytes(bytes) => bytes.clone(),
                        Content::File(path) => tokio::fs::read(path)
                            .await
                            .map_err(|error| super::folder::disk("read", path, &error))?
                            .into(),
                    };
                    json!({"key": "file", "value": {
                        "path": item.path, "encoding": "base64", "content": STANDARD.encode(content),
                    }})
                }
            };
            body.push('\n');
            body.push_str(&line.to_string());
        }
        let request = self.to_hub(Method::POST, &self.api("/commit/main"));
        let request = request
            .header(CONTENT_TYPE, "application/x-ndjson")
            .body(body);
        let answer: Answer = self.json(&asked, request).await?;
        Ok(answer.commit_oid)
    }

    /// What the Space does now.
    pub(super) async fn runtime(&self) -> Result<Runtime, Error> {
        let asked = format!("say how {} is", self.place.name());
        self.json(&asked, self.to_hub(Method::GET, &self.api("/runtime")))
            .await
    }

    fn api(&self, rest: &str) -> String {
        let kind = match self.place.kind {
            Kind::Model => "models",
            Kind::Space => "spaces",
        };
        let endpoint = &self.place.settings.endpoint;
        format!("{endpoint}/api/{kind}/{}{rest}", self.place.repo)
    }

    /// Whether an address that came from outside is the hub's own.
    fn is_of_hub(&self, url: &str) -> bool {
        let origin = |url: &str| Url::parse(url).ok().map(|url| url.origin());
        let own = origin(&self.place.settings.endpoint);
        own.is_some() && origin(url) == own
    }

    fn to_hub(&self, method: Method, url: &str) -> RequestBuilder {
        let request = self.client.request(method, url);
        match &self.place.settings.token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {}", token.reveal())),
            None => request,
        }
    }

    async fn json<T: for<'de> Deserialize<'de>>(
        &self,
        asked: &str,
        request: RequestBuilder,
    ) -> Result<T, Error> {
        let response = self.send(asked, request).await?;
        self.read(asked, response).await
    }

    async fn read<T: for<'de> Deserialize<'de>>(
        &self,
        asked: &str,
        response: Response,
    ) -> Result<T, Error> {
        let bytes = response.bytes().await;
        let bytes = bytes.map_err(|error| self.broken(asked, &error))?;
        serde_json::from_slice(&bytes).map_err(|_| self.place.malformed(asked, NOT_JSON))
    }

    async fn send(&self, asked: &str, request: RequestBuilder) -> Result<Response, Error> {
        let response = request.send().await;
        let response = response.map_err(|error| self.broken(asked, &error))?;
        let status = response.status().as_u16();
        if (200..300).contains(&status) {
            return Ok(response);
        }
        let header = |name: &str| {
            let value = response.headers().get(name)?;
            Some(value.to_str().ok()?.to_owned())
        };
        let retry_after = header(RETRY_AFTER.as_str())
            .and_then(|seconds| seconds.trim().parse().ok())
            .map(Duration::from_secs);
        let words = header("x-error-message");
        let body = response.bytes().await.unwrap_or_default();
        let in_body = || {
            let body: Value = serde_json::from_slice(&body).ok()?;
            Some(body["error"].as_str()?.to_owned())
        };
        let refusal = Refusal {
            status,
            words: words.or_else(in_body),
            retry_after,
        };
        Err(self.place.refused(asked, refusal))
    }

    fn broken(&self, asked: &str, error: &reqwest::Error) -> Error {
        if error.is_timeout() && !error.is_connect() {
            return self.place.stalled(asked, MOVES_WITHIN);
        }
        let reason = root_cause(error);
        self.place.unreachable(asked, &reason, error.is_connect())
    }
}

/// The address in `Link: <…>; rel="next"`.
fn next_page(response: &Response) -> Option<String> {
    let link = response.headers().get("link")?.to_str().ok()?;
    let next = link.split(',').find(|link| link.contains("rel=\"next\""))?;
    let (_, rest) = next.split_once('<')?;
    Some(rest.split_once('>')?.0.to_owned())
}
