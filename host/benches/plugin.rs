//! What the sandbox costs: `tokenize-text`, a fresh instance each call, beside the native crate in one run; how long loading takes, and ending a plugin that misbehaves.
//! Must not know HTTP or the model.
//!
//! `cargo bench -p modelhost --bench plugin -- FOLDER`, where FOLDER holds a `tokenizer.json`.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a benchmark is there to be read, and ends where it cannot go on"
)]

use modelhost::plugin::{Asset, Limits, Plugin, Port, Sandbox, Setup, Signature, Wasi, bundled};
use modelhost::tensor::Dtype;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokenizers::Tokenizer;

/// Calls of each side; they take turns, so that a busy moment hits both.
const ROUNDS: usize = 5_000;

const WORDS: &str = "the weekly sales of orange juice rise when the price is cut and fall again \
    when the promotion ends because people have bought what they need for some time ";

const MIB: usize = 1 << 20;

const LIMITS: Limits = Limits {
    memory_bytes: 64 * MIB,
    deadline: Duration::from_millis(200),
    output_bytes: 32 * MIB,
    log_bytes: 16 << 10,
};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.find(|argument| !argument.starts_with("--"));
    let folder = PathBuf::from(folder.expect("name the folder that holds a tokenizer.json"));
    let json = std::fs::read(folder.join("tokenizer.json")).expect("a tokenizer.json");
    let mut native = Tokenizer::from_bytes(&json).expect("it is a tokenizer");
    native.with_padding(None);
    native.with_truncation(None).expect("none is allowed");
    calls(&loads(&tokenizer(json)), &native);
    containment();
}

/// Loads it for the first time, and as often again as a median needs.
fn loads(setup: &Setup) -> Plugin {
    let start = Instant::now();
    let sandbox = Sandbox::new(1, None).expect("engines start");
    let plugin = sandbox.load(setup.clone()).expect("it loads");
    println!("first load: ready in {}", ms(start.elapsed()));
    let start = Instant::now();
    plugin.settled();
    println!("first load: optimised {} later", ms(start.elapsed()));
    let folder = tempfile::tempdir().expect("a folder");
    let cache = folder.path().join("plugins");
    let warm = Sandbox::new(1, Some(&cache)).expect("engines start");
    warm.load(setup.clone()).expect("it loads").settled();
    let times = (0..21).map(|_| {
        let setup = setup.clone();
        let start = Instant::now();
        warm.load(setup).expect("it loads");
        start.elapsed()
    });
    println!("warm load: {}", ms(percentile(times.collect(), 50)));
    plugin
}

fn calls(plugin: &Plugin, native: &Tokenizer) {
    for tokens in [10, 40, 120] {
        let words = WORDS.split_inclusive(' ').cycle();
        // The tokenizer adds one at either end.
        let text: String = words.take(tokens - 2).collect();
        let body = json!({ "inputs": text }).to_string();
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        let mut count = 0;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            let encoding = native.encode(text.as_str(), true).expect("it encodes");
            outside.push(start.elapsed());
            let start = Instant::now();
            let prepared = plugin.preprocess("application/json", body.as_bytes());
            inside.push(start.elapsed());
            count = prepared.expect("it answers").tensors[0].tensor.shape()[1];
            assert_eq!(count, encoding.len());
        }
        let us = |times: &[Duration], part| percentile(times.to_vec(), part).as_secs_f64() * 1e6;
        let (plugin, native) = (us(&inside, 50), us(&outside, 50));
        println!(
            "{count} tokens: plugin p50 {plugin:.0} µs, p99 {:.0} µs; native p50 {native:.0} µs; overhead {:.0} µs",
            us(&inside, 99),
            plugin - native,
        );
    }
}

/// Each way to misbehave in a call, and how long the caller waits for the refusal.
fn containment() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/built/faulty.wasm");
    let wasm = std::fs::read(path).expect("plugins/build made it");
    let sandbox = Sandbox::new(1, None).expect("engines start");
    let load = |memory_bytes| {
        let limits = Limits {
            memory_bytes,
            ..LIMITS
        };
        let setup = setup("faulty", wasm.clone(), limits);
        let plugin = sandbox.load(setup).expect("it loads");
        plugin.settled();
        plugin
    };
    let (small, large) = (load(64 * MIB), load(1024 * MIB));
    for (plugin, order) in [
        (&small, json!({"do": "echo", "values": [1]})),
        (&small, json!({"do": "loop"})),
        (&small, json!({"do": "recurse"})),
        (&small, json!({"do": "grow"})),
        (&small, json!({"do": "panic"})),
        (&small, json!({"do": "trap"})),
        (&large, json!({"do": "output", "bytes": 128 * MIB})),
        (&large, json!({"do": "tensors", "count": 2_000_000})),
        (&small, json!({"do": "lying-shape"})),
    ] {
        let (word, took) = outcome(plugin, &order);
        println!("{}: {word} after {}", order["do"], ms(took));
    }
}

fn outcome(plugin: &Plugin, order: &Value) -> (String, Duration) {
    let body = json!({ "inputs": order }).to_string();
    let mut word = String::new();
    let times = (0..11).map(|_| {
        let start = Instant::now();
        let result = plugin.preprocess("application/json", body.as_bytes());
        let took = start.elapsed();
        word = match result {
            Ok(_) => "answered".to_owned(),
            Err(error) => error.fault().unwrap_or("refused").to_owned(),
        };
        took
    });
    let took = percentile(times.collect(), 50);
    (word, took)
}

fn tokenizer(json: Vec<u8>) -> Setup {
    let wasm = bundled("tokenize-text").expect("it is bundled").wasm;
    let port = |name: &str, dtype, rank| Port {
        name: name.to_owned(),
        dtype,
        shape: Some(vec![None; rank]),
    };
    let ids = ["input_ids", "attention_mask", "token_type_ids"];
    Setup {
        assets: vec![Asset {
            name: "tokenizer.json".to_owned(),
            data: json,
        }],
        model: Signature {
            inputs: ids.map(|name| port(name, Dtype::I64, 2)).to_vec(),
            outputs: vec![port("last_hidden_state", Dtype::F32, 3)],
        },
        ..setup(
            "tokenize-text",
            wasm.to_vec(),
            Limits {
                deadline: Duration::from_secs(10),
                ..LIMITS
            },
        )
    }
}

fn setup(name: &str, wasm: Vec<u8>, limits: Limits) -> Setup {
    Setup {
        name: name.to_owned(),
        wasm,
        config_json: "{}".to_owned(),
        assets: Vec::new(),
        model: Signature::default(),
        limits,
        wasi: Wasi::Refused,
    }
}

fn percentile(mut times: Vec<Duration>, part: usize) -> Duration {
    times.sort();
    times[times.len() * part / 100]
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
