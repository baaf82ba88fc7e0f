//! What an image is built by, as far as that goes without a container engine: the stage that compiles dependencies alone, the
//! bill of materials, and what the binary holds. Must not know how a Space is published, only which folder that makes.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use crate::server::root;
use modelhost::plugin::BUNDLED;
use serde_json::Value;
use tempfile::TempDir;

/// Runs it in `folder`, and asserts that it succeeds.
fn run(folder: &Path, command: &mut Command) -> Output {
    let output = command.current_dir(folder).output().expect("it starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {stderr}");
    output
}

/// The folder that an image of a Space is built from.
fn space(folder: &Path) {
    let home = TempDir::new().expect("a home");
    let dry = format!("--dry-run={}", folder.display());
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let mut command = Command::new(env!("CARGO_BIN_EXE_modelhost"));
    command
        .args(["publish", "space", "--repo", "acme/y", "--model-repo"])
        .args(["acme/x", "--revision", commit, &dry, "--manifest"])
        .arg(root().join("manifests/retail-demand.yaml"))
        .env("HOME", home.path());
    run(&root(), &mut command);
}

/// What the only `RUN` of a stage of the Dockerfile in `folder` gives to the shell.
fn script(folder: &Path, stage: &str) -> String {
    let dockerfile = std::fs::read_to_string(folder.join("Dockerfile")).expect("a Dockerfile");
    let dockerfile = dockerfile.replace("\\\n", " ");
    let mut lines = dockerfile.lines();
    lines.find(|line| line.ends_with(&format!(" AS {stage}")));
    let run = lines.find_map(|line| line.strip_prefix("RUN "));
    run.expect("a stage with a RUN").to_owned()
}

/// As a constant they would be there once for each part of the code that names them.
#[test]
fn each_bundled_plugin_is_in_the_binary_once() {
    let binary = std::fs::read(env!("CARGO_BIN_EXE_modelhost")).expect("the binary");
    let begins = |at: &usize| binary[*at..].starts_with(b"\0asm");
    let places: Vec<usize> = (0..binary.len()).filter(begins).collect();
    for plugin in BUNDLED {
        let copies = places.iter();
        let copies = copies.filter(|at| binary[**at..].starts_with(plugin.wasm));
        assert_eq!(copies.count(), 1, "{}", plugin.name);
    }
}

#[test]
fn an_image_of_a_space_says_what_it_is_made_of() {
    let made = TempDir::new().expect("a folder");
    let folder = made.path();
    space(folder);
    let bill = std::fs::read(folder.join("host/sbom")).expect("the script");
    let (crates, list) = (script(folder, "crates"), script(folder, "bill"));

    // What is left is a workspace to cargo, down to the benches.
    let mut shell = Command::new("sh");
    run(folder, shell.arg("-c").arg(crates));
    assert!(!folder.join("host/src/http").exists());
    // Of the quick commands only this one reads as much as a build does.
    run(
        folder,
        Command::new(env!("CARGO")).args(["fetch", "--locked"]),
    );

    std::fs::write(folder.join("host/sbom"), bill).expect("a file");
    let list = list.replace("/bill", "out");
    let said = run(folder, Command::new("sh").arg("-c").arg(list));
    assert_eq!(String::from_utf8_lossy(&said.stderr), "");

    let read = |name: &str| std::fs::read_to_string(folder.join("out").join(name)).expect(name);
    let bill: Value = serde_json::from_str(&read("modelhost.cdx.json")).expect("JSON");
    let licenses = read("licenses.txt");
    let components = bill["components"].as_array().expect("components");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let names: BTreeSet<String> = components.iter().map(|part| text(&part["name"])).collect();
    // Of the binary, of a plugin in it, of its page, of the language.
    for name in ["wasmtime", "tokenizers", "swagger-ui", "std"] {
        assert!(names.contains(name), "{name} is in {names:?}");
    }
    // For macros, for tests, a plugin for tests.
    for name in ["syn", "wat", "faulty"] {
        assert!(!names.contains(name), "{name} is not in {names:?}");
    }
    let mut known = BTreeSet::from([text(&bill["metadata"]["component"]["bom-ref"])]);
    for part in components {
        let expression = text(&part["licenses"][0]["expression"]);
        let whose = format!("{} {}", text(&part["name"]), text(&part["version"]));
        assert!(
            licenses.contains(&format!("\n{whose}: {expression}\n")),
            "{whose}: {expression}"
        );
        let has_text = licenses
            .lines()
            .any(|line| line.split(", ").any(|name| name == whose));
        assert!(has_text, "{whose} has no text");
        known.insert(text(&part["bom-ref"]));
    }
    for dependency in bill["dependencies"].as_array().expect("dependencies") {
        let below = dependency["dependsOn"].as_array().expect("a list");
        for part in below.iter().chain([&dependency["ref"]]) {
            assert!(known.contains(&text(part)), "{part}");
        }
    }
}
