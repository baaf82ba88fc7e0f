//! What a model card says of the model: the fields of its front matter that tell a task, and examples.
//! Must not know which of it is believed.

use crate::card;
use serde_json::Value;

/// A card, as far as a manifest can be made from it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Card {
    /// As it is written; it need not be a task that the Hub knows.
    pub(super) pipeline_tag: Option<String>,
    /// Such as `sentence-transformers` or `timm`.
    pub(super) library: Option<String>,
    /// The tags, without `pipeline_tag`.
    pub(super) tags: Vec<String>,
    /// The models that this one was made from.
    pub(super) base_models: Vec<String>,
    /// The examples of the Hub's own page.
    pub(super) widgets: Vec<Value>,
    /// The first heading, where it reads like a title.
    pub(super) heading: Option<String>,
    /// Whether it begins like front matter and nothing can be read of that.
    pub(super) is_broken: bool,
}

impl Card {
    pub(super) fn read(bytes: &[u8]) -> Card {
        let card = card::Card::parse(bytes);
        let front = &card.front_matter;
        Card {
            pipeline_tag: front["pipeline_tag"].as_str().map(str::to_owned),
            library: front["library_name"].as_str().map(str::to_owned),
            tags: texts(&front["tags"]),
            base_models: texts(&front["base_model"]),
            widgets: front["widget"].as_array().cloned().unwrap_or_default(),
            heading: heading(&card.markdown),
            is_broken: bytes.starts_with(b"---\n") && front.is_null(),
        }
    }

    /// Whether a tag or the library is called so.
    pub(super) fn is_tagged(&self, word: &str) -> bool {
        self.tags.iter().any(|tag| tag == word) || self.library.as_deref() == Some(word)
    }
}

/// A list of texts, or one text alone.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items
            .iter()
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

/// Longer ones are sentences.
const LONGEST_TITLE: usize = 60;

/// The first heading of the first level, where it is plain text.
fn heading(markdown: &str) -> Option<String> {
    let heading = markdown
        .lines()
        .find_map(|line| line.strip_prefix("# "))?
        .trim();
    let is_markup = |c: char| {
        matches!(
            c,
            '[' | ']' | '<' | '>' | '`' | '*' | '{' | '}' | '|' | '\\'
        )
    };
    let plain = !heading.is_empty()
        && heading.chars().count() <= LONGEST_TITLE
        && !heading.contains(is_markup)
        && !heading.chars().any(char::is_control)
        && !is_boilerplate(heading);
    plain.then(|| heading.trim_start_matches("Model Card for ").to_owned())
}

/// Headings of the templates that cards begin with.
fn is_boilerplate(heading: &str) -> bool {
    [
        "Model card",
        "Model Card",
        "Model description",
        "Usage",
        "Table of Contents",
    ]
    .contains(&heading)
        || heading.starts_with("Model Card for Model ID")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_says_task_tags_examples_and_title() {
        let card = Card::read(
            b"---\npipeline_tag: text-classification\nlibrary_name: x\ntags: [a, b]\nbase_model: o/n\nwidget:\n- text: Hi\n---\n# A title\ntext\n",
        );
        assert_eq!(card.pipeline_tag.as_deref(), Some("text-classification"));
        assert!(card.is_tagged("b") && card.is_tagged("x") && !card.is_tagged("c"));
        assert_eq!(card.base_models, ["o/n"]);
        assert_eq!(card.widgets[0]["text"], "Hi");
        assert_eq!(card.heading.as_deref(), Some("A title"));
    }

    #[test]
    fn front_matter_that_cannot_be_read_is_known() {
        for broken in ["---\na: [\n---\n# x", "---\na: 1\nnever closed"] {
            assert!(Card::read(broken.as_bytes()).is_broken, "{broken}");
        }
        for fine in ["# x", "---\na: 1\n---\n# x", ""] {
            assert!(!Card::read(fine.as_bytes()).is_broken, "{fine}");
        }
    }

    #[test]
    fn a_heading_that_is_no_title_is_left_alone() {
        for heading in [
            "# <img src=x>",
            "# Model card",
            "# [x](y)",
            "## Second",
            "no heading",
            "# ",
        ] {
            assert_eq!(Card::read(heading.as_bytes()).heading, None, "{heading}");
        }
        let named = Card::read(b"# Model Card for tiny-bert");
        assert_eq!(named.heading.as_deref(), Some("tiny-bert"));
    }
}
