//! From what is known of a model to the draft of its manifest.
//! Must not know where the facts come from; each part is decided in a file of its own.

use super::choice::Choice;
use super::draft::{Draft, Step};
use super::facts::{Facts, Unusable};
use super::limits::Limits;
use super::report::{Guess, Report};
use super::task::{self, Decision, Family};
use super::write::flow;
use super::{Error, Place, Wanted, example, image, limits, shape, table, tensors, text, title};
use crate::manifest::Source;
use serde_json::Value;

/// The draft of a manifest for the model of `choice`, which lies in `source`.
///
/// # Errors
/// The task that was asked for is of another kind of model, or a model of texts has a tokenizer that cannot be used.
pub(super) fn draft(
    wanted: &Wanted,
    source: Source,
    choice: &Choice,
    facts: &Facts<'_>,
) -> Result<Draft, Error> {
    let mut report = Report::default();
    let file = &choice.file;
    report.guess("model", &file.value, &file.from);
    if !choice.others.is_empty() {
        let others = choice.others.join(", ");
        report.note(format!("there are also {others}; --file takes one of them"));
    }
    facts.notes.iter().for_each(|note| report.note(note));
    let name = match &wanted.name {
        Some(name) => name.clone(),
        None => title::name(&wanted.place.name()),
    };
    let mut draft = Draft {
        title: title::title(facts.card.heading.as_deref(), &name),
        name,
        task: Err(String::new()),
        branch: branch(&wanted.place, &source),
        source,
        file: file.value.clone(),
        preprocess: None,
        postprocess: None,
        examples: Vec::new(),
        spare_examples: Vec::new(),
        limits: Limits::default(),
        report,
    };
    let decision = task::decide(facts, wanted.task)?;
    decision
        .notes
        .iter()
        .for_each(|note| draft.report.note(note));
    match (decision.family, &decision.task) {
        (Some(family), Some(tag)) => draft.serve(wanted, facts, family, tag)?,
        _ => draft.serve_tensors(facts, &unserved(&decision)),
    }
    Ok(draft)
}

/// What the pinned commit was asked for as, where that says more.
fn branch(place: &Place, source: &Source) -> Option<String> {
    match (place, source) {
        (
            Place::Hub {
                revision: asked, ..
            },
            Source::Hub { revision, .. },
        ) => (asked != revision).then(|| asked.clone()),
        _ => None,
    }
}

fn unserved(decision: &Decision) -> String {
    match &decision.task {
        Some(tag) => format!("no bundled plugin serves {} ({})", tag.value, tag.from),
        None => "nothing says what the task is".to_owned(),
    }
}

/// Why a family's plugins cannot serve a model.
enum Obstacle {
    /// Its own tensors can be served; what to do about it.
    Plugins {
        why: &'static str,
        how: Option<String>,
    },
    /// Somebody has to mend a file first.
    Fatal(Error),
}

/// The plugins of a family, or why they cannot serve this model.
fn stages(
    wanted: &Wanted,
    facts: &Facts<'_>,
    family: Family,
    tag: &str,
    pairs: Option<&str>,
) -> Result<(Step, Option<Step>), Obstacle> {
    Ok(match family {
        Family::Embedding | Family::TextLabels | Family::TokenLabels => {
            let Some(tokenizer) = &facts.tokenizer else {
                let how = text::how_to_make_a_tokenizer(facts, &wanted.place);
                if let Some(Unusable { file, why }) = facts.unusable.clone() {
                    return Err(Obstacle::Fatal(Error::Tokenizer { file, why, how }));
                }
                return Err(Obstacle::Plugins {
                    why: "there is no tokenizer.json",
                    how: Some(how),
                });
            };
            let preprocess = text::tokenize(facts, tokenizer, family, pairs);
            (preprocess, Some(text::answer(facts, family)))
        }
        Family::ImageLabels => (
            image::resize(facts),
            Some(text::label(facts, "label-image", 2)),
        ),
        Family::ImageVectors => (image::resize(facts), None),
        Family::Table => {
            let columns = table::Columns::of(facts);
            let columns = columns.ok_or(Obstacle::Plugins {
                why: "nothing says which columns it reads",
                how: None,
            })?;
            let (preprocess, postprocess) = table::steps(facts, &columns, tag);
            (preprocess, Some(postprocess))
        }
    })
}

impl Draft {
    fn serve(
        &mut self,
        wanted: &Wanted,
        facts: &Facts<'_>,
        family: Family,
        task: &Guess<&'static str>,
    ) -> Result<(), Error> {
        let Guess { value: tag, from } = task;
        let pairs = match family {
            Family::TextLabels => text::reads_pairs(facts, tag),
            _ => None,
        };
        let stages = stages(wanted, facts, family, tag, pairs.as_deref());
        let (preprocess, postprocess) = match stages {
            Ok(stages) => stages,
            Err(Obstacle::Fatal(error)) => return Err(error),
            Err(Obstacle::Plugins { why, how }) => {
                self.serve_tensors(facts, &format!("this is {tag} ({from}), but {why}"));
                how.iter().for_each(|how| self.report.note(how));
                return Ok(());
            }
        };
        let written = match *tag {
            "zero-shot-classification" => {
                self.report.note("zero-shot-classification is served as text-classification: the model's own classes are answered, not those of a request");
                "text-classification"
            }
            tag => tag,
        };
        self.report.guess("task", written, from);
        self.task = Ok(Guess::new(written.to_owned(), from));
        self.tell("preprocess", &preprocess);
        postprocess
            .iter()
            .for_each(|step| self.tell("postprocess", step));
        (self.preprocess, self.postprocess) = (Some(preprocess), postprocess);
        self.limits = limits::of(facts, family);
        let (examples, spare, from) = example::examples(facts, family, tag, pairs.is_some());
        self.report.guess("examples", examples.len(), from);
        (self.examples, self.spare_examples) = (examples, spare);
        Ok(())
    }

    /// Without plugins: the model's own tensors by name.
    fn serve_tensors(&mut self, facts: &Facts<'_>, why: &str) {
        let shape = format!(
            "a request names the tensors {}, the answer {}",
            shape::listed(&facts.signature.inputs),
            shape::listed(&facts.signature.outputs)
        );
        self.report.note(format!("without plugins: {why}"));
        self.report.note(shape);
        self.task = Err(format!("Without plugins: {why}."));
        self.spare_examples = tensors::examples(&facts.signature);
        match self.spare_examples.pop() {
            Some(example) => self.examples = vec![example],
            None => self
                .report
                .note("no example: its tensors are too large to write down"),
        }
    }

    fn tell(&mut self, stage: &str, step: &Step) {
        let config = match step.config.is_empty() {
            true => String::new(),
            false => format!(" {}", flow(&Value::Object(step.config.clone()))),
        };
        self.report
            .guess(stage, format!("{}{config}", step.plugin), &step.from);
        step.hints.iter().for_each(|hint| self.report.note(hint));
    }
}
