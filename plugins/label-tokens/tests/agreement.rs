//! What transformers answers for the same logits and tokens, case by case; `reference/make.py` wrote the cases.

mod common;

use common::{Model, entities};
use modelhost_plugin::text::{Row, Token};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
struct Case {
    words: String,
    text: String,
    labels: Vec<String>,
    tokens: Vec<(u32, u32, Option<u32>, bool)>,
    logits: Vec<f32>,
    expected: BTreeMap<String, Vec<Vec<Value>>>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("reference/cases.json")).expect("the cases")
}

impl Case {
    fn row(&self) -> Row {
        let token = |(start, end, word, special): &(u32, u32, Option<u32>, bool)| Token {
            start: *start,
            end: *end,
            word: *word,
            special: *special,
            second: false,
        };
        Row {
            text: self.text.clone(),
            tokens: self.tokens.iter().map(token).collect(),
            skip: 0,
        }
    }

    /// `[label, score, start, end]` and an index, as the plugin should answer it.
    fn entity(&self, strategy: &str, expected: &[Value]) -> Value {
        let place = |at: usize| expected[at].as_u64().expect("a place") as usize;
        let (start, end) = (place(2), place(3));
        let word: String = self.text.chars().take(end).skip(start).collect();
        let mut entity =
            json!({"score": expected[1], "word": word.trim(), "start": start, "end": end});
        let name = match strategy {
            "none" => "entity",
            _ => "entity_group",
        };
        entity[name] = expected[0].clone();
        if let Some(index) = expected.get(4) {
            entity["index"] = index.clone();
        }
        entity
    }
}

/// Proves that every strategy does what transformers does, for word pieces, byte pairs and sentence pieces.
#[test]
fn entities_are_those_of_transformers() {
    for case in cases() {
        let model = Model::new(json!({"labels": case.labels, "words": case.words}));
        assert!(case.expected.len() == 5);
        for (strategy, expected) in &case.expected {
            let parameters = json!({"aggregation_strategy": strategy});
            let answer = model.ask(&[case.row()], &case.logits, &parameters);
            let answer = entities(&answer);
            let wanted: Vec<Value> = expected
                .iter()
                .map(|expected| case.entity(strategy, expected))
                .collect();
            let what = format!("{strategy}: {:?}", case.text);
            assert_eq!(answer.len(), wanted.len(), "{what}");
            for (mut entity, mut wanted) in answer.into_iter().zip(wanted) {
                let score = |entity: &mut Value| entity["score"].take().as_f64().expect("one");
                assert!(
                    (score(&mut entity) - score(&mut wanted)).abs() < 1e-5,
                    "{what}"
                );
                assert_eq!(entity, wanted, "{what}");
            }
        }
    }
}

/// A batch is its rows: padding, on either side, changes nothing.
#[test]
fn a_padded_batch_answers_what_its_texts_answer_alone() {
    let cases = cases();
    let [a, b] = [&cases[1], &cases[4]];
    assert_eq!(a.labels, b.labels);
    let classes = a.labels.len();
    let model = Model::new(json!({"labels": a.labels}));
    let none = json!({"aggregation_strategy": "none"});
    let alone = [a, b].map(|case| model.ask(&[case.row()], &case.logits, &none));

    let length = a.tokens.len().max(b.tokens.len()) + 2;
    let (mut rows, mut logits) = (Vec::new(), Vec::new());
    for (case, left) in [(a, true), (b, false)] {
        let padding = vec![9.0; length * classes - case.logits.len()];
        let mut row = case.row();
        row.skip = match left {
            true => (length - case.tokens.len()) as u32,
            false => 0,
        };
        rows.push(row);
        match left {
            true => logits.extend([padding, case.logits.clone()].concat()),
            false => logits.extend([case.logits.clone(), padding].concat()),
        }
    }
    assert_eq!(model.ask_batch(&rows, &logits, &none), json!(alone));
}
