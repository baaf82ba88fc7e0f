//! What the caller is answered for a model's output.

mod common;

use common::{LABELS, Model, entities, model, signature, sure, token, words};
use label_tokens::LabelTokens;
use modelhost_plugin::text::{Form, Row, Texts, Token};
use modelhost_plugin::{Asset, Assets, Plugin as _, Tensor};
use serde_json::{Value, json};

/// `[label, start, end]` of each entity.
fn places(answer: &Value) -> Value {
    let place = |entity: Value| {
        let label = entity.get("entity").unwrap_or(&entity["entity_group"]);
        json!([label, entity["start"], entity["end"]])
    };
    entities(answer).into_iter().map(place).collect()
}

#[test]
fn one_text_is_a_list_and_a_list_of_texts_is_a_list_of_lists() {
    let (a, b) = (words("Ada met Bob"), words("in Rome now"));
    let none = json!({});
    assert_eq!(
        model().ask(std::slice::from_ref(&a), &sure(&[1, 0, 1]), &none),
        json!([
            {"entity_group": "PER", "score": 1.0, "word": "Ada", "start": 0, "end": 3},
            {"entity_group": "PER", "score": 1.0, "word": "Bob", "start": 8, "end": 11},
        ])
    );
    let both = model().ask_batch(&[a, b], &sure(&[1, 0, 0, 0, 3, 0]), &none);
    assert_eq!(
        both,
        json!([
            [{"entity_group": "PER", "score": 1.0, "word": "Ada", "start": 0, "end": 3}],
            [{"entity_group": "LOC", "score": 1.0, "word": "Rome", "start": 3, "end": 7}],
        ])
    );
    assert_eq!(model().ask_batch(&[], &[], &none), json!([]));
}

#[test]
fn every_token_is_answered_with_its_index_where_nothing_is_joined() {
    let answer = model().ask(
        &[words("Ada met Bob")],
        &sure(&[1, 0, 2]),
        &json!({"aggregation_strategy": "none"}),
    );
    assert_eq!(
        answer,
        json!([
            {"entity": "B-PER", "score": 1.0, "index": 0, "word": "Ada", "start": 0, "end": 3},
            {"entity": "I-PER", "score": 1.0, "index": 2, "word": "Bob", "start": 8, "end": 11},
        ])
    );
}

#[test]
fn a_beginning_parts_two_entities_and_a_continuation_joins_them() {
    let row = [words("Ada Byron Bob")];
    let none = json!({});
    let begins = model().ask(&row, &sure(&[1, 2, 1]), &none);
    assert_eq!(places(&begins), json!([["PER", 0, 9], ["PER", 10, 13]]));
    // An entity may go on without having begun.
    let goes_on = model().ask(&row, &sure(&[2, 2, 2]), &none);
    assert_eq!(places(&goes_on), json!([["PER", 0, 13]]));
}

#[test]
fn places_are_counted_in_characters_and_not_in_bytes() {
    let answer = model().ask(&[words("😀 né Zoë")], &sure(&[0, 3, 1]), &json!({}));
    assert_eq!(places(&answer), json!([["LOC", 2, 4], ["PER", 5, 8]]));
    assert_eq!(entities(&answer)[1]["word"], "Zoë");
}

#[test]
fn the_space_that_a_token_begins_with_is_no_part_of_the_word() {
    let row = Row {
        text: "in Rome".into(),
        tokens: vec![token(0, 2, 0), token(2, 7, 1)],
        skip: 0,
    };
    let answer = model().ask(&[row], &sure(&[0, 3]), &json!({}));
    assert_eq!(places(&answer), json!([["LOC", 2, 7]]));
    assert_eq!(entities(&answer)[0]["word"], "Rome");
}

#[test]
fn special_tokens_and_the_second_text_are_left_out() {
    let mut row = words("Ada");
    let special = Token {
        special: true,
        ..Token::default()
    };
    let second = Token {
        second: true,
        ..token(0, 90, 0)
    };
    row.tokens = vec![special, row.tokens[0], special, second];
    let answer = model().ask(&[row], &sure(&[1, 1, 1, 1]), &json!({}));
    assert_eq!(places(&answer), json!([["PER", 0, 3]]));
}

#[test]
fn labels_are_ignored_by_the_name_that_would_be_answered() {
    let row = [words("Ada in Rome")];
    let logits = sure(&[1, 0, 3]);
    let ask = |parameters| places(&model().ask(&row, &logits, &parameters));
    assert_eq!(
        ask(json!({"ignore_labels": ["PER", "O"]})),
        json!([["LOC", 7, 11]])
    );
    assert_eq!(
        ask(json!({"ignore_labels": []})),
        json!([["PER", 0, 3], ["O", 4, 6], ["LOC", 7, 11]])
    );
    assert_eq!(
        ask(json!({"ignore_labels": ["B-PER", "O"], "aggregation_strategy": "none"})),
        json!([["B-LOC", 7, 11]])
    );
}

#[test]
fn the_configurations_strategy_holds_where_the_request_names_none() {
    let config = json!({"labels": LABELS, "aggregation_strategy": "none", "ignore_labels": []});
    let model = Model::new(config);
    let answer = model.ask(
        &[words("Ada in")],
        &sure(&[1, 0]),
        &json!({"truncation": true}),
    );
    assert_eq!(places(&answer), json!([["B-PER", 0, 3], ["O", 4, 6]]));
}

#[test]
fn words_are_the_tokenizers_unless_its_granted_file_marks_no_continuations() {
    let row = Row {
        text: "Rome.".into(),
        tokens: vec![token(0, 4, 0), token(4, 5, 1)],
        skip: 0,
    };
    let first = r#"{"aggregation_strategy": "first"}"#;
    let ask = |tokenizer: Option<Value>| {
        let file = |name: &str, value: Value| Asset {
            name: name.into(),
            data: value.to_string().into_bytes(),
        };
        let labels = json!({"id2label": {"0": "O", "1": "B-PER", "2": "I-PER", "3": "B-LOC"}});
        let mut assets = vec![file("config.json", labels)];
        assets.extend(tokenizer.map(|model| file("tokenizer.json", json!({"model": model}))));
        let (plugin, _) = LabelTokens::init("null", Assets(assets), &signature(Some(4)))
            .expect("a right configuration");
        let texts = Texts {
            form: Form::Single,
            rows: vec![row.clone()],
        };
        let outputs = [("logits".to_owned(), Tensor::f32(&[1, 2, 4], sure(&[3, 0])))];
        let answer = modelhost_plugin::Postprocess::run(
            &plugin,
            outputs.into_iter().collect(),
            &texts.to_context(),
            first,
        );
        let answer: Value = serde_json::from_str(&answer.expect("an answer")).expect("JSON");
        answer[0]["word"].clone()
    };
    assert_eq!(ask(None), "Rome");
    let pieces = json!({"type": "WordPiece", "continuing_subword_prefix": "##", "vocab": {}});
    assert_eq!(ask(Some(pieces)), "Rome");
    let pairs = json!({"type": "BPE", "continuing_subword_prefix": "", "vocab": {}});
    assert_eq!(ask(Some(pairs)), "Rome.");
}
