//! What a graph has done to its logits already, and what is left for a plugin to do.
//! Must not know the rest of a plugin's configuration.

use super::facts::Facts;
use super::shape;
use crate::model::Port;

/// What to apply, and why it is not left to the plugin.
pub(super) struct Function {
    /// As a manifest spells it; `None` where the plugin cannot be told.
    pub(super) name: Option<&'static str>,
    pub(super) why: String,
}

/// The function that label-text, label-tokens or label-image has to apply to `output`; `None` where its own will do.
pub(super) fn function(facts: &Facts<'_>, plugin: &str, output: &Port) -> Option<Function> {
    let name = &output.name;
    let applied = |function, why: String| {
        Some(Function {
            name: Some(function),
            why,
        })
    };
    match facts.producer(output) {
        Some(operator @ ("Softmax" | "Sigmoid")) if plugin == "label-tokens" => Some(Function {
            name: None,
            why: format!(
                "`{name}` ends in a {operator}, and label-tokens applies a softmax of its own: the labels are right, and the scores are too close to each other; export the model without the {operator}"
            ),
        }),
        // Its softmax undoes the logarithm.
        Some("LogSoftmax") if plugin == "label-tokens" => None,
        Some(operator @ ("Softmax" | "Sigmoid")) => applied(
            "none",
            format!("`{name}` ends in a {operator}, so nothing more is applied to its scores"),
        ),
        Some("LogSoftmax") => applied(
            "softmax",
            format!("`{name}` ends in a LogSoftmax, whose scores a softmax brings back"),
        ),
        _ if plugin != "label-tokens" && shape::are_scores(output) => applied(
            "none",
            format!("`{name}` reads like scores, so no softmax is applied to them"),
        ),
        _ if plugin == "label-text" && facts.answers_logits() => applied(
            "none",
            "config.json's activation is Identity: the logits are answered, as sentence-transformers does; without `function: none` a lone logit becomes a score between 0 and 1".to_owned(),
        ),
        _ => None,
    }
}
