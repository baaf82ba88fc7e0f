//! Which model a request is for.
//! Must not know what is asked of it.

use super::Shared;
use super::reject::Reject;
use crate::registry::Entry;
use std::sync::Arc;

/// The model called `name`, or the default one.
pub(super) fn asked(shared: &Shared, name: Option<&str>) -> Result<Arc<Entry>, Reject> {
    match name {
        Some(name) => named(shared, name),
        None => shared.registry.default().ok_or_else(|| no_default(shared)),
    }
}

/// The model called `name`.
pub(super) fn named(shared: &Shared, name: &str) -> Result<Arc<Entry>, Reject> {
    let found = shared.registry.find(name);
    found.ok_or_else(|| unknown(shared))
}

fn no_default(shared: &Shared) -> Reject {
    Reject::NotFound(format!(
        "no manifest says `default: true`; ask /models/NAME/predict, where NAME is one of: {}",
        names(shared)
    ))
}

fn names(shared: &Shared) -> String {
    let entries = shared.registry.entries();
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    names.join(", ")
}

fn unknown(shared: &Shared) -> Reject {
    Reject::NotFound(format!(
        "there is no such model; there are: {}",
        names(shared)
    ))
}
