//! The sandbox under attack: what a plugin may not do, and what happens when it tries.
//! Runs real wasm through the host's own sandbox; knows the plugin `faulty`, which misbehaves on demand.

use crate::server::Server;
use modelhost::plugin::{CallError, Limits, LoadError, Plugin, Sandbox, bundled};
use modelhost::tensor::{Data, NamedTensor, Tensor};
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| Sandbox::new(2).expect("engines start"));

const LIMITS: Limits = Limits {
    memory_bytes: 64 << 20,
    deadline: Duration::from_millis(200),
    output_bytes: 16 << 20,
    log_bytes: 4 << 10,
};

fn wasm() -> Vec<u8> {
    std::fs::read(concat!(env!("MODELHOST_BUNDLE"), "/faulty.wasm")).expect("plugins/build made it")
}

fn load(config: &Value) -> Result<Plugin, LoadError> {
    SANDBOX.load("faulty", &wasm(), &config.to_string(), Vec::new(), LIMITS)
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

/// Each abuse ends in a fault of its own kind, soon, and the next call is answered.
#[test]
fn each_abuse_is_contained_and_the_next_call_answered() {
    let plugin = faulty();
    let cases = [
        (json!({"do": "loop"}), "deadline"),
        (json!({"do": "recurse"}), "trap"),
        (json!({"do": "grow"}), "memory"),
        (json!({"do": "panic"}), "trap"),
        (json!({"do": "trap"}), "trap"),
        (json!({"do": "output", "bytes": 32 << 20}), "output"),
        (json!({"do": "tensors", "count": 100_000}), "abi"),
        (json!({"do": "lying-shape"}), "abi"),
        (json!({"do": "internal"}), "internal"),
    ];
    let plugin_of = |limits| {
        SANDBOX
            .load("faulty", &wasm(), "{}", Vec::new(), limits)
            .expect("it loads")
    };
    // On a busy machine the others would reach a short deadline first.
    let patient = plugin_of(Limits {
        deadline: Duration::from_secs(60),
        ..LIMITS
    });
    for (abuse, fault) in cases {
        let plugin = if fault == "deadline" {
            &plugin
        } else {
            &patient
        };
        let start = Instant::now();
        let error = order(plugin, &abuse).expect_err("a fault");
        let took = start.elapsed();
        assert_eq!(error.fault(), Some(fault), "{abuse}: {error}");
        assert!(took < Duration::from_secs(20), "{abuse} took {took:?}");
        let next = order(plugin, &json!({"values": [7.0]})).expect("the next call is answered");
        assert_eq!(first_value(&next), 7.0);
    }
}

/// A log flood is cut, and the call goes on; so are long messages.
#[tokio::test(flavor = "multi_thread")]
async fn floods_of_log_and_long_messages_are_cut() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = served(&folder, "{ plugin: { deadline_ms: 20000 } }");
    let flood = json!({"inputs": {"do": "log", "count": 100_000, "bytes": 1, "values": [1.0]}});
    assert_eq!(server.post("/predict", &flood).await.status, 200);
    let lines = server.count_until("x", "answered");
    assert!((1..1000).contains(&lines), "{lines} lines");

    let long = json!({"inputs": {"do": "invalid", "bytes": 1 << 20}});
    assert!(server.post("/predict", &long).await.refusal(422).0.len() < 4096);
    let long = json!({"inputs": {"do": "internal", "bytes": 1 << 20}});
    server.post("/predict", &long).await.refusal(500);
    let event = server.wait_for("cannot answer");
    assert!(
        event["reason"]
            .as_str()
            .is_some_and(|reason| reason.len() < 4096)
    );
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
    let window = bundled("window-series").expect("it is bundled");
    let unknown = r#"{"unknown": 1}"#;
    let error = refused(SANDBOX.load("w", window, unknown, Vec::new(), LIMITS)).to_string();
    assert!(
        error.contains("refused its configuration") && error.contains("unknown"),
        "{error}"
    );
}

/// Files that are no plugin say what they are not.
#[test]
fn files_that_are_no_plugin_are_refused() {
    let load = |wasm: &[u8]| refused(SANDBOX.load("p", wasm, "{}", Vec::new(), LIMITS));
    assert!(matches!(load(b""), LoadError::NotWasm));
    assert!(matches!(load(b"<!doctype html>"), LoadError::NotWasm));
    assert!(matches!(load(b"(module)"), LoadError::NotWasm));
    let whole = wasm();
    assert!(matches!(
        load(&whole[..whole.len() / 2]),
        LoadError::Invalid(_)
    ));
    let mut corrupted = whole.clone();
    let middle = corrupted.len() / 2;
    corrupted[middle..middle + 64].fill(0xff);
    assert!(matches!(load(&corrupted), LoadError::Invalid(_)));
    let empty_module = b"\0asm\x01\0\0\0";
    let error = load(empty_module);
    assert!(
        matches!(error, LoadError::NoPlugin | LoadError::Invalid(_)),
        "{error}"
    );
}

/// Another contract version is named before anything is compiled.
#[test]
fn another_contract_version_is_named() {
    let text = b"modelhost:plugin@0.1.0";
    let mut newer = Vec::new();
    let whole = wasm();
    let mut at = 0;
    // Same length, so that every size in the file stays true.
    while at < whole.len() {
        if whole[at..].starts_with(b"@0.1.0") {
            newer.extend_from_slice(b"@0.9.0");
            at += 6;
        } else {
            newer.push(whole[at]);
            at += 1;
        }
    }
    assert_eq!(newer.len(), whole.len());
    assert!(!newer.windows(text.len()).any(|window| window == text));
    let error = refused(SANDBOX.load("p", &newer, "{}", Vec::new(), LIMITS));
    assert!(
        matches!(&error, LoadError::Version(version) if version == "0.9.0"),
        "{error}"
    );
}

/// A component that wants more than `logging` is refused at load, and the import is named.
#[test]
fn an_import_that_is_not_granted_is_named() {
    let component = wat::parse_str(
        r#"(component
            (import "wasi:sockets/tcp@0.2.0" (instance))
            (import "modelhost:plugin/logging@0.1.0" (instance)))"#,
    )
    .expect("it parses");
    let error = refused(SANDBOX.load("p", &component, "{}", Vec::new(), LIMITS)).to_string();
    assert!(error.contains("`wasi:sockets/tcp@0.2.0`"), "{error}");
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

fn served(folder: &tempfile::TempDir, limits: &str) -> Server {
    crate::tensors::identity(folder.path());
    std::fs::write(folder.path().join("faulty.wasm"), wasm()).expect("writes");
    let manifest = folder.path().join("m.yaml");
    let text = format!(
        "name: m\nmodel: {{ path: ., file: identity.onnx }}\npreprocess: {{ plugin: ./faulty.wasm }}\nlimits: {limits}\n"
    );
    std::fs::write(&manifest, text).expect("writes");
    Server::start(&manifest)
}

/// A looping plugin costs its own request the plugin's deadline, and others nothing more.
#[tokio::test(flavor = "multi_thread")]
async fn a_looping_plugin_is_stopped_at_its_deadline_while_others_are_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = served(&folder, "{ plugin: { deadline_ms: 1500 } }");
    let looping = json!({"inputs": {"do": "loop"}});
    let echo = json!({"inputs": {"values": [1, 2, 3]}});
    let start = Instant::now();
    let (stuck, answered) = tokio::join!(server.post("/predict", &looping), async {
        let answer = server.post("/predict", &echo).await;
        (answer, start.elapsed())
    });
    let (error, error_type, _) = stuck.refusal(504);
    assert_eq!(error_type, "deadline");
    assert!(
        error.contains("faulty.wasm") && error.contains("1500 ms"),
        "{error}"
    );
    assert_eq!(answered.0.status, 200, "{}", answered.0.text);
    assert_eq!(answered.0.json()["outputs"]["y"], json!([[1.0, 2.0, 3.0]]));
    // The other worker was free: the echo did not wait for the loop's deadline.
    assert!(answered.1 < Duration::from_millis(1500), "{:?}", answered.1);
    let metrics = server.get("/metrics").await.text;
    let line =
        "modelhost_plugin_faults_total{model=\"m\",plugin=\"faulty.wasm\",reason=\"deadline\"} 1";
    assert!(metrics.contains(line), "{metrics}");
}

/// A plugin's faults are the server's own: 500, with the reason in the log and not in the answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugins_fault_is_answered_without_its_inside_and_logged_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = served(&folder, "{}");
    for (abuse, logged) in [
        (json!({"do": "panic"}), "crashed"),
        (json!({"do": "wrong-dtype"}), "must be f32"),
        (
            json!({"do": "unknown-tensor", "values": [1]}),
            "has no input",
        ),
        (json!({"do": "no-tensor"}), "is missing"),
    ] {
        let answer = server.post("/predict", &json!({ "inputs": abuse })).await;
        let (error, error_type, _) = answer.refusal(500);
        assert_eq!(error_type, "internal");
        assert!(!error.contains(logged), "{error}");
        let event = server.wait_for("cannot answer");
        assert!(
            event["reason"].as_str().expect("a reason").contains(logged),
            "{event}"
        );
    }
}

/// Thousands of calls that trap leave no more memory in use than the first hundreds did.
#[tokio::test(flavor = "multi_thread")]
async fn calls_that_trap_leave_no_memory_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = served(&folder, "{}");
    let client = reqwest::Client::new();
    let trap = async |times: usize| {
        for _ in 0..times {
            let answer = client
                .post(format!("{}/predict", server.url))
                .body(r#"{"inputs": {"do": "trap"}}"#)
                .send()
                .await
                .expect("it answers");
            assert_eq!(answer.status(), 500);
        }
    };
    let resident = async || -> f64 {
        let text = server.get("/metrics").await.text;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("process_resident_memory_bytes "))
            .expect("process metrics");
        line.parse().expect("a number")
    };
    trap(500).await;
    let before = resident().await;
    trap(5_000).await;
    let after = resident().await;
    assert!(
        after < before * 1.25,
        "{before} bytes before, {after} after"
    );
}

/// The bundle holds what the manifest reference promises.
#[test]
fn bundled_plugins_load_from_the_binary() {
    assert!(bundled("window-series").is_some());
    assert!(bundled("forecast-quantiles").is_some());
    assert!(bundled("faulty").is_none());
}
