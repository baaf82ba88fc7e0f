//! Which answers are kept, under what, and the response that is made of one.
//! Must not know where they are kept.

use super::Shared;
use super::form::Form;
use crate::cache::{Kept, Key};
use crate::pipeline::Body;
use crate::service::Service;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::time::Duration;

/// The place of one request's answer.
pub(super) struct Place {
    key: Key,
    ttl: Duration,
}

impl Place {
    /// Where the answer of `service` to `request` is kept; none where its manifest keeps nothing.
    pub(super) fn of(service: &Service, request: &Body, form: Form) -> Option<Place> {
        let ttl = service.manifest.cache.ttl;
        if ttl.is_zero() {
            return None;
        }
        let mut digest = Sha256::new();
        let canonical = match request.content_type.as_str() {
            // The order of fields and the space between them change no answer.
            "application/json" => {
                let json: Value = serde_json::from_slice(&request.bytes).ok()?;
                json.to_string().into_bytes()
            }
            _ => request.bytes.to_vec(),
        };
        let form = form.name();
        for part in [
            service.artifact.sha256.as_bytes(),
            // Of the manifest, the model and the plugins.
            service.version.as_bytes(),
            form.as_bytes(),
            request.content_type.as_bytes(),
            &canonical,
        ] {
            digest.update(part.len().to_le_bytes());
            digest.update(part);
        }
        let key = digest.finalize().into();
        Some(Place { key, ttl })
    }
}

/// The answer that is kept there. A cache that is down has none.
pub(super) async fn find(shared: &Shared, model: &str, place: &Place) -> Option<Kept> {
    let found = shared.cache.find(&place.key).await;
    let (kept, result) = match found {
        Ok(Some(kept)) => (Some(kept), "hit"),
        Ok(None) => (None, "miss"),
        Err(error) => {
            tracing::warn!(%error, model, "answering without the cache");
            (None, "error")
        }
    };
    shared.metrics.cache_asked(model, result);
    kept
}

pub(super) fn keep(shared: &Shared, place: Place, kept: Kept) {
    shared.cache.keep(place.key, kept, place.ttl);
}
