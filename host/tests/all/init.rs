//! Claims about `modelhost init`: what it makes of repos as they are published, from a folder and from a hub, and what
//! it says where there is nothing to make. Each folder of `data/init` is laid out like a real repo, with a tiny model.
//! Must not know how a guess is made.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use modelhost::manifest::{Manifest, PluginSource, Source};
use serde_json::json;
use tempfile::TempDir;

use crate::fake_hub::{FakeHub, Fault, On, commit};
use crate::tensors::bytes;

/// Nothing listens there.
const NO_HUB: &str = "http://127.0.0.1:9";

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/init")
}

/// The folders of `data/init`, by name.
fn repos() -> Vec<String> {
    let entries = fs::read_dir(data()).unwrap().map(|entry| entry.unwrap());
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A command line, run in a folder, with a hub.
struct Init<'a> {
    folder: &'a Path,
    hub: &'a str,
    cache: TempDir,
}

impl<'a> Init<'a> {
    fn new(folder: &'a Path, hub: &'a str) -> Self {
        Self {
            folder,
            hub,
            cache: TempDir::new().unwrap(),
        }
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "the child gets nothing but what is named here"
    )]
    fn with(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_modelhost"))
            .arg("init")
            .args(arguments)
            .current_dir(self.folder)
            .env_clear()
            .envs(["PATH", "HOME"].iter().filter_map(|name| {
                let value = std::env::var_os(name)?;
                Some((name, value))
            }))
            .env("RUST_LOG", "off")
            .env("HF_ENDPOINT", self.hub)
            .env("HF_HUB_CACHE", self.cache.path())
            .env("HF_HUB_DOWNLOAD_TIMEOUT", "5")
            .envs(environment.iter().copied())
            .output()
            .unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.with(&[], arguments)
    }

    /// What is said on stderr, where the exit code is that of a wrong command line.
    fn refusal(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(64), "{}", said(&output));
        assert!(output.stdout.is_empty());
        said(&output)
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn parsed(text: &str) -> Manifest {
    Manifest::parse(Path::new("x.yaml"), text.as_bytes()).unwrap_or_else(|error| {
        panic!("{error}\n{text}");
    })
}

fn plugin(step: Option<&modelhost::manifest::Plugin>) -> &str {
    match &step.unwrap().from {
        PluginSource::Bundled(name) => name,
        other => panic!("{other:?}"),
    }
}

/// The manifest and every word on stderr stand beside each repo; `BLESS=1` writes those files.
#[test]
fn every_repo_is_drafted_in_the_words_beside_it() {
    let bless = std::env::vars().any(|(name, value)| name == "BLESS" && value == "1");
    let folder = data();
    let init = Init::new(&folder, NO_HUB);
    assert!(repos().len() >= 12);
    let mut wrong = Vec::new();
    for repo in repos() {
        let output = init.run(&[&repo, "--no-check"]);
        assert_eq!(output.status.code(), Some(0), "{repo}: {}", said(&output));
        for (kind, found) in [("yaml", printed(&output)), ("txt", said(&output))] {
            let beside = folder.join(format!("{repo}.{kind}"));
            if bless {
                fs::write(&beside, &found).unwrap();
            }
            let expected = fs::read_to_string(&beside).unwrap_or_default();
            if found != expected {
                wrong.push(format!(
                    "{repo}\n--- expected\n{expected}--- found\n{found}"
                ));
            }
        }
        parsed(&printed(&output));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is drafted is loaded, its examples are answered, and `modelhost check` says so too.
#[test]
fn every_draft_passes_check() {
    let folder = TempDir::new().unwrap();
    let init = Init::new(folder.path(), NO_HUB);
    for repo in repos() {
        let out = format!("{repo}.yaml");
        let model = data().join(&repo).display().to_string();
        let output = init.run(&[&model, "--out", &out]);
        assert_eq!(output.status.code(), Some(0), "{repo}: {}", said(&output));
        assert!(
            said(&output).contains("check: ok, "),
            "{repo}: {}",
            said(&output)
        );
        assert!(said(&output).ends_with(&format!("wrote {out}; next: modelhost serve {out}\n")));
    }
    let check = Command::new(env!("CARGO_BIN_EXE_modelhost"))
        .arg("check")
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(check.status.code(), Some(0), "{}", said(&check));
}

/// The manifest for embeddings that the README promises: ten lines.
#[test]
fn a_sentence_transformer_takes_ten_lines() {
    let folder = data();
    let output = Init::new(&folder, NO_HUB).run(&["all-MiniLM-L6-v2", "--no-check"]);
    let text = printed(&output);
    assert!(text.lines().count() <= 10, "{text}");
    let manifest = parsed(&text);
    assert_eq!(manifest.name, "all-minilm-l6-v2");
    assert_eq!(manifest.task.unwrap().as_str(), "sentence-similarity");
    assert_eq!(plugin(manifest.preprocess.as_ref()), "tokenize-text");
    assert_eq!(plugin(manifest.postprocess.as_ref()), "pool-embedding");
}

/// Where the manifest will lie decides what its `path` says.
#[test]
fn a_folder_is_named_from_the_manifest() {
    let folder = TempDir::new().unwrap();
    let model = folder.path().join("models/m");
    fs::create_dir_all(&model).unwrap();
    fs::copy(data().join("unknown/model.onnx"), model.join("model.onnx")).unwrap();
    let init = Init::new(folder.path(), NO_HUB);
    for (argument, out) in [
        ("models/m", "a/x.yaml"),
        ("models/m/model.onnx", "b/y.yaml"),
    ] {
        let output = init.run(&[argument, "--out", out]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let text = fs::read_to_string(folder.path().join(out)).unwrap();
        assert!(text.contains("path: ../models/m\n"), "{text}");
        assert!(text.starts_with("name: m\n"), "{text}");
    }
    let text = printed(&init.run(&["models/m", "--no-check", "--name", "other"]));
    assert!(
        text.contains("path: models/m\n") && text.starts_with("name: other\n"),
        "{text}"
    );
}

/// A file that is there is not lost by accident.
#[test]
fn nothing_is_overwritten_without_force() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("m.yaml");
    fs::write(&out, "mine").unwrap();
    let init = Init::new(folder.path(), NO_HUB);
    let model = data().join("unknown").display().to_string();
    let text = init.refusal(&[&model, "--out", "m.yaml"]);
    assert!(
        text.contains("`m.yaml` is there already; --force overwrites it"),
        "{text}"
    );
    assert_eq!(fs::read_to_string(&out).unwrap(), "mine");
    let output = init.run(&[&model, "--out", "m.yaml", "--force"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(
        fs::read_to_string(&out)
            .unwrap()
            .starts_with("name: unknown\n")
    );
}

/// A file of the format with one tensor, whose numbers lie in `weights.bin`.
fn without_weights() -> Vec<u8> {
    let location = [bytes(1, b"location"), bytes(2, b"weights.bin")].concat();
    let tensor = [
        b"\x08\x01\x10\x01".to_vec(),
        bytes(8, b"w"),
        bytes(13, &location),
        b"\x70\x01".to_vec(),
    ];
    let graph = bytes(5, &tensor.concat());
    [b"\x08\x08".to_vec(), bytes(7, &graph)].concat()
}

/// Each wrong command line, and the words that say what to do.
#[test]
fn what_cannot_be_drafted_is_said_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let write = |file: &str, bytes: &[u8]| {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    write("none/config.json", b"{}");
    write("weights/config.json", b"{}");
    write("weights/model.safetensors", b"x");
    write("two/a.onnx", b"x");
    write("two/b.onnx", b"x");
    write("halves/onnx/encoder_model.onnx", b"x");
    write("halves/onnx/decoder_model_merged.onnx", b"x");
    write("broken/model.onnx", b"<html>not found</html>");
    write("broken/model_int8.onnx", b"x");
    fs::create_dir(folder.path().join("empty")).unwrap();
    write("model.pt", b"x");
    let good = data().join("unknown").display().to_string();
    let text = data().join("distilbert-sst-2").display().to_string();
    let init = Init::new(folder.path(), NO_HUB);
    let cases: &[(&[&str], &[&str])] = &[
        (
            &["nowhere"],
            &[
                "there is no such file or folder",
                "found no `/`",
                "`owner/name`",
            ],
        ),
        (&["./nowhere/x"], &["there is no such file or folder"]),
        (&["models/x.onnx"], &["there is no such file or folder"]),
        (
            &["https://huggingface.co/a/b"],
            &["is an address; write `owner/name` alone"],
        ),
        (&["model.pt"], &["`model.pt` is no `.onnx` file"]),
        (
            &["weights"],
            &[
                "folder `weights` has no ONNX file",
                "optimum-cli export onnx --model weights",
            ],
        ),
        (
            &["none"],
            &["nor weights to make one of", "it has only config.json;"],
        ),
        (&["empty"], &["nor weights to make one of", "it is empty;"]),
        (
            &["halves"],
            &[
                "an encoder and a decoder, and such pairs are not served",
                "decoder_model_merged.onnx, onnx/encoder_model.onnx",
            ],
        ),
        (
            &["two"],
            &["has several ONNX files; name one with --file: a.onnx, b.onnx"],
        ),
        (
            &["two", "--file", "x.onnx"],
            &["has no file `x.onnx`; it has: a.onnx, b.onnx"],
        ),
        (
            &["broken"],
            &[
                "`model.onnx`: cannot load the model",
                "--file names another: model_int8.onnx",
            ],
        ),
        (
            &["none", "--revision", "v1"],
            &["has no revisions; leave out `--revision`"],
        ),
        (
            &[&good, "--task", "text-clasification"],
            &["did you mean `text-classification`?"],
        ),
        (
            &[&text, "--task", "image-classification"],
            &[
                "--task image-classification does not fit: the model's inputs are `input_ids`",
                "leave it out",
            ],
        ),
        (&[&good, "--name", "My Model"], &["take `my-model`"]),
        (&[&good, "--force"], &["--out"]),
    ];
    for (arguments, words) in cases {
        let text = init.refusal(arguments);
        for word in *words {
            assert!(
                text.contains(word),
                "{arguments:?}: `{text}` should contain `{word}`"
            );
        }
    }
}

#[test]
fn a_model_whose_weights_are_not_there_is_not_drafted() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("model.onnx"), without_weights()).unwrap();
    let output = Init::new(folder.path(), NO_HUB).run(&["."]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let words = "nothing was written: `model.onnx` keeps its weights in another file";
    assert!(
        text.contains(words) && text.contains("weights.bin"),
        "{text}"
    );
}

/// A model that was saved with its weights inside may lie beside the weights of another one.
#[test]
fn a_file_of_weights_that_the_model_does_not_need_is_no_matter() {
    let folder = TempDir::new().unwrap();
    let at = |file: &str| folder.path().join(file);
    fs::copy(data().join("unknown/model.onnx"), at("model.onnx")).unwrap();
    fs::write(at("model.onnx.data"), b"x").unwrap();
    let output = Init::new(folder.path(), NO_HUB).run(&["."]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

/// What the graph has applied to its logits is not applied again.
#[test]
fn scores_get_no_second_softmax() {
    let folder = data();
    let init = Init::new(&folder, NO_HUB);
    let cases = [
        ("emotion-scores", json!({"function": "none"})),
        ("log-scores", json!({"function": "softmax"})),
        ("ms-marco-MiniLM-L6-v2", json!({"function": "none"})),
        ("distilbert-sst-2", json!({})),
    ];
    for (repo, config) in cases {
        let output = init.run(&[repo, "--no-check"]);
        let manifest = parsed(&printed(&output));
        assert_eq!(manifest.postprocess.unwrap().config, config, "{repo}");
    }
}

/// However a tokenizer is broken, nothing is written, and what to do is said.
#[test]
fn a_tokenizer_that_cannot_be_used_is_refused() {
    let folder = TempDir::new().unwrap();
    let at = |file: &str| folder.path().join(file);
    for file in ["model.onnx", "config.json", "tokenizer.json"] {
        fs::copy(data().join("emotion-scores").join(file), at(file)).unwrap();
    }
    let whole = fs::read_to_string(at("tokenizer.json")).unwrap();
    let cases = [
        (whole[..whole.len() / 2].to_owned(), "EOF while parsing"),
        (
            whole.replace(
                "\"type\": \"WordPiece\",\n  \"unk",
                "\"type\": \"Wonder\",\n  \"unk",
            ),
            "its model is `Wonder`",
        ),
        ("{}".to_owned(), "missing field `model`"),
    ];
    let init = Init::new(folder.path(), NO_HUB);
    for (broken, why) in cases {
        fs::write(at("tokenizer.json"), broken).unwrap();
        let text = init.refusal(&["."]);
        assert!(text.contains("`tokenizer.json` cannot be used: "), "{text}");
        assert!(text.contains(why), "{text}");
        assert!(text.contains("from_pretrained('MODEL')"), "{text}");
    }
}

/// What cannot be served by plugins because a file is missing: the remedy names what was typed, where that can help.
#[test]
fn a_missing_tokenizer_is_made_of_what_was_typed() {
    let folder = TempDir::new().unwrap();
    let at = |file: &str| folder.path().join("models/m").join(file);
    fs::create_dir_all(at("")).unwrap();
    for file in ["model.onnx", "config.json"] {
        fs::copy(data().join("emotion-scores").join(file), at(file)).unwrap();
    }
    let init = Init::new(folder.path(), NO_HUB);
    let output = init.run(&["models/m", "--no-check"]);
    assert!(said(&output).contains("from_pretrained('MODEL')"));
    fs::write(at("vocab.txt"), "x").unwrap();
    let output = init.run(&["models/m", "--no-check"]);
    assert!(said(&output).contains("from_pretrained('models/m')"));
}

/// A task that is asked for wins over every guess, and one that nothing serves gets the model's own tensors.
#[test]
fn the_task_that_is_asked_for_wins() {
    let folder = data();
    let init = Init::new(&folder, NO_HUB);
    let output = init.run(&[
        "all-MiniLM-L6-v2",
        "--no-check",
        "--task",
        "feature-extraction",
    ]);
    assert_eq!(
        parsed(&printed(&output)).task.unwrap().as_str(),
        "feature-extraction"
    );
    let output = init.run(&["all-MiniLM-L6-v2", "--task", "fill-mask"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let manifest = parsed(&printed(&output));
    assert!(manifest.preprocess.is_none() && manifest.task.is_none());
    assert_eq!(
        manifest.examples[0].request["inputs"]["input_ids"],
        json!([[1]])
    );
    assert!(
        said(&output).contains("no bundled plugin serves fill-mask"),
        "{}",
        said(&output)
    );
}

/// An example of the card that the model does not answer is left out, and said.
#[test]
fn examples_that_are_not_answered_are_left_out() {
    let folder = TempDir::new().unwrap();
    let model = data().join("unknown/model.onnx");
    fs::copy(model, folder.path().join("model.onnx")).unwrap();
    let output = Init::new(folder.path(), NO_HUB).run(&["."]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    // An axis of one number is refused by this model, and one of two is answered.
    let request = &parsed(&printed(&output)).examples[0].request;
    assert_eq!(request["inputs"]["x"], json!([0.5, 0.5]));
}

/// Every file of a repo of `data/init` on a hub.
async fn hub_with(repo: &str) -> FakeHub {
    let mut hub = FakeHub::start().await;
    let root = data().join(repo);
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            let bytes = fs::read(&path).unwrap();
            hub = match name.ends_with(".onnx") {
                true => hub.lfs(&name, &bytes),
                false => hub.git(&name, &bytes),
            };
        }
    }
    hub
}

/// From a hub the commit is pinned, so that what was read is what is served.
#[tokio::test(flavor = "multi_thread")]
async fn a_repo_of_the_hub_is_pinned_to_its_commit() {
    let hub = hub_with("all-MiniLM-L6-v2").await;
    let folder = TempDir::new().unwrap();
    let init = Init::new(folder.path(), &hub.endpoint);
    let output = init.run(&["acme/x", "--no-check"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = printed(&output);
    let manifest = parsed(&text);
    assert_eq!(manifest.name, "x");
    assert_eq!(manifest.model.file, "onnx/model.onnx");
    match &manifest.model.source {
        Source::Hub { repo, revision } => {
            assert_eq!(repo.to_string(), "acme/x");
            assert_eq!(*revision, commit(1));
        }
        other => panic!("{other:?}"),
    }
    assert!(text.contains("# main"), "{text}");
    let seen = hub.take_seen();
    let fetched = |file: &str| seen.iter().any(|seen| seen.line.ends_with(file));
    assert!(fetched("/tokenizer.json"));
    assert!(!fetched("/model_O1.onnx"), "only what is read is fetched");

    let offline = [("HF_HUB_OFFLINE", "1")];
    let again = init.with(
        &offline,
        &["acme/x", "--no-check", "--revision", &commit(1)],
    );
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    assert_eq!(
        printed(&again).replace("name: x\n", ""),
        text.replace("name: x\n", "").replace(" # main", "")
    );
}

/// A hub that lists nothing, as a plain mirror, is asked for the usual names.
#[tokio::test(flavor = "multi_thread")]
async fn a_hub_without_listings_is_asked_for_the_usual_names() {
    for status in [404, 501] {
        let hub = hub_with("bert-base-NER").await;
        hub.fail(On::Tree, Fault::status(status), 100);
        let folder = TempDir::new().unwrap();
        let output = Init::new(folder.path(), &hub.endpoint).run(&["acme/x", "--no-check"]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let manifest = parsed(&printed(&output));
        assert_eq!(manifest.model.file, "onnx/model.onnx");
        assert_eq!(plugin(manifest.postprocess.as_ref()), "label-tokens");
        assert!(
            said(&output).contains("this hub lists no files"),
            "{}",
            said(&output)
        );
    }
}

/// What goes wrong with a hub is said in a sentence, without a manifest being spoken of.
#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_has_no_model_is_said_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let hub = FakeHub::start().await.git("pytorch_model.bin", b"x");
    let init = Init::new(folder.path(), &hub.endpoint);
    let text = init.refusal(&["acme/x"]);
    assert!(text.contains("model `acme/x` has no ONNX file"), "{text}");
    assert!(
        text.contains("optimum-cli export onnx --model acme/x"),
        "{text}"
    );
    let text = init.refusal(&["acme/other"]);
    assert!(
        text.contains("has no model `acme/other`; check its name"),
        "{text}"
    );
    let text = init.refusal(&["acme/x", "--revision", "v9"]);
    assert!(
        text.contains("has no revision `v9`; check --revision"),
        "{text}"
    );
    hub.fail(On::Tree, Fault::status(401), 1);
    let text = init.refusal(&["acme/x"]);
    assert!(text.contains("refuses model `acme/x` (401"), "{text}");

    let nobody = Init::new(folder.path(), NO_HUB);
    let output = nobody.run(&["acme/x"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(
        said(&output).contains("cannot reach the hub"),
        "{}",
        said(&output)
    );
    assert!(
        said(&output).contains("nor is there a file or folder `acme/x` on this machine"),
        "{}",
        said(&output)
    );
}

/// A conversion that lost the files about pooling goes by those of the model that its card names.
#[tokio::test(flavor = "multi_thread")]
async fn pooling_is_looked_up_at_the_model_that_the_card_names() {
    let hub = hub_with("bge-small-en-v1.5").await;
    let folder = data();
    let output = Init::new(&folder, &hub.endpoint).run(&["bge-without-pooling", "--no-check"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let config = parsed(&printed(&output)).postprocess.unwrap().config;
    assert_eq!(config, json!({"pooling": "cls", "normalize": true}));
    assert!(said(&output).contains("as acme/x, which the card names as the base"));
}
