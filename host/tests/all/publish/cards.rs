//! What keeps a folder from being published: all of it is said at once, and nothing is asked of a hub.

use super::{CARD, User, small};
use std::fs;

/// No hub is asked, so there is none.
fn refused(folder: &str) -> String {
    let user = User::at("http://127.0.0.1:9").with("HF_TOKEN", "hf_x");
    let ran = user.publish(&["model", folder, "--repo", "acme/x"]);
    ran.refusal(64).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_problem_of_a_folder_is_said_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("README.md"), "# Empty\n").expect("a file");
    let said = refused(&folder.path().display().to_string());
    let expected = [
        "is not ready to be published, 10 problems:",
        "evaluation.json: cannot be read (no such file or directory",
        "README.md: has no front matter that can be read; begin it with YAML",
        "README.md: there is no description; say below the title",
        "README.md: there is no section on usage; add `## Usage`",
        "README.md: there is no section on training data;",
        "README.md: there is no section on the training procedure;",
        "README.md: there is no section on evaluation;",
        "README.md: there is no section on limits;",
        "README.md: there is no section on citation;",
        "*.onnx: there is none; put the exported model into the folder",
    ];
    assert_eq!(said.lines().count(), expected.len(), "{said}");
    for (line, expected) in said.lines().zip(expected) {
        assert!(line.contains(expected), "{line}\n{expected}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_part_of_a_card_is_checked() {
    let cases = [
        ("license: apache-2.0\n", "", "`license` is missing; name it"),
        (
            "apache-2.0",
            "Apache 2",
            "`license: Apache 2` is no identifier of the hub",
        ),
        ("apache-2.0", "other", "`license: other` says too little"),
        (
            "time-series-forecasting\ntags",
            "time-series-forcasting\ntags",
            "did you mean `time-series-forecasting`?",
        ),
        ("library_name: onnx\n", "", "`library_name` is missing"),
        (
            "tags: [onnx]",
            "tags: []",
            "`tags` has to be a list of words",
        ),
        (
            "value: 2.5",
            "value: 2.4",
            "says mae 2.4, evaluation.json has 2.5 at `metrics.",
        ),
        (
            "type: r2",
            "type: wape",
            "evaluation.json has no `wape` at `metrics.",
        ),
        (
            "- name: small",
            "- name: ''",
            "`model-index[0].name` is missing",
        ),
        (
            "name: Made up, ",
            "",
            "`model-index[0].results[0].dataset.name` is missing",
        ),
        (
            "model-index:",
            "model-indices:",
            "`model-index` is missing; list the results",
        ),
        (
            "```python\nimport onnxruntime\nonnxruntime.InferenceSession(\"model.onnx\")\n```\n",
            "Load it.\n",
            "shows no code",
        ),
        (
            "Session(\"model.onnx\")",
            "Session(\"old.onnx\")",
            "names `old.onnx`, which is not in the folder",
        ),
        (
            "All of them.\n",
            "[More Information Needed]\n",
            "there is no section on limits",
        ),
        ("A model that is small.\n", "", "there is no description"),
    ];
    for (from, to, expected) in cases {
        let (folder, name) = small();
        assert!(CARD.contains(from), "{from}");
        fs::write(folder.path().join("README.md"), CARD.replacen(from, to, 1)).expect("a file");
        let said = refused(&name);
        assert!(
            said.contains("1 problem:") && said.contains(expected),
            "{said}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_none_is_refused() {
    let (folder, name) = small();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    fs::write(folder.path().join("model.onnx"), pointer).expect("a file");
    assert!(refused(&name).contains("model.onnx: is a Git LFS pointer and not the model"));
    fs::write(folder.path().join("model.onnx"), "").expect("a file");
    assert!(refused(&name).contains("model.onnx: is empty; export the model again"));
    let nowhere = format!("{name}/nowhere");
    assert!(refused(&nowhere).starts_with("cannot read `"));
}
