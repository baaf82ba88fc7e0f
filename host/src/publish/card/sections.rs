//! The parts that a card has to have, found by their headings.
//! Must not judge what is said in them, except that usage shows code, and that the code's files are there.

use super::{CARD, Problems};

/// A heading and all below it, up to the next one of its level or above.
struct Section<'t> {
    title: String,
    text: Vec<Line<'t>>,
}

#[derive(Clone, Copy)]
enum Line<'t> {
    Heading(usize, &'t str),
    Text(&'t str),
    Code(&'t str),
}

/// A section: what is missing without it, whether a title is its own, and what to do.
type Wanted<'a> = (&'a str, &'a dyn Fn(&str) -> bool, &'a str);

/// Says which parts are missing or empty.
pub(super) fn check(markdown: &str, paths: &[String], problems: &mut Problems) {
    let lines = lines(markdown);
    let sections = sections(&lines);
    let find = |is_meant: &dyn Fn(&str) -> bool| {
        let mut found = sections.iter().filter(|section| is_meant(&section.title));
        found.find(|section| says_something(&section.text))
    };
    let has_any = |title: &str, words: &[&str]| words.iter().any(|word| title.contains(word));
    let mut miss = |what: &str, how: &str| {
        problems.say(CARD, format!("{what}; {how}"));
    };

    let begin = lines
        .iter()
        .skip_while(|line| !matches!(line, Line::Text(text) if !text.trim().is_empty()));
    let opening = lines
        .iter()
        .take_while(|line| !matches!(line, Line::Heading(2.., _)))
        .any(|line| matches!(line, Line::Text(text) if !text.trim().is_empty()));
    let described =
        opening || find(&|title| has_any(title, &["description", "model details"])).is_some();
    if begin.count() == 0 || !described {
        miss(
            "there is no description",
            "say below the title what the model does, in a few sentences",
        );
    }
    match find(&|title| has_any(title, &["usage", "how to use", "get started"])) {
        None => miss(
            "there is no section on usage",
            "add `## Usage` with code that loads the model and prints an answer",
        ),
        Some(usage) => {
            let code: Vec<&str> = usage.text.iter().filter_map(Line::code).collect();
            if code.iter().all(|line| line.trim().is_empty()) {
                miss(
                    "the section on usage shows no code",
                    "add a fenced block that loads the model and prints an answer",
                );
            }
            for name in models_named(&code) {
                let is_there = |path: &String| *path == name || path.ends_with(&format!("/{name}"));
                if !paths.iter().any(is_there) {
                    miss(
                        &format!("the code on usage names `{name}`, which is not in the folder"),
                        "correct the name",
                    );
                }
            }
        }
    }
    let wanted: [Wanted<'_>; 5] = [
        (
            "training data",
            &|title| title.contains("data") && !title.contains("evaluation"),
            "add `## Training data`: where it is from, its licence, what was left out",
        ),
        (
            "the training procedure",
            &|title| {
                has_any(
                    title,
                    &["training procedure", "training details", "training setup"],
                ) || title == "training"
                    || title == "training recipe"
            },
            "add `## Training procedure`: architecture, loss, steps, how to repeat it",
        ),
        (
            "evaluation",
            &|title| has_any(title, &["evaluation", "results"]),
            "add `## Evaluation`: on what it was measured, against what, with the numbers of evaluation.json",
        ),
        (
            "limits",
            &|title| has_any(title, &["limit", "risks", "bias"]),
            "add `## Limits`: where it is wrong, and what it is not for",
        ),
        (
            "citation",
            &|title| has_any(title, &["citation", "cite", "citing"]),
            "add `## Citation` with a BibTeX entry",
        ),
    ];
    for (what, is_meant, how) in wanted {
        if find(is_meant).is_none() {
            miss(&format!("there is no section on {what}"), how);
        }
    }
}

impl<'t> Line<'t> {
    fn code(&self) -> Option<&'t str> {
        match self {
            Line::Code(text) => Some(text),
            _ => None,
        }
    }
}

/// A line is code between two fences, and a heading or text elsewhere.
fn lines(markdown: &str) -> Vec<Line<'_>> {
    let mut fence: Option<&str> = None;
    let mut lines = Vec::new();
    for line in markdown.lines() {
        let bare = line.trim_start();
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| bare.starts_with(mark));
        match (fence, mark) {
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => lines.push(Line::Code(line)),
            (None, Some(mark)) => fence = Some(mark),
            (None, None) => {
                let level = line.chars().take_while(|c| *c == '#').count();
                lines.push(match line[level..].strip_prefix(' ') {
                    Some(title) if level > 0 => Line::Heading(level, title.trim()),
                    _ => Line::Text(line),
                });
            }
        }
    }
    lines
}

fn sections<'t>(lines: &[Line<'t>]) -> Vec<Section<'t>> {
    let mut sections = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Line::Heading(level, title) = line else {
            continue;
        };
        // The title of the whole card is not the heading of a part.
        if *level == 1 {
            continue;
        }
        let inner = lines[at + 1..]
            .iter()
            .take_while(|line| !matches!(line, Line::Heading(other, _) if other <= level));
        sections.push(Section {
            title: title.to_lowercase(),
            text: inner.copied().collect(),
        });
    }
    sections
}

/// The template's own words for an empty part say nothing.
fn says_something(text: &[Line<'_>]) -> bool {
    text.iter().any(|line| match line {
        Line::Heading(..) => false,
        Line::Text(text) | Line::Code(text) => {
            let text = text.trim();
            !text.is_empty()
                && !text.contains("[More Information Needed]")
                && !text.starts_with("<!--")
        }
    })
}

/// Names of ONNX files in code, without addresses and patterns.
fn models_named(code: &[&str]) -> Vec<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    let mut names: Vec<String> = code
        .iter()
        .flat_map(|line| line.split(|c: char| !is_name(c)))
        .filter(|word| {
            word.ends_with(".onnx") && word.len() > ".onnx".len() && !word.contains("//")
        })
        .map(|word| word.trim_start_matches("./").to_owned())
        .collect();
    names.sort();
    names.dedup();
    names
}
