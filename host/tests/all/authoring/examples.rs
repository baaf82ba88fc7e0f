//! The example in every language: the same tensors, the same answers, the same refusals.
//! Runs the built files in the host's own sandbox; knows no command.

use super::built;
use crate::server::plugin_cache;
use modelhost::plugin::{
    CallError, Limits, LoadError, Plugin, Port, Sandbox, Setup, Signature, Wasi,
};
use modelhost::tensor::{Data, Dtype, NamedTensor, Tensor};
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::time::Duration;

static SANDBOX: LazyLock<Sandbox> =
    LazyLock::new(|| Sandbox::new(2, Some(&plugin_cache())).expect("engines start"));

/// The examples, each loaded once, beside a model whose input is called `values`.
static PLUGINS: LazyLock<Vec<Plugin>> = LazyLock::new(|| {
    EXAMPLES
        .map(|(name, wasi)| {
            let loaded = SANDBOX.load(setup(name, wasi, &json!({"factor": 0.5})));
            loaded.unwrap_or_else(|error| panic!("{name}: {error}"))
        })
        .into()
});

const EXAMPLES: [(&str, Wasi); 5] = [
    ("rust", Wasi::Refused),
    ("python", Wasi::Refused),
    ("javascript", Wasi::Refused),
    ("c", Wasi::Refused),
    ("python-wasi", Wasi::Inert),
];

/// A manifest's default memory, and more time, for a machine that does other things too.
const LIMITS: Limits = Limits {
    memory_bytes: 64 << 20,
    deadline: Duration::from_secs(20),
    output_bytes: 16 << 20,
    log_bytes: 4 << 10,
};

fn setup(name: &str, wasi: Wasi, config: &Value) -> Setup {
    Setup {
        name: name.to_owned(),
        wasm: std::fs::read(built(name)).expect("it is built"),
        config_json: config.to_string(),
        assets: Vec::new(),
        model: Signature {
            inputs: vec![Port {
                name: "values".to_owned(),
                dtype: Dtype::F32,
                shape: Some(vec![Some(1), None]),
            }],
            outputs: Vec::new(),
        },
        limits: LIMITS,
        wasi,
    }
}

fn tensor(name: &str, shape: &[usize], values: &[f32]) -> NamedTensor {
    NamedTensor {
        name: name.to_owned(),
        tensor: Tensor::new(shape.to_vec(), Data::F32(values.to_vec())).expect("it fits"),
    }
}

/// Each counts its calls, and every call is its first.
#[test]
fn every_language_makes_the_same_tensors_and_remembers_nothing() {
    for plugin in PLUGINS.iter() {
        for (inputs, row) in [
            (json!([1, 2, 3]), vec![0.5, 1.0, 1.5]),
            (json!([0.1]), vec![0.05]),
            (json!([-1e-3, 16777217, 1e38]), vec![-5e-4, 8388608.5, 5e37]),
        ] {
            let body = json!({ "inputs": inputs }).to_string();
            let prepared = plugin.preprocess("application/json", body.as_bytes());
            let prepared = prepared.unwrap_or_else(|error| panic!("{}: {error}", plugin.name()));
            let expected = tensor("values", &[1, row.len()], &row);
            assert_eq!(prepared.tensors, [expected], "{}", plugin.name());
            assert_eq!(prepared.context, b"1", "{}", plugin.name());
        }
    }
}

#[test]
fn every_language_gives_the_same_answers() {
    let outputs = || vec![tensor("y", &[1, 3], &[0.1, 2.5, -1.25])];
    let parameters = [
        json!({}),
        json!({"round": 1}),
        json!({"round": 0}),
        json!({"round": 9, "other": "stage"}),
    ];
    for parameters in parameters {
        let answer = |plugin: &Plugin| -> Value {
            let answer = plugin.postprocess(outputs(), b"1", &parameters.to_string());
            let answer = answer.unwrap_or_else(|error| panic!("{}: {error}", plugin.name()));
            serde_json::from_str(&answer).expect("JSON")
        };
        let number = |value: &Value| value.as_f64().expect("a number");
        let numbers = |plugin: &Plugin| {
            let answer = answer(plugin);
            let values = answer["values"].as_array().expect("a list").iter();
            (
                number(&answer["sum"]),
                values.map(number).collect::<Vec<_>>(),
            )
        };
        let expected = numbers(&PLUGINS[0]);
        assert_eq!(expected.1.len(), 3);
        for plugin in PLUGINS.iter() {
            assert_eq!(numbers(plugin), expected, "{} {parameters}", plugin.name());
        }
    }
    let rounded = PLUGINS[0].postprocess(outputs(), b"1", r#"{"round": 1}"#);
    assert_eq!(
        rounded.expect("an answer"),
        r#"{"sum":1.4,"values":[0.1,2.5,-1.2]}"#
    );
}

#[test]
fn every_language_refuses_the_same_and_says_where() {
    fn field<T>(ended: Result<T, CallError>, name: &str) -> Option<String> {
        match ended {
            Err(CallError::Invalid { message, field }) => {
                assert!(!message.is_empty());
                field
            }
            Err(error) => panic!("{name}: {error}"),
            Ok(_) => panic!("{name} should refuse"),
        }
    }
    for plugin in PLUGINS.iter() {
        let name = plugin.name();
        for (body, place) in [
            ("{", None),
            (r#"{"inputs": [1, 2], "other" 3}"#, None),
            ("{}", Some("/inputs")),
            (r#"{"inputs": "x"}"#, Some("/inputs")),
            (r#"{"inputs": []}"#, Some("/inputs")),
            (r#"{"inputs": [1, "2"]}"#, Some("/inputs/1")),
            (r#"{"inputs": [1, 2, [3]]}"#, Some("/inputs/2")),
            (r#"{"inputs": [true]}"#, Some("/inputs/0")),
            (r#"{"inputs": [1, -1e39]}"#, Some("/inputs/1")),
        ] {
            let ended = plugin.preprocess("application/json", body.as_bytes());
            assert_eq!(field(ended, name).as_deref(), place, "{name} {body}");
        }
        for round in ["-1", "10", "1.5", "\"one\"", "[]"] {
            let parameters = format!("{{\"round\": {round}}}");
            let ended = plugin.postprocess(vec![tensor("y", &[1, 1], &[1.0])], b"1", &parameters);
            let place = field(ended, name);
            assert_eq!(
                place.as_deref(),
                Some("/parameters/round"),
                "{name} {round}"
            );
        }
        let whole = NamedTensor {
            name: "y".to_owned(),
            tensor: Tensor::new(vec![1], Data::I64(vec![1])).expect("it fits"),
        };
        let ended = plugin.postprocess(vec![whole], b"1", "{}");
        let is_internal =
            matches!(&ended, Err(CallError::Internal(message)) if message.contains("f32"));
        assert!(is_internal, "{name}: {ended:?}");
    }
}

/// A mistake in the source is told to whoever reads the log.
#[test]
fn a_javascript_error_is_an_internal_fault_with_its_place() {
    let ended = PLUGINS[2].postprocess(Vec::new(), b"1", "{}");
    let message = match ended {
        Err(CallError::Internal(message)) => message,
        other => panic!("{other:?}"),
    };
    assert!(
        message.contains("TypeError") && message.contains("plugin.js:"),
        "{message}"
    );
}

#[test]
fn every_language_describes_itself_and_refuses_a_wrong_configuration() {
    for plugin in PLUGINS.iter() {
        let description = plugin.description();
        assert_eq!(description, PLUGINS[0].description(), "{}", plugin.name());
        assert_eq!(
            description.inputs.as_ref().expect("a schema")["minItems"],
            1
        );
        assert!(plugin.preprocesses() && plugin.postprocesses());
    }
    for (name, wasi) in EXAMPLES {
        // Python and JavaScript take seconds to come to it.
        let is_quick = ["rust", "c"].contains(&name);
        for config in [json!({"factor": "x"}), json!(null)] {
            if config.is_null() && !is_quick {
                continue;
            }
            match SANDBOX.load(setup(name, wasi, &config)) {
                Err(LoadError::Init(message)) => {
                    assert!(message.starts_with("/factor: "), "{name}: {message}");
                }
                Err(error) => panic!("{name}: {error}"),
                Ok(_) => panic!("{name} should refuse {config}"),
            }
        }
    }
}

/// What links WASI is refused by the name of the import, and runs where it is granted functions that do nothing.
#[test]
fn a_plugin_with_wasi_is_refused_unless_the_functions_do_nothing() {
    let refused = SANDBOX.load(setup("python-wasi", Wasi::Refused, &json!({"factor": 1})));
    match refused {
        Err(LoadError::Wasi(import)) => assert!(import.starts_with("wasi:"), "{import}"),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it should not load"),
    }
    let plugin = &PLUGINS[4];
    assert_eq!(plugin.name(), "python-wasi");
    let prepared = plugin.preprocess("application/json", br#"{"inputs": [2]}"#);
    assert_eq!(
        prepared.expect("it runs").tensors,
        [tensor("values", &[1, 1], &[1.0])]
    );
}
