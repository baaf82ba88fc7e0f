//! A manifest that points at a commit of a model repo, and is otherwise what it was.
//! Must not know where it goes: text in, text out.

use serde_json::Value;
use std::path::Path;

use super::Error;
use crate::manifest::{self, Manifest, Repo, Source};

/// `text` with `model` taken from `commit` of `repo`; every other line stays as it was written.
pub(super) fn rewrite(
    file: &Path,
    text: &str,
    repo: &Repo,
    commit: &str,
) -> Result<(String, Manifest), Error> {
    let original = parse(file, text)?;
    let unfit = |why: &str| {
        let file = file.display();
        Error::Unfit(format!(
            "`{file}`: {why}; write `repo: {repo}` and `revision: {commit}` under `model` yourself, and leave out --model-repo"
        ))
    };
    let lines: Vec<&str> = text.lines().collect();
    let begin = lines
        .iter()
        .position(|line| line.starts_with("model:"))
        .ok_or_else(|| unfit("no line begins with `model:`"))?;
    let is_next = |line: &&str| line.starts_with(|c: char| !c.is_whitespace() && c != '#');
    let mut end = lines[begin + 1..]
        .iter()
        .position(is_next)
        .map_or(lines.len(), |inner| begin + 1 + inner);
    // What is said before the next field is said of that.
    while end > begin + 1 && (lines[end - 1].starts_with('#') || lines[end - 1].trim().is_empty()) {
        end -= 1;
    }
    let fields = manifest::yaml_to_json(text);
    let fields = fields
        .as_ref()
        .and_then(|fields| fields["model"].as_object());
    let fields = fields.ok_or_else(|| unfit("`model` is no mapping"))?;
    let mut block = vec![
        "model:".to_owned(),
        format!("  repo: {}", Value::from(repo.to_string())),
        format!("  revision: {}", Value::from(commit)),
    ];
    for (key, value) in fields {
        // A commit never moves.
        if !matches!(
            key.as_str(),
            "path" | "repo" | "revision" | "refresh_s" | "refresh"
        ) {
            block.push(format!("  {key}: {value}"));
        }
    }
    let before = lines[..begin].iter().map(|line| (*line).to_owned());
    let after = lines[end..].iter().map(|line| (*line).to_owned());
    let text: Vec<String> = before.chain(block).chain(after).collect();
    let text = text.join("\n") + "\n";

    let rewritten = parse(file, &text)?;
    let mut expected = original;
    expected.model.refresh = None;
    expected.model.source = Source::Hub {
        repo: repo.clone(),
        revision: commit.to_owned(),
    };
    match rewritten == expected {
        true => Ok((text, rewritten)),
        false => Err(unfit(
            "its `model` is written in a way that cannot be changed in place",
        )),
    }
}

pub(super) fn parse(file: &Path, text: &str) -> Result<Manifest, Error> {
    Manifest::parse(file, text.as_bytes()).map_err(|error| Error::Unfit(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn rewritten(text: &str) -> Result<String, String> {
        let repo: Repo = "acme/x".parse().expect("a repo");
        rewrite(Path::new("a.yaml"), text, &repo, COMMIT)
            .map(|(text, _)| text)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn only_the_model_is_written_anew() {
        let before = "# Ours.\nname: a\nmodel:\n  path: ../m # here\n  file: model.onnx\n\n# Later.\nlimits: { queue: 3 }\n";
        let after = format!(
            "# Ours.\nname: a\nmodel:\n  repo: \"acme/x\"\n  revision: \"{COMMIT}\"\n  file: \"model.onnx\"\n\n# Later.\nlimits: {{ queue: 3 }}\n"
        );
        assert_eq!(rewritten(before).as_deref(), Ok(after.as_str()));
        let flow = before.replace(
            "model:\n  path: ../m # here\n  file: model.onnx",
            "model: { path: ../m, file: model.onnx }",
        );
        assert_eq!(rewritten(&flow).as_deref(), Ok(after.as_str()));
        let other = before.replace("path: ../m # here", "{ repo: other/y, revision: main }");
        assert!(rewritten(&other).is_err());
        let hub = before.replace("path: ../m # here", "repo: other/y");
        assert_eq!(rewritten(&hub).as_deref(), Ok(after.as_str()));
    }

    #[test]
    fn what_cannot_be_changed_in_place_is_said() {
        let quoted = "name: a\n\"model\": { path: ../m, file: model.onnx }\n";
        let error = rewritten(quoted).expect_err("no plain `model:`");
        assert!(error.contains("no line begins with `model:`"), "{error}");
        let bad = rewritten("name: a\nmodel: { path: ../m, fil: x }\n").expect_err("no such field");
        assert!(bad.contains("fil"), "{bad}");
    }
}
