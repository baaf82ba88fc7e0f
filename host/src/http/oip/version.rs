//! Versions in the protocol's paths: of a model there is the one that answers, under its own name.
//! Must not know how versions come and go.

use crate::http::reject::Reject;
use crate::registry::Entry;

/// Whether `asked` is the version of `entry` that answers; nothing asked is.
pub(super) fn check(entry: &Entry, asked: Option<&str>) -> Result<(), Reject> {
    let Some(asked) = asked else {
        return Ok(());
    };
    match entry.live() {
        Some(live) if live.name() == asked => Ok(()),
        Some(live) => Err(Reject::NotFound(format!(
            "model `{}` answers in version {}; there is no version {asked}",
            entry.name,
            live.name()
        ))),
        // What is not loaded says so itself.
        None => Ok(()),
    }
}
