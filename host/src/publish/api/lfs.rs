//! Uploads by Git LFS, where a hub has no Xet.
//! Must not know what is published; the token goes to the hub alone, and never to where it sends the bytes.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::StreamExt as _;
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Api;
use crate::publish::folder::{Content, Item, disk};
use crate::publish::place::Refusal;
use crate::publish::{Error, Kind};

const LFS: &str = "application/vnd.git-lfs+json";

/// How the hub wants files that are not kept in git itself.
pub(in crate::publish) enum Transfer {
    /// Chunks, which hf-hub sends.
    Xet,
    /// To these addresses; what is missing here is there already.
    Addresses(HashMap<String, Actions>),
}

/// Where the bytes of one object go.
#[derive(Debug, Deserialize)]
pub(in crate::publish) struct Actions {
    upload: Action,
    verify: Option<Action>,
}

#[derive(Debug, Deserialize)]
struct Action {
    href: String,
    #[serde(default)]
    header: HashMap<String, Value>,
}

impl Api<'_> {
    /// How the bytes of `items` get to the hub.
    pub(in crate::publish) async fn transfer(&self, items: &[&Item]) -> Result<Transfer, Error> {
        #[derive(Deserialize)]
        struct Batch {
            transfer: Option<String>,
            #[serde(default)]
            objects: Vec<Object>,
        }
        #[derive(Deserialize)]
        struct Object {
            oid: String,
            actions: Option<Actions>,
            error: Option<Value>,
        }
        let asked = format!("take large files of {}", self.place.name());
        let object = |item: &&Item| json!({"oid": item.sha256, "size": item.bytes});
        let body = json!({
            "operation": "upload",
            "transfers": ["basic", "xet"],
            "objects": items.iter().map(object).collect::<Vec<_>>(),
            "hash_algo": "sha256",
            "ref": {"name": "main"},
        });
        let url = match self.place.kind {
            Kind::Model => format!("{}.git/info/lfs/objects/batch", self.place.repo),
            Kind::Space => format!("spaces/{}.git/info/lfs/objects/batch", self.place.repo),
        };
        let url = format!("{}/{url}", self.place.settings.endpoint);
        let request = self.to_hub(Method::POST, &url);
        let request = request
            .header(ACCEPT, LFS)
            .header(CONTENT_TYPE, LFS)
            .body(body.to_string());
        let batch: Batch = self.json(&asked, request).await?;
        if batch.transfer.as_deref() == Some("xet") {
            return Ok(Transfer::Xet);
        }
        let mut addresses = HashMap::new();
        for object in batch.objects {
            if let Some(error) = object.error {
                let status = error["code"].as_u64().and_then(|code| code.try_into().ok());
                let refusal = Refusal {
                    status: status.unwrap_or(422),
                    words: error["message"].as_str().map(str::to_owned),
                    retry_after: None,
                };
                return Err(self.place.refused(&asked, refusal));
            }
            if let Some(actions) = object.actions {
                addresses.insert(object.oid, actions);
            }
        }
        Ok(Transfer::Addresses(addresses))
    }

    /// Sends the bytes of `item`, and has the hub confirm that they arrived.
    pub(in crate::publish) async fn upload(
        &self,
        item: &Item,
        actions: &Actions,
        sent: &Arc<AtomicU64>,
    ) -> Result<(), Error> {
        let asked = format!("take `{}` for {}", item.path, self.place.name());
        let body = match &item.content {
            Content::Bytes(bytes) => {
                sent.fetch_add(item.bytes, Ordering::Relaxed);
                reqwest::Body::from(bytes.clone())
            }
            Content::File(path) => {
                let file = tokio::fs::File::open(path).await;
                let file = file.map_err(|error| disk("read", path, &error))?;
                reqwest::Body::wrap_stream(chunks(file, sent.clone()))
            }
        };
        // The address carries its own right to write; the token is not for its host.
        let request = self
            .client
            .put(&actions.upload.href)
            .header(CONTENT_LENGTH, item.bytes)
            .body(body);
        let stored = self.send(&asked, with(request, &actions.upload)).await;
        stored.map_err(|error| self.of_storage(&asked, error))?;
        let Some(verify) = &actions.verify else {
            return Ok(());
        };
        let request = match self.is_of_hub(&verify.href) {
            true => self.to_hub(Method::POST, &verify.href),
            false => self.client.post(&verify.href),
        };
        let body = json!({"oid": item.sha256, "size": item.bytes});
        let verified = self.send(&asked, with(request, verify).json(&body)).await;
        verified.map_err(|error| self.of_storage(&asked, error))?;
        Ok(())
    }

    /// A refusal by where the bytes go is none of the token or the repo.
    fn of_storage(&self, asked: &str, error: Error) -> Error {
        match error {
            Error::Forbidden { words, .. } | Error::Unauthorised { words, .. } => {
                let words = words.unwrap_or_else(|| "it does not say why".to_owned());
                self.place
                    .malformed(asked, &format!("its storage refuses the bytes: {words}"))
            }
            Error::RepoNotFound { .. } => self
                .place
                .malformed(asked, "its storage did not get the bytes"),
            error => error,
        }
    }
}

/// Headers that the address wants.
fn with(request: RequestBuilder, action: &Action) -> RequestBuilder {
    let texts = action.header.iter().filter_map(|(name, value)| {
        let is_own = name.eq_ignore_ascii_case("content-length");
        Some((name, value.as_str()?)).filter(|_| !is_own)
    });
    texts.fold(request, |request, (name, value)| {
        request.header(name, value)
    })
}

/// A file in pieces, each counted when it is asked for.
fn chunks(
    file: tokio::fs::File,
    sent: Arc<AtomicU64>,
) -> impl futures_util::Stream<Item = std::io::Result<bytes::Bytes>> {
    futures_util::stream::try_unfold((file, sent), |(mut file, sent)| async move {
        use tokio::io::AsyncReadExt as _;
        let mut buffer = bytes::BytesMut::with_capacity(256 << 10);
        let read = file.read_buf(&mut buffer).await?;
        sent.fetch_add(read as u64, Ordering::Relaxed);
        Ok((read > 0).then(|| (buffer.freeze(), (file, sent))))
    })
    .boxed()
}
