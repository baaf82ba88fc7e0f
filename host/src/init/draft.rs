//! A manifest in the making: what is to be written, with what each part was guessed from.
//! Must not know files or cards, nor how YAML is written.

use super::Guess;
use super::limits::Limits;
use super::report::Report;
use crate::manifest::Source;
use serde_json::{Map, Value};

/// A manifest in the making.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Route segment; valid.
    pub name: String,
    pub(super) title: Option<String>,
    /// What is written as the task; where there is none, why.
    pub(super) task: Result<Guess<String>, String>,
    /// Pinned to a commit where it is a repo.
    pub(super) source: Source,
    /// What the commit was called, if anything else.
    pub(super) branch: Option<String>,
    pub(super) file: String,
    pub(super) preprocess: Option<Step>,
    pub(super) postprocess: Option<Step>,
    pub(super) examples: Vec<Example>,
    /// Examples to try where none of those is answered, the likeliest last.
    pub(super) spare_examples: Vec<Example>,
    pub(super) limits: Limits,
    pub(super) report: Report,
}

/// A plugin with its configuration.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Step {
    pub(super) plugin: &'static str,
    pub(super) config: Map<String, Value>,
    /// Files to grant; `None` where the plugin's own list will do.
    pub(super) assets: Option<Vec<String>>,
    /// What it goes by, for a comment.
    pub(super) from: String,
    /// What could also be configured, and when.
    pub(super) hints: Vec<String>,
}

/// A request to show and to run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Example {
    pub(super) name: String,
    pub(super) request: Value,
}

impl Draft {
    /// What was guessed, and from what, one line each.
    pub fn report(&self) -> Report {
        let mut report = self.report.clone();
        if !self.limits.are_defaults() {
            report.guess("limits", &self.limits, &self.limits.from);
        }
        report
    }

    /// How many requests it shows.
    pub fn example_count(&self) -> usize {
        self.examples.len()
    }
}
