//! Any YAML text as JSON, for the front matter of a model card.
//! Must not know the fields of a manifest or of a card.

use super::problems::Problems;
use super::{json, yaml};

/// The one document of `text` as JSON; `None` when it is empty, broken or not sayable in JSON.
#[must_use]
pub fn yaml_to_json(text: &str) -> Option<serde_json::Value> {
    let node = yaml::read(text).ok()??;
    let problems = Problems::default();
    let value = json::json(&node, "", &problems);
    problems.into_sorted().is_empty().then_some(value)
}
