//! The languages that a plugin can be written in: what a project of each looks like, and what builds it.
//! Must not know templates.

mod c;
mod javascript;
mod python;
mod rust;

use super::{Build, Error};
use std::fmt;
use std::path::{Path, PathBuf};

/// A language with a template and a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is the language of its name")]
pub enum Language {
    Rust,
    Python,
    JavaScript,
    C,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 4] = [
        Language::Rust,
        Language::Python,
        Language::JavaScript,
        Language::C,
    ];

    /// The file by which a project is recognised.
    pub fn mark(self) -> &'static str {
        match self {
            Language::Rust => "Cargo.toml",
            Language::Python => "plugin.py",
            Language::JavaScript => "plugin.js",
            Language::C => "plugin.c",
        }
    }

    /// What installs the tools that build it.
    pub(super) fn install(self) -> &'static str {
        match self {
            Language::Rust => rust::INSTALL,
            Language::Python => python::INSTALL,
            Language::JavaScript => javascript::INSTALL,
            Language::C => c::INSTALL,
        }
    }

    /// What in the source says that it has a preprocess and a postprocess stage; Rust's macro says it to the compiler.
    pub(super) fn stage_marks(self) -> [&'static str; 2] {
        match self {
            Language::Rust => ["preprocessor!", "postprocessor!"],
            Language::Python => ["class Preprocess", "class Postprocess"],
            Language::JavaScript => ["export const preprocess", "export const postprocess"],
            Language::C => ["plugin_preprocess_run(", "plugin_postprocess_run("],
        }
    }

    /// Builds the project in `folder`; answers the file that was made, which lies in `scratch`.
    pub(super) fn build(
        self,
        folder: &Path,
        scratch: &Path,
        build: &Build,
    ) -> Result<PathBuf, Error> {
        match self {
            Language::Rust => rust::build(folder, build),
            Language::Python => python::build(folder, scratch, build),
            Language::JavaScript => javascript::build(folder, scratch, build),
            Language::C => c::build(folder, scratch, build),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Language::Rust => "Rust",
            Language::Python => "Python",
            Language::JavaScript => "JavaScript",
            Language::C => "C",
        })
    }
}
