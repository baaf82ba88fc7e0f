//! The sandbox under attack: what a plugin may not do, and what happens when it tries.
//! Runs real wasm through the host's own sandbox; knows the plugin `faulty`, which misbehaves on demand.

mod abuse;
mod cache;
mod files;
mod served;

use modelhost::plugin::bundled;
use modelhost::plugin::{CallError, Limits, LoadError, Plugin, Sandbox, Setup, Signature, Wasi};
use modelhost::tensor::{Data, NamedTensor, Tensor};
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::time::Duration;

static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| Sandbox::new(2, None).expect("engines start"));

const LIMITS: Limits = Limits {
    memory_bytes: 64 << 20,
    deadline: Duration::from_millis(200),
    output_bytes: 16 << 20,
    log_bytes: 4 << 10,
};

fn wasm() -> Vec<u8> {
    std::fs::read(concat!(env!("MODELHOST_BUNDLE"), "/faulty.wasm")).expect("plugins/build made it")
}

/// `wasm` beside no model.
fn setup(wasm: &[u8], config: &Value) -> Setup {
    Setup {
        name: "p".to_owned(),
        wasm: wasm.to_vec(),
        config_json: config.to_string(),
        assets: Vec::new(),
        model: Signature::default(),
        limits: LIMITS,
        wasi: Wasi::Refused,
    }
}

fn load(config: &Value) -> Result<Plugin, LoadError> {
    SANDBOX.load(setup(&wasm(), config))
}

fn refused(result: Result<Plugin, LoadError>) -> LoadError {
    match result {
        Ok(_) => panic!("it should not load"),
        Err(error) => error,
    }
}

fn faulty() -> Plugin {
    load(&json!({})).expect("it loads")
}

fn order(plugin: &Plugin, order: &Value) -> Result<Vec<NamedTensor>, CallError> {
    let body = json!({ "inputs": order }).to_string();
    plugin
        .preprocess("application/json", body.as_bytes())
        .map(|prepared| prepared.tensors)
}

fn first_value(tensors: &[NamedTensor]) -> f32 {
    match tensors[0].tensor.data() {
        Data::F32(values) => values[0],
        other => panic!("{other:?}"),
    }
}

/// What the caller did wrong stays apart from what the plugin did wrong.
#[test]
fn a_refusal_is_no_fault() {
    let error = order(&faulty(), &json!({"do": "invalid"})).expect_err("refused");
    assert!(matches!(error, CallError::Invalid { .. }));
    assert_eq!(error.fault(), None);
}

/// Every call starts from the snapshot that init left: a plugin that counts its calls always says 1.
#[test]
fn a_plugin_that_counts_its_calls_always_says_one() {
    let plugin = faulty();
    for _ in 0..100 {
        let tensors = order(&plugin, &json!({"do": "count"})).expect("it counts");
        assert_eq!(first_value(&tensors), 1.0);
    }
}

/// A plugin that misbehaves in init is refused at load, with the reason.
#[test]
fn a_plugin_that_fails_in_init_is_refused_with_the_reason() {
    for (abuse, reason) in [
        (json!({"do": "panic"}), "crashed"),
        (json!({"do": "grow"}), "memory"),
        (json!({"do": "internal", "bytes": 5}), "failed"),
    ] {
        let error = refused(load(&abuse)).to_string();
        assert!(error.contains("init") && error.contains(reason), "{error}");
    }
    let error = refused(load(&json!({"do": "not-json"}))).to_string();
    assert!(error.contains("schema of `inputs` is not JSON"), "{error}");
    let window = bundled("window-series").expect("it is bundled").wasm;
    let error = refused(SANDBOX.load(setup(window, &json!({"unknown": 1})))).to_string();
    assert!(
        error.contains("refused its configuration") && error.contains("unknown"),
        "{error}"
    );
}

/// Postprocess alone: outputs in, JSON out; a processor offers both stages.
#[test]
fn postprocess_sees_outputs_context_and_parameters() {
    let plugin = faulty();
    assert!(plugin.preprocesses() && plugin.postprocesses());
    let outputs = vec![NamedTensor {
        name: "y".to_owned(),
        tensor: Tensor::new(vec![1, 2], Data::F32(vec![1.0, 2.0])).expect("fits"),
    }];
    let text = plugin
        .postprocess(outputs, b"kept", "{}")
        .expect("it answers");
    assert!(text.contains("kept") && text.contains("\"y\""), "{text}");
}

/// The bundle holds what the manifest reference promises.
#[test]
fn bundled_plugins_load_from_the_binary() {
    assert!(bundled("window-series").is_some());
    assert!(bundled("forecast-quantiles").is_some());
    assert!(bundled("faulty").is_none());
}
