//! `modelhost plugin inspect` and `plugin test`, on plugins that are good and files that are none.
//! Knows the command line; nothing of how a plugin was made.

use super::{built, plugin, sample, str};
use serde_json::{Value, json};

#[test]
fn inspect_says_what_a_file_is_and_what_it_accepts() {
    let file = built("c");
    let text = plugin(&["inspect", str(&file)]).good();
    let bytes = std::fs::read(&file).expect("it is built");
    for said in [
        "processor",
        "0.1.0",
        "core module",
        "modelhost:plugin/logging@0.1.0",
        "clang",
        &bytes.len().to_string(),
        &crate::fake_hub::sha256(&bytes),
    ] {
        assert!(text.contains(said), "no `{said}` in: {text}");
    }
    assert!(!text.contains("minItems"), "{text}");

    let config = r#"{"factor": 2}"#;
    let answer = plugin(&["inspect", str(&file), "--config", config, "--json"]).good();
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(answer["stages"], json!(["preprocess", "postprocess"]));
    assert_eq!(answer["description"]["inputs"]["minItems"], 1);
    assert_eq!(answer["refused"], Value::Null);

    let bundled = plugin(&["inspect", "forecast-quantiles"]).good();
    assert!(bundled.contains("postprocessor"), "{bundled}");
}

#[test]
fn inspect_says_what_is_wrong_with_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("it can be written");
        path
    };
    let whole = std::fs::read(built("c")).expect("it is built");
    for (path, said) in [
        (file("empty.wasm", b""), "not WebAssembly"),
        (file("page.html", b"<html>"), "not WebAssembly"),
        (
            file("half.wasm", &whole[..whole.len() / 2]),
            "not a valid plugin",
        ),
        (
            file("module.wasm", b"\0asm\x01\0\0\0"),
            "exports no modelhost:plugin/lifecycle",
        ),
        (
            file("component.wasm", b"\0asm\x0d\0\x01\0"),
            "exports no modelhost:plugin/lifecycle",
        ),
        (
            folder.path().join("nothing.wasm"),
            "no bundled plugin of that name",
        ),
        (folder.path().to_owned(), "directory"),
    ] {
        let error = plugin(&["inspect", str(&path)]).wrong();
        assert!(
            error.contains(said) && error.contains(str(&path)),
            "{error}"
        );
    }
    let error = plugin(&["inspect", str(&built("python-wasi"))]).wrong();
    assert!(
        error.contains("`wasi:") && error.contains("wasi: inert"),
        "{error}"
    );
    let error = plugin(&["inspect", str(&built("c")), "--config", "{}"]).wrong();
    assert!(error.contains("/factor: must be a number"), "{error}");
}

#[test]
fn test_runs_the_stages_and_shows_what_they_make() {
    let (file, config) = (built("c"), sample("config.json"));
    let (request, outputs) = (sample("request.json"), sample("outputs.json"));
    let base = ["test", str(&file), "--config", str(&config)];
    let with = |more: &[&str]| plugin(&[&base, more].concat());

    let text = with(&["--request", str(&request), "--outputs", str(&outputs)]).good();
    for said in [
        "x  f32 [1, 3]  0.5 1 1.5",
        "context of 1 B",
        " ms, the median of 20",
        r#"{"values":[0.5,1,1.5],"sum":3}"#,
    ] {
        assert!(text.contains(said), "no `{said}` in: {text}");
    }

    let folder = tempfile::tempdir().expect("a folder");
    crate::tensors::identity(folder.path());
    let model = folder.path().join("identity.onnx");
    let inline = r#"{"inputs": [0.25, 5]}"#;
    let text = with(&["--request", inline, "--model", str(&model), "--repeat", "1"]).good();
    assert!(text.contains("y  f32 [1, 2]  0.125 2.5"), "{text}");
    assert!(
        text.contains(r#"{"values":[0.125,2.5],"sum":2.625}"#),
        "{text}"
    );
    let rounded = with(&[
        "--request",
        inline,
        "--model",
        str(&model),
        "--parameters",
        r#"{"round": 1}"#,
    ]);
    assert!(rounded.good().contains(r#"{"values":[0.1,2.5],"sum":2.6}"#));

    let text = with(&["--request", inline]).good();
    assert!(text.contains("postprocess: not run"), "{text}");
    let typed = r#"{"y": {"dtype": "s64", "data": [[1, 2]]}}"#;
    let failed = with(&["--outputs", typed]);
    assert_eq!(failed.code, Some(1));
    assert!(failed.err.contains("must be f32"), "{failed:?}");
}

#[test]
fn test_refuses_as_a_server_would() {
    let (file, config) = (built("c"), sample("config.json"));
    let with = |more: &[&str]| {
        plugin(&[&["test", str(&file), "--config", str(&config)], more].concat()).wrong()
    };
    for (request, said) in [
        (r#"{"inputs": [1, "x"]}"#, "/inputs/1: "),
        (r#"{"inputs": []}"#, "/inputs: "),
        (
            r#"{"inputs": [1], "parameters": {"round": 99}}"#,
            "/parameters/round: ",
        ),
        (
            r#"{"inputs": [1], "parameters": {"rounds": 1}}"#,
            "/parameters/rounds: ",
        ),
        (r#"{"inputs": "#, "not JSON"),
    ] {
        let error = with(&["--request", request]);
        assert!(error.contains(said), "{request}: {error}");
    }
    for (arguments, said) in [
        (&[][..], "--request is needed"),
        (&["--request", "nothing.json"], "--request nothing.json: "),
        (
            &["--request", "{}", "--content-type", "image/png"],
            "takes application/json",
        ),
        (&["--outputs", "[1]"], "--outputs: write"),
        (&["--outputs", r#"{"y": [[1, 2], [3]]}"#], "--outputs /y: "),
        (
            &["--outputs", r#"{"y": {"dtype": "f8", "data": []}}"#],
            "dtype must be one of f32",
        ),
        (
            &["--request", "{}", "--model", "nothing.onnx"],
            "--model nothing.onnx: ",
        ),
        (
            &["--request", "{}", "--assets", "nothing"],
            "--assets nothing: ",
        ),
    ] {
        let error = with(arguments);
        assert!(error.contains(said), "{arguments:?}: {error}");
    }
}
