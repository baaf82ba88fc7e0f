//! A model card: the README.md of a model repo, front matter and Markdown.
//! Must not know where the file came from or how it is shown.

use crate::manifest;
use serde_json::Value;

/// The larger part of any card in use; the rest of a longer one is cut.
const MAX_BYTES: usize = 256 << 10;

/// A card, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// The YAML between the `---` lines; `null` when there is none or it is not YAML.
    pub front_matter: Value,
    /// Everything after it.
    pub markdown: String,
}

impl Card {
    /// Reads a card. Never fails: a card is shown as well as it can be.
    pub fn parse(bytes: &[u8]) -> Card {
        let bytes = &bytes[..bytes.len().min(MAX_BYTES)];
        let text = String::from_utf8_lossy(bytes);
        let (front, markdown) = split(&text);
        Card {
            front_matter: front
                .and_then(manifest::yaml_to_json)
                .unwrap_or(Value::Null),
            markdown: markdown.trim_start().to_owned(),
        }
    }
}

fn split(text: &str) -> (Option<&str>, &str) {
    let Some(rest) = text
        .strip_prefix("---\n")
        .or_else(|| text.strip_prefix("---\r\n"))
    else {
        return (None, text);
    };
    let mut start = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return (Some(&rest[..start]), &rest[start + line.len()..]);
        }
        start += line.len();
    }
    (None, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_and_text_come_apart() {
        let card = Card::parse(b"---\nlicense: apache-2.0\ntags: [a, b]\n---\n\n# Title\n");
        assert_eq!(card.front_matter["license"], "apache-2.0");
        assert_eq!(card.front_matter["tags"][1], "b");
        assert_eq!(card.markdown, "# Title\n");
    }

    #[test]
    fn a_card_without_or_with_broken_front_matter_is_still_shown() {
        assert_eq!(Card::parse(b"# Title").markdown, "# Title");
        assert_eq!(
            Card::parse(b"---\na: [\n---\ntext").front_matter,
            Value::Null
        );
        assert_eq!(Card::parse(b"---\nnever closed").front_matter, Value::Null);
        assert!(!Card::parse(b"\xff\xfe").markdown.is_empty());
    }
}
