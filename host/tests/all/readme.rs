//! The README's own commands, run as they stand against a running server.
//! Knows Markdown's fences; nothing of what the commands do.

use crate::server::{Server, demo, root};
use serde_json::Value;
use std::process::Command;

/// Each fenced `sh` block of the README that calls curl.
fn curl_blocks() -> Vec<String> {
    let text = std::fs::read_to_string(root().join("README.md")).expect("the README");
    text.split("```sh\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .filter(|block| block.starts_with("curl "))
        .map(str::to_owned)
        .collect()
}

/// The error that the README shows below `block`, if it shows one.
fn block_after(block: &str) -> Option<String> {
    let text = std::fs::read_to_string(root().join("README.md")).expect("the README");
    let rest = &text[text.find(block)? + block.len()..];
    let shown = rest.split("```").nth(2)?.strip_prefix("json\n")?.trim();
    shown.starts_with("{\"error\"").then(|| shown.to_owned())
}

/// Every curl of the README succeeds; the first answers a forecast within 0..10000.
#[test]
fn the_curl_examples_of_the_readme_answer() {
    let server = Server::start(&demo());
    let blocks = curl_blocks();
    assert!(blocks.len() >= 2, "the README shows curl examples");
    for (index, block) in blocks.iter().enumerate() {
        let command = block.replace("http://localhost:7860", &server.url);
        let output = Command::new("bash")
            .args(["-euo", "pipefail", "-c", &command])
            .current_dir(root())
            .output()
            .expect("bash runs");
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{command}\n{stdout}");
        if let Some(said) = block_after(block) {
            assert_eq!(
                stdout.trim(),
                said.replace("\": ", "\":").replace(", \"", ",\"")
            );
        }
        if index == 0 {
            let json: Value = serde_json::from_str(&stdout).expect("JSON");
            let mean = json["outputs"][0]["mean"].as_array().expect("a forecast");
            assert_eq!(mean.len(), 7);
            let text = std::fs::read_to_string(root().join("README.md")).expect("the README");
            assert!(
                text.contains(&format!("\"mean\": [{},", mean[0])),
                "{stdout}"
            );
            for value in mean {
                let value = value.as_f64().expect("a number");
                assert!((0.0..10_000.0).contains(&value), "{stdout}");
            }
        }
    }
}

/// What the README says of flags is what `--help` says.
#[test]
fn the_flags_that_the_readme_names_exist() {
    let text = std::fs::read_to_string(root().join("README.md")).expect("the README");
    let help = Command::new(env!("CARGO_BIN_EXE_modelhost"))
        .args(["serve", "--help"])
        .output()
        .expect("it helps");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    let flags: Vec<&str> = text
        .split('`')
        .filter(|code| code.starts_with("--") && !code.contains(' '))
        .collect();
    assert!(!flags.is_empty());
    for flag in flags {
        assert!(
            help.contains(flag),
            "`{flag}` is not a flag of `modelhost serve`"
        );
    }
}
