//! Claims about models that must agree with a reference, and about weights that lie beside the ONNX file.
//! Runs the real binary; reference files are NumPy's own.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use serde_json::json;
use tempfile::TempDir;

use crate::fake_hub::{FakeHub, NAME, OWNER, commit};
use crate::process::modelhost;
use crate::server::{Server, demo, root};

fn check(arguments: &[&str]) -> Output {
    modelhost(&[&["check"], arguments].concat())
}

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8(text).expect("it is text")
}

/// A folder with the model that doubles, and a manifest that asks for it.
fn double() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let model = root().join("host/tests/data/swap/double.onnx");
    fs::copy(model, folder.path().join("double.onnx")).expect("copies");
    let manifest = folder.path().join("m.yaml");
    fs::write(&manifest, asking_for("double", "")).expect("writes");
    (folder, manifest)
}

fn asking_for(model: &str, more: &str) -> String {
    format!("name: m\nmodel: {{ path: ., file: {model}.onnx{more} }}\n")
}

fn file(name: &str) -> String {
    let file = root().join("host/tests/data/reference").join(name);
    file.display().to_string()
}

/// Stored and deflated, rows and columns first, either byte order.
#[test]
fn whatever_numpy_saves_can_be_a_reference() {
    let (_folder, manifest) = double();
    let manifest = manifest.display().to_string();
    for name in ["stored.npz", "compressed-columns.npz", "big-endian.npz"] {
        let output = check(&[&manifest, "--reference", &file(name)]);
        let text = said(&output);
        assert_eq!(output.status.code(), Some(0), "{name}: {text}");
        let agreement = "6 numbers of the reference agree to 0.0e0";
        assert!(text.contains(agreement), "{name}: {text}");
    }
}

#[test]
fn a_file_that_is_no_reference_is_refused_with_what_to_do() {
    let (folder, manifest) = double();
    let manifest = manifest.display().to_string();
    let written = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("writes");
        path.display().to_string()
    };
    let cases = [
        (
            file("other-name.npz"),
            "the model has no `z`; its inputs are `x`, its outputs `y`",
        ),
        (
            file("inputs-only.npz"),
            "it has no output; the model's are `y`",
        ),
        (file("doubles.npz"), "input `x` must be f32, not f64"),
        (file("objects.npz"), "array `x`: "),
        (written("a.txt", "hello"), "it is neither .npz nor JSON"),
        (written("b.json", "[]"), "the list is empty"),
        (
            written("c.json", r#"{"x": 1}"#),
            "it has no object `inputs`",
        ),
        (
            written(
                "d.json",
                r#"{"inputs": {"x": [["a"]]}, "outputs": {"y": [[1]]}}"#,
            ),
            "`x`: the value at index 0 (row-major) must be a number",
        ),
        (
            written(
                "e.json",
                r#"{"inputs": {"x": [[1, 2]]}, "outputs": {"y": [[2]]}}"#,
            ),
            "output `y` has shape [1, 2], the reference [1, 1]",
        ),
        (
            written(
                "f.json",
                r#"[{"inputs": {"x": [[1, 2]]}, "outputs": {"y": [[2, 4]]}}, {"inputs": {"x": [[3]]}, "outputs": {"y": [[6.5]]}}]"#,
            ),
            "output `y` differs most, at [0, 0]: the reference has 6.5, the model answers 6; 1 of 3 numbers are off by more than 0.001",
        ),
        (
            folder.path().join("none").display().to_string(),
            "cannot read",
        ),
    ];
    for (reference, words) in cases {
        let output = check(&[&manifest, "--reference", &reference]);
        let text = said(&output);
        assert_ne!(output.status.code(), Some(0), "{reference}: {text}");
        assert!(text.contains(words), "`{text}` should contain `{words}`");
    }
}

/// What a slip in an export looks like: four bytes of the demo model's weights are others.
#[test]
fn an_altered_weight_is_refused_with_the_output_its_index_and_both_values() {
    let folder = tempfile::tempdir().expect("a folder");
    let card = root().join("model-card");
    fs::copy(
        card.join("reference.npz"),
        folder.path().join("reference.npz"),
    )
    .expect("copies");
    let mut model = fs::read(card.join("model.onnx")).expect("reads");
    let middle = model.len() / 2;
    model[middle..middle + 4].copy_from_slice(&[0x3f; 4]);
    fs::write(folder.path().join("model.onnx"), model).expect("writes");
    let text = fs::read_to_string(demo()).expect("reads");
    let manifest = folder.path().join("m.yaml");
    fs::write(&manifest, text.replace("path: ../model-card", "path: .")).expect("writes");

    let output = check(&[&manifest.display().to_string()]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(64), "{text}");
    let words = "`reference.npz`: output `quantiles` differs most, at [";
    assert!(text.contains(words), "{text}");
    assert!(text.contains("the reference has ") && text.contains(", the model answers "));
    assert!(
        text.contains(" of 392 numbers are off by more than 0.001"),
        "{text}"
    );
}

#[tokio::test]
async fn a_version_that_differs_from_its_reference_never_goes_live() {
    let (folder, manifest) = double();
    let models = root().join("host/tests/data/swap");
    fs::copy(
        models.join("triple.onnx"),
        folder.path().join("triple.onnx"),
    )
    .expect("copies");
    let reference = json!({"inputs": {"x": [[1, 2]]}, "outputs": {"y": [[2, 4]]}}).to_string();
    fs::write(folder.path().join("r.json"), reference).expect("writes");
    let more = ", reference: r.json, reference_tolerance: 1.0e-6";
    fs::write(&manifest, asking_for("double", more)).expect("writes");
    let mut server = Server::start(&manifest);
    let version = server.get("/models/m").await.json()["version"].clone();
    let shown = json!({"values": 2, "largest_difference": 0.0});
    assert_eq!(version["reference"], shown);

    fs::write(&manifest, asking_for("triple", more)).expect("writes");
    let event = server.wait_for("the new version is not served");
    let reason = event["reason"].as_str().unwrap_or_default();
    let words = "`r.json`: output `y` differs most, at [0, 0]: the reference has 2, the model answers 3; 2 of 2 numbers are off by more than 0.000001";
    assert_eq!(reason, words);
    let model = server.get("/models/m").await.json();
    assert_eq!(model["version"]["id"], version["id"]);
    assert_eq!(model["attempts"][0]["reason"], words);

    // The reference is watched as the model is: another one may be right.
    let reference = json!({"inputs": {"x": [[1, 2]]}, "outputs": {"y": [[3, 6]]}}).to_string();
    fs::write(folder.path().join("r.json"), reference).expect("writes");
    server.wait_for("the model is live");
}

fn outside() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["outside.onnx", "outside.onnx_data", "outside.npz"] {
        fs::copy(file(name), folder.path().join(name)).expect("copies");
    }
    let manifest = folder.path().join("m.yaml");
    fs::write(&manifest, asking_for("outside", ", reference: outside.npz")).expect("writes");
    (folder, manifest)
}

#[tokio::test]
async fn weights_in_a_file_beside_the_model_are_read_and_watched() {
    let (folder, manifest) = outside();
    let mut server = Server::start(&manifest);
    let one = json!({"inputs": {"x": [[1, 2, 3, 4]]}});
    let before = server.post("/predict", &one).await.json()["outputs"].clone();

    let data = folder.path().join("outside.onnx_data");
    let mut weights = fs::read(&data).expect("reads");
    // The whole last matrix, 16 × 2.
    let last = weights.len() - 16 * 2 * 4;
    weights[last..].fill(0);
    fs::write(&data, &weights).expect("writes");
    let event = server.wait_for("the new version is not served");
    let reason = event["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("output `y` differs most"), "{reason}");

    fs::write(&manifest, asking_for("outside", "")).expect("writes");
    server.wait_for("the model is live");
    let after = server.post("/predict", &one).await.json()["outputs"].clone();
    assert_ne!(before, after);
}

/// In a folder of the repo, where the ONNX file names its weights without the folder.
#[tokio::test(flavor = "multi_thread")]
async fn weights_and_reference_come_from_the_same_commit_of_a_hub() {
    let read = |name: &str| fs::read(file(name)).expect("reads");
    let hub = FakeHub::start()
        .await
        .git("onnx/outside.onnx", &read("outside.onnx"))
        .lfs("onnx/outside.onnx_data", &read("outside.onnx_data"))
        .lfs("outside.npz", &read("outside.npz"));
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join("m.yaml");
    let text = format!(
        "name: m\nmodel: {{ repo: {OWNER}/{NAME}, file: onnx/outside.onnx, reference: outside.npz }}\n"
    );
    fs::write(&manifest, text).expect("writes");
    let cache = folder.path().join("cache").display().to_string();
    let environment = [
        ("HF_ENDPOINT", hub.endpoint.as_str()),
        ("HF_HUB_CACHE", &cache),
    ];
    let mut server = Server::launch(&manifest, &environment);
    server.wait_for("the model is live");
    let version = server.get("/models/m").await.json()["version"].clone();
    assert_eq!(version["reference"]["values"], 6);
    assert_eq!(version["revision"], commit(1));
}

#[test]
fn weights_that_are_missing_or_cut_short_are_named() {
    let (folder, manifest) = outside();
    let manifest = manifest.display().to_string();
    let data = folder.path().join("outside.onnx_data");
    let whole = fs::read(&data).expect("reads");
    fs::write(&data, &whole[..whole.len() - 4]).expect("writes");
    let text = said(&check(&[&manifest]));
    let words = "one of the two files is damaged or of another export";
    assert!(
        text.contains(words) && text.contains("`outside.onnx_data`"),
        "{text}"
    );

    fs::remove_file(&data).expect("removes");
    let output = check(&[&manifest]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(64), "{text}");
    let words = "`outside.onnx` keeps its weights in another file";
    assert!(
        text.contains(words) && text.contains("outside.onnx_data"),
        "{text}"
    );
}

/// An ONNX file may name any file as the one with its weights.
#[test]
fn weights_are_not_read_from_outside_of_the_folder() {
    let (folder, manifest) = outside();
    let model = folder.path().join("outside.onnx");
    let mut bytes = fs::read(&model).expect("reads");
    let (name, other) = (b"outside.onnx_data", b"../../etc/passwd1");
    while let Some(at) = bytes.windows(name.len()).position(|it| it == name) {
        bytes[at..at + name.len()].copy_from_slice(other);
    }
    fs::write(&model, bytes).expect("writes");
    let text = said(&check(&[&manifest.display().to_string()]));
    assert!(text.contains("`../../etc/passwd1`"), "{text}");
    assert!(text.contains("keeps its weights in another file"), "{text}");
}
