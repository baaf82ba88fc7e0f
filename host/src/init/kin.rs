//! How a sentence-transformers repo pools, and the same of the model that a repo without those files was made from.
//! Must not know how the plugin that pools is configured by default.

use super::facts::Facts;
use super::shape;
use crate::manifest::{Repo, Source};
use crate::source::{self, HubSettings, OnProgress, Request};
use serde_json::Value;

const MODULES: &str = "modules.json";
const POOLING: &str = "1_Pooling/config.json";

/// What turns the tokens' vectors into one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pooling {
    /// Such as `mean`, as pool-embedding calls it; `None` where there is no single one.
    pub(super) mode: Option<&'static str>,
    /// Whether the vector ends with length 1.
    pub(super) normalizes: bool,
    /// A step behind the pooling that the graph has to hold.
    pub(super) other: Option<String>,
}

/// The flags of `1_Pooling/config.json`, and what they are called today.
const MODES: [(&str, &str); 6] = [
    ("cls_token", "cls"),
    ("max_tokens", "max"),
    ("mean_tokens", "mean"),
    ("mean_sqrt_len_tokens", "mean_sqrt_len_tokens"),
    ("weightedmean_tokens", "weightedmean"),
    ("lasttoken", "last"),
];

impl Pooling {
    /// From `modules.json` and `1_Pooling/config.json`; null where there is none.
    pub(super) fn read(modules: &Value, pooling: &Value) -> Option<Pooling> {
        if modules.is_null() && pooling.is_null() {
            return None;
        }
        let kinds: Vec<&str> = modules
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|module| module["type"].as_str()?.rsplit('.').next())
            .collect();
        let usual = ["Transformer", "Pooling", "Normalize", "Dropout"];
        let other = kinds.iter().find(|kind| !usual.contains(kind));
        Some(Pooling {
            mode: mode(pooling),
            normalizes: kinds.contains(&"Normalize"),
            other: other.map(|kind| (*kind).to_owned()),
        })
    }
}

fn mode(pooling: &Value) -> Option<&'static str> {
    if let Some(named) = pooling["pooling_mode"].as_str() {
        let named =
            |(_, mode): &&(&str, &str)| *mode == named || (*mode == "last" && named == "lasttoken");
        return MODES.iter().find(named).map(|(_, mode)| *mode);
    }
    let is_on = |(flag, _): &&(&str, &str)| pooling[format!("pooling_mode_{flag}")] == true;
    let mut on = MODES.iter().filter(is_on);
    match (on.next(), on.next()) {
        (Some((_, mode)), None) => Some(mode),
        _ => None,
    }
}

/// Asks the first model that the card names as the base, where this repo says nothing about pooling and its graph
/// leaves that to do. Whatever goes wrong, nothing is known then.
pub(super) async fn ask(
    facts: &Facts<'_>,
    hub: &HubSettings,
    on_progress: &OnProgress<'_>,
) -> Option<(String, Pooling)> {
    let is_open = facts.pooling.is_none() && shape::token_vectors(&facts.signature).is_some();
    let base: Repo = facts
        .card
        .base_models
        .first()?
        .parse()
        .ok()
        .filter(|_| is_open)?;
    let source = Source::Hub {
        repo: base.clone(),
        revision: "main".to_owned(),
    };
    let requests = [MODULES, POOLING].map(|file| Request {
        file,
        required: false,
        sha256: None,
    });
    // One try: this is a kindness, and the model's own hub has just answered.
    let hub = HubSettings {
        retries: 0,
        ..hub.clone()
    };
    let fetched = source::fetch(&source, &requests, &hub, on_progress)
        .await
        .ok()?;
    let json = |file: &str| {
        let bytes = std::fs::read(&fetched.artifact(file)?.path).ok()?;
        serde_json::from_slice(&bytes).ok()
    };
    let read = |file| json(file).unwrap_or(Value::Null);
    let pooling = Pooling::read(&read(MODULES), &read(POOLING))?;
    Some((base.to_string(), pooling))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn old_flags_and_the_new_field_say_the_same() {
        let read = |pooling: Value| Pooling::read(&Value::Null, &pooling).expect("said").mode;
        let old = json!({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false});
        assert_eq!(read(old), Some("cls"));
        assert_eq!(read(json!({"pooling_mode": "lasttoken"})), Some("last"));
        let both = json!({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true});
        assert_eq!(read(both), None);
    }

    #[test]
    fn modules_say_whether_vectors_are_normalised_and_what_the_graph_must_hold() {
        let modules = json!([
            {"type": "sentence_transformers.models.Transformer"},
            {"type": "sentence_transformers.models.Dense"},
            {"type": "sentence_transformers.models.Normalize"},
        ]);
        let read = Pooling::read(&modules, &Value::Null).expect("said");
        assert!(read.normalizes);
        assert_eq!(read.other.as_deref(), Some("Dense"));
        assert_eq!(Pooling::read(&Value::Null, &Value::Null), None);
    }
}
