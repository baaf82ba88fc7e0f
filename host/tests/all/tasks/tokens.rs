//! Token ids: those of Hugging Face's own `tokenizers`, whatever the text.
//! Runs the plugin without a model or a server.

use super::{json, models};
use modelhost::plugin::{Asset, Limits, Plugin, Port, Sandbox, Setup, Signature, Wasi, bundled};
use modelhost::tensor::{Data, Dtype};
use serde_json::{Value, json as value};
use std::path::Path;
use std::time::{Duration, Instant};

fn plugin(folder: &str, inputs: &[&str], config: &Value) -> Plugin {
    let asset = |name: &str| {
        let data = std::fs::read(models().join(folder).join(name)).ok()?;
        Some(Asset {
            name: name.to_owned(),
            data,
        })
    };
    let bundled = bundled("tokenize-text").expect("it is bundled");
    let port = |name: &&str| Port {
        name: (*name).to_owned(),
        dtype: Dtype::I64,
        shape: Some(vec![None, None]),
    };
    let setup = Setup {
        name: "tokenize-text".to_owned(),
        wasm: bundled.wasm.to_vec(),
        config_json: config.to_string(),
        assets: bundled
            .assets
            .iter()
            .filter_map(|wanted| asset(wanted.file))
            .collect(),
        model: Signature {
            inputs: inputs.iter().map(port).collect(),
            outputs: Vec::new(),
        },
        limits: Limits {
            memory_bytes: 256 << 20,
            deadline: Duration::from_secs(60),
            output_bytes: 32 << 20,
            log_bytes: 4 << 10,
        },
        wasi: Wasi::Refused,
    };
    let cache = crate::server::plugin_cache();
    let sandbox = Sandbox::new(1, Some(Path::new(&cache))).expect("engines start");
    let plugin = sandbox.load(setup).expect("it loads");
    plugin.settled();
    plugin
}

/// The first row of the model's input `name`.
fn row(plugin: &Plugin, inputs: &Value, name: &str) -> Vec<i64> {
    let body = value!({ "inputs": inputs }).to_string();
    let prepared = plugin
        .preprocess("application/json", body.as_bytes())
        .unwrap_or_else(|error| panic!("{error}: {}", &body[..body.len().min(200)]));
    let tensor = prepared
        .tensors
        .iter()
        .find(|tensor| tensor.name == name)
        .expect("it is made");
    match tensor.tensor.data() {
        Data::I64(ids) => ids.clone(),
        other => panic!("{other:?}"),
    }
}

fn ids_of(list: &Value) -> Vec<i64> {
    let list = list.as_array().expect("a list");
    list.iter().map(|id| id.as_i64().expect("an id")).collect()
}

#[track_caller]
fn same_ids(plugin: &Plugin, texts: &Value, expected: &Value) {
    let pairs = texts
        .as_array()
        .expect("a list")
        .iter()
        .zip(expected.as_array().expect("a list"));
    for (text, expected) in pairs {
        assert_eq!(row(plugin, text, "input_ids"), ids_of(expected), "{text}");
    }
}

#[test]
fn a_thousand_mixed_texts_have_the_ids_of_tokenizers_by_word_pieces() {
    let inputs = ["input_ids", "attention_mask", "token_type_ids"];
    let plugin = plugin("minilm-int8", &inputs, &value!({}));
    let (texts, ids) = (
        json("reference/texts.json"),
        json("reference/minilm-ids.json"),
    );
    same_ids(&plugin, &texts, &ids);
}

#[test]
fn a_thousand_mixed_texts_have_the_ids_of_tokenizers_by_byte_pairs() {
    let config = value!({"max_length": 512});
    let plugin = plugin("nanoguard", &["input_ids", "attention_mask"], &config);
    let (texts, ids) = (
        json("reference/texts.json"),
        json("reference/nanoguard-ids.json"),
    );
    same_ids(&plugin, &texts, &ids);
}

#[test]
fn pairs_have_the_ids_and_types_of_tokenizers() {
    let inputs = ["input_ids", "attention_mask", "token_type_ids"];
    let plugin = plugin("minilm-int8", &inputs, &value!({"pairs": true}));
    let (pairs, expected) = (
        json("reference/pairs.json"),
        json("reference/minilm-pairs.json"),
    );
    let pairs = pairs.as_array().expect("a list").iter();
    for (pair, expected) in pairs.zip(expected.as_array().expect("a list")) {
        let inputs = value!({"text": pair[0], "text_pair": pair[1]});
        assert_eq!(row(&plugin, &inputs, "input_ids"), ids_of(&expected["ids"]));
        assert_eq!(
            row(&plugin, &inputs, "token_type_ids"),
            ids_of(&expected["types"])
        );
    }
}

/// Ten million bytes are cut before they are encoded: they cost little more than reading them.
#[test]
fn a_text_of_ten_megabytes_costs_milliseconds() {
    let inputs = ["input_ids", "attention_mask", "token_type_ids"];
    let plugin = plugin("minilm-int8", &inputs, &value!({}));
    for unit in [
        "the price of juice ",
        "价格",
        "a",
        "e\u{301}\u{1F3F3}\u{FE0F} ",
    ] {
        let text = unit.repeat(10_000_000 / unit.len());
        let start = Instant::now();
        let ids = row(&plugin, &value!(text), "input_ids");
        let took = start.elapsed();
        assert!(ids.len() <= 256);
        // Python's tokenizers take seconds; this bound leaves room for a busy machine.
        assert!(took < Duration::from_secs(2), "{unit:?} took {took:?}");
    }
}
