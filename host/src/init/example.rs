//! Requests to show and to run: those of the card's own page, else what shows the task.
//! Must not know how the model answers them.

use super::draft::Example;
use super::facts::Facts;
use super::table::Columns;
use super::task::Family;
use serde_json::{Value, json};

/// Of the card's; each is run at every load.
const MOST: usize = 3;
/// Characters of a name.
const LONGEST_NAME: usize = 40;
/// Characters of a text that stands in a manifest.
const LONGEST_TEXT: usize = 1000;

/// Sixteen by sixteen pixels from red to blue, as a PNG.
const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAARElEQVR42mP4z8DwjkHwLoPSGQbj3QwuqxhCZzKkdTCUlzN0pDHMDGVY5cKw25jhjBLDXUGgQob/TAwkglENoxqGjgYAfEkQD4Aw3wkAAAAASUVORK5CYII=";

/// The examples, those to try where none of them is answered, and where they come from.
pub(super) fn examples(
    facts: &Facts<'_>,
    family: Family,
    tag: &str,
    pairs: bool,
) -> (Vec<Example>, Vec<Example>, &'static str) {
    let mut found: Vec<Example> = Vec::new();
    for widget in &facts.card.widgets {
        let Some(inputs) = of_widget(widget, family, pairs) else {
            continue;
        };
        let name = name(widget, &inputs, found.len());
        if found.iter().all(|other| other.name != name) && found.len() < MOST {
            found.push(Example {
                name,
                request: json!({ "inputs": inputs }),
            });
        }
    }
    let usual = usual(facts, family, tag, pairs);
    match found.is_empty() {
        false => (found, vec![usual], "the card's widget"),
        true => (vec![usual], Vec::new(), "made up for the task"),
    }
}

/// The `inputs` of one of the card's examples.
fn of_widget(widget: &Value, family: Family, pairs: bool) -> Option<Value> {
    let text = |key: &str| {
        let text = widget[key].as_str()?.trim();
        (!text.is_empty() && text.chars().count() <= LONGEST_TEXT).then_some(text)
    };
    match family {
        Family::Embedding => match (text("source_sentence"), widget["sentences"].as_array()) {
            (Some(source), Some(sentences)) if !sentences.is_empty() => {
                Some(json!({"source_sentence": source, "sentences": sentences}))
            }
            _ => text("text").map(Value::from),
        },
        Family::TextLabels if pairs => {
            let (first, second) = (text("text")?, text("text_pair")?);
            Some(json!({"text": first, "text_pair": second}))
        }
        Family::TextLabels | Family::TokenLabels => text("text").map(Value::from),
        Family::Table => {
            let table = widget["structuredData"].as_object()?;
            (!table.is_empty()).then(|| json!(table))
        }
        // They are addresses of pictures, which nobody fetches.
        Family::ImageLabels | Family::ImageVectors => None,
    }
}

fn name(widget: &Value, inputs: &Value, index: usize) -> String {
    let written = widget["example_title"].as_str();
    let text = written
        .or(inputs.as_str())
        .or(inputs["text"].as_str())
        .or(inputs["source_sentence"].as_str());
    let line: String = text
        .unwrap_or_default()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    match shortened(line.trim()) {
        name if name.is_empty() => format!("Example {}", index + 1),
        name => name,
    }
}

/// At most so many characters, cut between words where that is possible.
fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST_NAME {
        return text.to_owned();
    }
    let cut: String = text.chars().take(LONGEST_NAME - 1).collect();
    let whole = cut
        .rsplit_once(' ')
        .map_or(cut.as_str(), |(whole, _)| whole);
    format!("{}…", whole.trim_end())
}

/// A row of numbers for each column there is.
fn columns(facts: &Facts<'_>) -> Value {
    Columns::of(facts).map_or_else(|| json!({}), |columns| columns.row(facts))
}

fn usual(facts: &Facts<'_>, family: Family, tag: &str, pairs: bool) -> Example {
    let (name, inputs) = match family {
        Family::Embedding if tag == "sentence-similarity" => (
            "Rain",
            json!({"source_sentence": "It rains", "sentences": ["It is wet", "It is dry"]}),
        ),
        Family::Embedding => ("A sentence", json!("It rains in Berlin.")),
        Family::TextLabels if tag == "text-ranking" => (
            "Berlin",
            json!({
                "source_sentence": "How many people live in Berlin?",
                "sentences": ["Berlin has 3.7 million inhabitants.", "Berlin is known for its museums."],
            }),
        ),
        Family::TextLabels if pairs => (
            "Berlin",
            json!({"text": "How many people live in Berlin?", "text_pair": "Berlin has 3.7 million inhabitants."}),
        ),
        Family::TextLabels => (
            "A sentence",
            json!("I love this, and I would buy it again."),
        ),
        Family::TokenLabels => (
            "Wolfgang",
            json!("My name is Wolfgang and I live in Berlin."),
        ),
        Family::ImageLabels | Family::ImageVectors => ("Red to blue", json!(PICTURE)),
        Family::Table => ("A row", columns(facts)),
    };
    Example {
        name: name.to_owned(),
        request: json!({ "inputs": inputs }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cards_examples_become_requests() {
        let widget = json!({"text": " I like you ", "example_title": "Like"});
        let inputs = of_widget(&widget, Family::TextLabels, false).expect("a text");
        assert_eq!(inputs, "I like you");
        assert_eq!(name(&widget, &inputs, 0), "Like");
        assert_eq!(of_widget(&widget, Family::TextLabels, true), None);
        let pair = json!({"text": "a", "text_pair": "b"});
        assert_eq!(
            of_widget(&pair, Family::TextLabels, true),
            Some(pair.clone())
        );
        let similar =
            json!({"source_sentence": "a", "sentences": ["b", "c"], "example_title": "x"});
        let inputs = of_widget(&similar, Family::Embedding, false).expect("sentences");
        assert_eq!(inputs["sentences"][1], "c");
    }

    #[test]
    fn a_name_is_one_short_line() {
        let text = "word ".repeat(30);
        let name = name(&Value::Null, &json!(text), 0);
        assert_eq!(name, "word word word word word word word…");
        assert_eq!(super::name(&Value::Null, &json!("a\nb"), 0), "a b");
        assert_eq!(super::name(&Value::Null, &json!({"x": 1}), 1), "Example 2");
    }
}
