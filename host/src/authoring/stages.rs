//! Stages by the names in a source: which there are, and which seem to be misspelt.
//! Must not know how a source is built.

use super::{Error, Language, World};
use std::path::Path;

const STAGES: [&str; 2] = ["preprocess", "postprocess"];
/// Letters that may be missing, too many, wrong or swapped in a name that is meant for a stage's.
const SLIPS: usize = 2;
/// So many letters of a stage's name are a short form of it.
const SHORT: usize = 6;

/// The world of the stages that `text` defines; `file` is where they belong.
pub(super) fn world(language: Language, file: &Path, text: &str) -> Result<World, Error> {
    let marks = language.stage_marks();
    for (mark, stage) in marks.into_iter().zip(STAGES) {
        if !text.contains(mark)
            && let Some(found) = alike(text, mark, stage)
        {
            return Err(Error::Misspelt {
                file: file.to_owned(),
                found,
                meant: mark,
            });
        }
    }
    let [preprocess, postprocess] = marks.map(|mark| text.contains(mark));
    World::of(preprocess, postprocess).ok_or(Error::NoStage {
        file: file.to_owned(),
        language,
    })
}

/// What stands where `mark` would, with a name like that of `stage`.
fn alike(text: &str, mark: &str, stage: &str) -> Option<String> {
    let at = mark.to_ascii_lowercase().find(stage)?;
    let (before, after) = (&mark[..at], &mark[at + stage.len()..]);
    if before.is_empty() {
        return None;
    }
    let ending = after.trim_end_matches('(');
    let mut names = text.split(before).skip(1).filter_map(|rest| {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
        rest[..end].strip_suffix(ending)
    });
    let name = names.find(|name| {
        let name = name.to_ascii_lowercase();
        let is_short = name.len() >= SHORT && stage.starts_with(&name);
        is_short || strsim::damerau_levenshtein(&name, stage) <= SLIPS
    })?;
    Some(format!("{before}{name}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(language: Language, text: &str) -> String {
        match world(language, Path::new("plugin"), text) {
            Ok(world) => world.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_name_like_a_stage_s_is_no_stage_and_is_told() {
        let (python, javascript, c) = (Language::Python, Language::JavaScript, Language::C);
        for (language, text, expected) in [
            (
                python,
                "class Preproc(exports.Preprocess):",
                "`class Preproc`",
            ),
            (
                python,
                "class preprocess:\nclass Postprocess:",
                "`class preprocess`",
            ),
            (
                javascript,
                "export const preproces = {};\nexport const postprocess = {};",
                "did you mean `export const preprocess`",
            ),
            (
                c,
                "bool exports_modelhost_plugin_prepocess_run(",
                "`plugin_prepocess_run(`",
            ),
        ] {
            let said = said(language, text);
            assert!(said.contains(expected), "{text}: {said}");
        }
    }

    #[test]
    fn other_names_are_nobody_s_mistake() {
        let (python, javascript) = (Language::Python, Language::JavaScript);
        for (language, text, expected) in [
            (python, "class Post:\nclass Preprocess:", "preprocessor"),
            (
                python,
                "class Process:\nclass Postprocess:",
                "postprocessor",
            ),
            (
                javascript,
                "export const prepare = 1;\nexport const postprocess = {};",
                "postprocessor",
            ),
            (
                javascript,
                "export const preprocess = {};\nexport const postprocess = {};",
                "processor",
            ),
        ] {
            assert_eq!(said(language, text), expected, "{text}");
        }
    }
}
