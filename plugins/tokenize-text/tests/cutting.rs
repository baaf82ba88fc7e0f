//! A text that is cut before it is encoded gets the ids of the whole text, cut afterwards.

mod common;

use common::Plugin;
use common::kinds::{self, ALL, CORPUS};
use serde_json::json;
use tokenizers::{
    Encoding, PostProcessor as _, Tokenizer, TruncationDirection, TruncationParams,
    TruncationStrategy, truncate_encodings,
};

/// The same texts every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % most
    }

    fn one_of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    fn text(&mut self) -> String {
        let pieces: Vec<&str> = CORPUS
            .iter()
            .flat_map(|line| line.split_inclusive(' '))
            .collect();
        let runs = [
            " ",
            "\n",
            "\t",
            "\u{a0}",
            "\u{3000}",
            "a",
            "ab",
            "哈",
            "é",
            "e\u{301}",
            "\u{301}",
            "\u{323}\u{301}",
            "7",
            "12",
            "\0",
            "\u{200b}",
            "!",
            "?!",
            "'",
            "'s",
            "👩\u{200d}🚀",
            "🇩🇪",
            "👍🏽",
            "한",
            "ᄒ\u{1161}\u{11ab}",
            "_",
            "▁",
            "\r\n",
            "中",
            "ก\u{e33}",
            "x",
            "ﬁ",
            "ß",
            "İ",
            "\u{fffd}",
            "\u{feff}",
        ];
        let added = [
            "[MASK]",
            "<mask>",
            "</s>",
            "<|endoftext|>",
            "<|a_rather_long_added_token_it_is|>",
            "orange juice",
            "<0x41>",
            "[SEP]",
        ];
        let mut text = String::new();
        let length = [40, 400, 1500, 4000][self.below(4)];
        while text.len() < length {
            match self.below(12) {
                0 => {
                    let (run, times) = (self.one_of(&runs), [3, 30, 300, 1200][self.below(4)]);
                    text.push_str(&run.repeat(times / run.len().min(times)));
                }
                1..=3 => text.push_str(self.one_of(&runs)),
                4 => text.push_str(self.one_of(&added)),
                5 => text.push_str(self.one_of(CORPUS)),
                _ => text.push_str(self.one_of(&pieces)),
            }
        }
        text
    }
}

/// What the crate makes of the whole text or pair, cut afterwards.
fn whole(
    tokenizer: &Tokenizer,
    first: &str,
    second: Option<&str>,
    max_length: usize,
    left: bool,
) -> Encoding {
    let encode = |text: &str, kind: u32| {
        let mut encoding = tokenizer.encode(text, false).expect("encoded");
        encoding.set_type_ids(vec![kind; encoding.len()]);
        encoding
    };
    let step = tokenizer.get_post_processor();
    let specials = step.map_or(0, |step| step.added_tokens(second.is_some()));
    let params = TruncationParams {
        max_length: max_length - specials,
        strategy: TruncationStrategy::LongestFirst,
        stride: 0,
        direction: match left {
            true => TruncationDirection::Left,
            false => TruncationDirection::Right,
        },
    };
    let second = second.map(|text| encode(text, 1));
    let (mut first, mut second) =
        truncate_encodings(encode(first, 0), second, &params).expect("cut");
    // What is cut off is of no use here, and all of it together is very much.
    first.set_overflowing(Vec::new());
    if let Some(second) = &mut second {
        second.set_overflowing(Vec::new());
    }
    tokenizer
        .post_process(first, second, true)
        .expect("finished")
}

fn integers(list: &[u32]) -> Vec<i64> {
    list.iter().map(|id| i64::from(*id)).collect()
}

#[test]
fn the_ids_of_every_kind_of_text_are_those_of_the_whole_text() {
    for kind in ALL {
        let tokenizer = kinds::tokenizer(kind);
        let plugin = Plugin::of(&tokenizer, json!({"max_length": 100}));
        let mut chance = Chance(1);
        for round in 0..1000 {
            let text = chance.text();
            let (max_length, left) = ([8, 9, 30, 100][chance.below(4)], chance.below(3) == 0);
            let right = whole(&tokenizer, &text, None, max_length, left);
            let parameters = json!({
                "max_length": max_length,
                "truncation_direction": if left { "left" } else { "right" },
            });
            let prepared = plugin.prepared(json!(text), parameters);
            let mut ids = common::rows(&prepared, "input_ids").remove(0);
            let mask = common::rows(&prepared, "attention_mask").remove(0);
            // A text without any token is a row of padding.
            if mask == [0] {
                ids.clear();
            }
            assert_eq!(
                ids,
                integers(right.get_ids()),
                "{kind}, {round}: {max_length}, {left}, {text:?}"
            );
        }
    }
}

#[test]
fn the_ids_of_every_kind_of_pair_are_those_of_the_whole_pair() {
    for kind in ALL {
        let tokenizer = kinds::tokenizer(kind);
        let plugin = Plugin::of(&tokenizer, json!({"max_length": 100}));
        let mut chance = Chance(2);
        for round in 0..400 {
            let (first, second) = (chance.text(), chance.text());
            let (max_length, left) = ([8, 9, 30, 31, 100][chance.below(5)], chance.below(3) == 0);
            let right = whole(&tokenizer, &first, Some(&second), max_length, left);
            let parameters = json!({
                "max_length": max_length,
                "truncation_direction": if left { "left" } else { "right" },
            });
            let inputs = json!({"text": first, "text_pair": second});
            let prepared = plugin.prepared(inputs, parameters);
            for (name, right) in [
                ("input_ids", right.get_ids()),
                ("token_type_ids", right.get_type_ids()),
            ] {
                assert_eq!(
                    common::rows(&prepared, name)[0],
                    integers(right),
                    "{kind}, {round}, {name}: {max_length}, {left}, {first:?}, {second:?}"
                );
            }
        }
    }
}
