//! What a classifier is asked and answers for one row, in Hugging Face's words: labels with scores.
//! Knows no tensors; how many rows there are is the plugin's matter.

use crate::error::{Invalid, Result};
use crate::json;
use crate::labels::Labels;
use crate::scores::{Function, top};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::borrow::Cow;

/// One label of an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scored<'a> {
    /// The class.
    pub label: Cow<'a, str>,
    /// What the function made of its logit.
    pub score: f32,
}

/// How the logits become labels, where a request says nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Classification {
    /// How many labels are answered, the best first. `None`: all.
    pub top_k: Option<usize>,
    /// What makes the scores. `None`: what is usual for the number of classes.
    pub function: Option<Function>,
}

// Not strict: the preprocess stage has parameters of its own, and the host refuses what neither knows.
#[derive(Debug, Deserialize)]
struct Parameters {
    top_k: Option<usize>,
    function_to_apply: Option<Function>,
}

impl Classification {
    /// From the configuration's fields `top_k` and `function`.
    pub fn check(top_k: Option<usize>, function: Option<Function>) -> Result<Self> {
        Ok(Self {
            top_k: at_least_one(top_k, "/top_k")?,
            function,
        })
    }

    /// The same as one request wants it, by its `top_k` and `function_to_apply`.
    pub fn asked(self, parameters: &str) -> Result<Self> {
        let Some(asked) = json::parameters::<Option<Parameters>>(parameters)? else {
            return Ok(self);
        };
        Ok(Self {
            top_k: at_least_one(asked.top_k, "/parameters/top_k")?.or(self.top_k),
            function: asked.function_to_apply.or(self.function),
        })
    }

    /// The labels of one row of scores.
    pub fn labels<'a>(&self, labels: &'a Labels, scores: &[f32]) -> Vec<Scored<'a>> {
        let best = top(scores, self.top_k.unwrap_or(scores.len()));
        let scored = best.into_iter().map(|class| Scored {
            label: labels.name(class),
            score: scores[class],
        });
        scored.collect()
    }

    /// The JSON Schema of the two parameters; `usual` is the function where nobody says it, if that is known.
    pub fn parameters_schema(&self, usual: Option<Function>) -> Value {
        let mut top_k = json!({
            "title": "Labels",
            "description": "How many labels to answer, the best first. All of them where the model has fewer, or where this is left out and has no default.",
            "x-ui": {"help": "How many to answer, the best first."},
            "type": "integer",
            "minimum": 1,
        });
        if let Some(count) = self.top_k {
            top_k["default"] = json!(count);
        }
        let mut function = json!({
            "title": "Function",
            "description": "What makes a score of a logit: softmax (one class is right), sigmoid (each for itself) or none.",
            "type": "string",
            "enum": ["softmax", "sigmoid", "none"],
            "x-ui": {"advanced": true},
        });
        if let Some(usual) = self.function.or(usual) {
            function["default"] = json!(usual.name());
        }
        json!({
            "type": "object",
            "properties": {"top_k": top_k, "function_to_apply": function},
            "additionalProperties": false,
        })
    }
}

/// The JSON Schema of one row's labels.
pub fn labels_schema() -> Value {
    json!({
        "description": "The best first.",
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "label": {"title": "Label", "type": "string"},
                "score": {"title": "Score", "type": "number"},
            },
            "required": ["label", "score"],
            "additionalProperties": false,
        },
    })
}

fn at_least_one(count: Option<usize>, field: &str) -> Result<Option<usize>> {
    match count {
        Some(0) => Err(Invalid::at(field, "must be 1 or more").into()),
        count => Ok(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Classification = Classification {
        top_k: None,
        function: None,
    };

    #[test]
    fn the_request_wins_over_the_configuration_and_ignores_what_others_read() {
        let configured = Classification::check(Some(5), Some(Function::Softmax)).expect("right");
        let asked = |text| configured.asked(text).expect("right");
        assert_eq!(asked("{}"), configured);
        assert_eq!(asked("null"), configured);
        assert_eq!(asked(r#"{"truncation": true}"#), configured);
        let both = asked(r#"{"top_k": 2, "function_to_apply": "none"}"#);
        assert_eq!(both.top_k, Some(2));
        assert_eq!(both.function, Some(Function::None));
    }

    #[test]
    fn a_wrong_parameter_is_refused_where_it_stands() {
        let refusal = |text| ALL.asked(text).expect_err("wrong").to_string();
        assert_eq!(
            refusal(r#"{"top_k": 0}"#),
            "/parameters/top_k: must be 1 or more"
        );
        assert_eq!(
            refusal(r#"{"top_k": -1}"#),
            "/parameters/top_k: must be a whole number, 0 or more, not integer `-1`"
        );
        assert_eq!(
            refusal(r#"{"function_to_apply": "tanh"}"#),
            "/parameters/function_to_apply: must be one of `softmax`, `sigmoid`, `none`, not `tanh`"
        );
        assert!(Classification::check(Some(0), None).is_err());
    }

    #[test]
    fn the_best_labels_are_answered_in_hugging_faces_shape() {
        let labels = Labels::new(Some(vec!["a".into(), "b".into(), "c".into()]));
        let two = Classification {
            top_k: Some(2),
            ..ALL
        };
        let answer = serde_json::to_string(&two.labels(&labels, &[0.1, 0.7, 0.2])).expect("JSON");
        assert_eq!(
            answer,
            r#"[{"label":"b","score":0.7},{"label":"c","score":0.2}]"#
        );
        assert_eq!(ALL.labels(&labels, &[0.1, 0.7, 0.2]).len(), 3);
    }
}
