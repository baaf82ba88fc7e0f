//! Whether a folder is fit to be a model repo: card, evaluation and model, every problem of them at once.
//! Must not know the hub; nothing is repaired here.

mod index;
mod sections;

use std::fmt;
use std::path::Path;

use serde_json::Value;

use crate::card;
use crate::manifest::Task;

/// Something that has to be mended first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, in the folder.
    pub file: String,
    /// What is wrong, and what to do.
    pub text: String,
}

/// Everything that has to be mended first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    /// The folder, as it was named.
    pub folder: String,
    /// In the order of the files' parts.
    pub list: Vec<Problem>,
}

impl Problems {
    fn say(&mut self, file: &str, text: impl Into<String>) {
        self.list.push(Problem {
            file: file.to_owned(),
            text: text.into(),
        });
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = match self.list.len() {
            1 => "1 problem".to_owned(),
            count => format!("{count} problems"),
        };
        write!(
            f,
            "`{}` is not ready to be published, {count}:",
            self.folder
        )?;
        for Problem { file, text } in &self.list {
            write!(f, "\n  {file}: {text}")?;
        }
        Ok(())
    }
}

const CARD: &str = "README.md";
const EVALUATION: &str = "evaluation.json";

/// What has to be mended in `folder`, whose files are `paths`, before it is published.
pub(super) fn check(folder: &Path, paths: &[String]) -> Result<(), Problems> {
    let mut problems = Problems {
        folder: folder.display().to_string(),
        ..Problems::default()
    };
    let evaluation = evaluation(folder, &mut problems);
    match std::fs::read(folder.join(CARD)) {
        Err(error) => {
            let reason = error.to_string().to_lowercase();
            problems.say(
                CARD,
                format!("cannot be read ({reason}); write the model's card, with front matter"),
            );
        }
        Ok(bytes) => {
            let card = card::Card::parse(&bytes);
            front_matter(&card.front_matter, &mut problems);
            index::check(&card.front_matter, evaluation.as_ref(), &mut problems);
            sections::check(&card.markdown, paths, &mut problems);
        }
    }
    models(folder, paths, &mut problems);
    match problems.list.is_empty() {
        true => Ok(()),
        false => Err(problems),
    }
}

fn evaluation(folder: &Path, problems: &mut Problems) -> Option<Value> {
    let bytes = match std::fs::read(folder.join(EVALUATION)) {
        Ok(bytes) => bytes,
        Err(error) => {
            let reason = error.to_string().to_lowercase();
            problems.say(
                EVALUATION,
                format!("cannot be read ({reason}); have the evaluation write it, so that the card's numbers can be held against it"),
            );
            return None;
        }
    };
    match serde_json::from_slice(&bytes) {
        Ok(value) => Some(value),
        Err(error) => {
            problems.say(EVALUATION, format!("is no JSON: {error}; make it anew"));
            None
        }
    }
}

fn front_matter(front: &Value, problems: &mut Problems) {
    if !front.is_object() {
        problems.say(
            CARD,
            "has no front matter that can be read; begin it with YAML between two `---` lines",
        );
        return;
    }
    let text = |key: &str| front[key].as_str().filter(|text| !text.trim().is_empty());
    match text("license") {
        None => problems.say(
            CARD,
            "`license` is missing; name it, as in `license: apache-2.0`",
        ),
        Some("other") if text("license_name").is_none() || text("license_link").is_none() => {
            problems.say(
                CARD,
                "`license: other` says too little; add `license_name` and `license_link`",
            );
        }
        Some(license) => {
            let is_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
            if !license.chars().all(is_id) {
                problems.say(
                    CARD,
                    format!("`license: {license}` is no identifier of the hub; write it like `apache-2.0` (https://huggingface.co/docs/hub/repositories-licenses)"),
                );
            }
        }
    }
    match text("pipeline_tag") {
        None => problems.say(
            CARD,
            "`pipeline_tag` is missing; name the task, as in `pipeline_tag: time-series-forecasting`",
        ),
        Some(tag) => {
            if let Err(bad) = tag.parse::<Task>() {
                problems.say(CARD, format!("`pipeline_tag`: {bad}"));
            }
        }
    }
    if text("library_name").is_none() {
        problems.say(
            CARD,
            "`library_name` is missing, and the hub would guess it; write for example `library_name: onnx`",
        );
    }
    let tags = front["tags"].as_array().map_or(&[][..], Vec::as_slice);
    if tags.is_empty() || !tags.iter().all(Value::is_string) {
        problems.say(
            CARD,
            "`tags` has to be a list of words by which the model is found; write for example `tags: [onnx, forecasting]`",
        );
    }
}

fn models(folder: &Path, paths: &[String], problems: &mut Problems) {
    let mut any = false;
    for path in paths.iter().filter(|path| path.ends_with(".onnx")) {
        any = true;
        let file = folder.join(path);
        match std::fs::metadata(&file).map(|metadata| metadata.len()) {
            Ok(0) => problems.say(path, "is empty; export the model again"),
            Ok(bytes) if bytes < 1024 && is_pointer(&file) => problems.say(
                path,
                "is a Git LFS pointer and not the model; run `git lfs pull`",
            ),
            Ok(_) => {}
            Err(error) => {
                let reason = error.to_string().to_lowercase();
                problems.say(path, format!("cannot be read: {reason}"));
            }
        }
    }
    if !any {
        problems.say(
            "*.onnx",
            "there is none; put the exported model into the folder",
        );
    }
}

fn is_pointer(file: &Path) -> bool {
    std::fs::read(file).is_ok_and(|bytes| bytes.starts_with(b"version https://git-lfs"))
}
