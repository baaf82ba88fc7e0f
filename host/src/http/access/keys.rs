//! API keys: whose they are, and whether a request shows one.
//! Must not know what a key opens.

use crate::http::reject::Reject;
use sha2::{Digest as _, Sha256};
use std::fmt;
use subtle::{Choice, ConstantTimeEq as _};
use warp::http::HeaderMap;
use warp::http::header::AUTHORIZATION;

/// Keys by the names of those who have them. Only digests are kept.
#[derive(Default)]
pub struct Keys(Vec<(String, [u8; 32])>);

impl Keys {
    /// Of pairs of a name and its key.
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Keys {
        let kept = |(name, key): (&str, &str)| (name.to_owned(), Sha256::digest(key).into());
        Keys(pairs.into_iter().map(kept).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name of the key in `Authorization: Bearer KEY` or `X-API-Key`; none where no key is asked for.
    pub(super) fn named(&self, headers: &HeaderMap) -> Result<Option<&str>, Reject> {
        if self.is_empty() {
            return Ok(None);
        }
        let other = || headers.get("x-api-key")?.to_str().ok();
        let shown = bearer(headers).or_else(other).ok_or_else(|| {
            let what = "send `Authorization: Bearer KEY` with a key of this server";
            Reject::NoKey(what.to_owned())
        })?;
        let shown: [u8; 32] = Sha256::digest(shown.trim()).into();
        // Every key is looked at, and all of it: how long that takes tells nothing.
        let mut found = None;
        for (name, digest) in &self.0 {
            let is_it: Choice = digest.ct_eq(&shown);
            if is_it.into() {
                found = Some(name.as_str());
            }
        }
        let unknown = || Reject::NoKey("this key is not one of this server's".to_owned());
        found.map(Some).ok_or_else(unknown)
    }
}

/// What follows `Bearer` in `Authorization`.
pub(in crate::http) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ")
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}
