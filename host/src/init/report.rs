//! What was guessed and from what, and what else whoever reads the manifest should know.
//! Must not know how any of it was found out.

use std::fmt;

/// Something that was guessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess<T> {
    /// What.
    pub value: T,
    /// From what, in a few words.
    pub from: String,
}

impl<T> Guess<T> {
    pub(super) fn new(value: T, from: impl Into<String>) -> Self {
        Self {
            value,
            from: from.into(),
        }
    }
}

/// The lines for whoever typed the command, in the order of the manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report(Vec<String>);

impl Report {
    /// What was guessed, and from what.
    pub(super) fn guess(&mut self, what: &str, value: impl fmt::Display, from: &str) {
        self.0.push(match from {
            "" => format!("{what}: {value}"),
            from => format!("{what}: {value} ({from})"),
        });
    }

    /// Something to know or to do.
    pub(super) fn note(&mut self, text: impl fmt::Display) {
        let line = format!("note: {text}");
        if !self.0.contains(&line) {
            self.0.push(line);
        }
    }

    /// The lines.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
