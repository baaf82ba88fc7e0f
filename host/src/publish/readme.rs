//! The README.md of a Space: the front matter that the Hub builds it by, and a page for people.
//! Must not know what else the Space holds.

use serde_json::Value;

use crate::manifest::{Manifest, Repo, Source};

/// The Hub takes no longer ones.
const LONGEST_DESCRIPTION: usize = 60;

/// The text for a Space that serves `manifest`, with the looks of `front`, the front matter of the sources' own README.
pub(super) fn readme(manifest: &Manifest, space: &Repo, front: &Value, endpoint: &str) -> String {
    let look = |key: &str, otherwise: &str| front[key].as_str().unwrap_or(otherwise).to_owned();
    let quoted = |text: &str| Value::from(text).to_string();
    let mut lines = vec![
        "---".to_owned(),
        format!("title: {}", quoted(&manifest.title)),
        format!("emoji: {}", look("emoji", "📦")),
        format!("colorFrom: {}", look("colorFrom", "blue")),
        format!("colorTo: {}", look("colorTo", "indigo")),
        "sdk: docker".to_owned(),
        "app_port: 7860".to_owned(),
        format!("license: {}", look("license", "apache-2.0")),
    ];
    let description = manifest.description.as_deref();
    if let Some(short) = description.filter(|text| text.chars().count() <= LONGEST_DESCRIPTION) {
        lines.push(format!("short_description: {}", quoted(short)));
    }
    let model = match &manifest.model.source {
        Source::Hub { repo, revision } => Some((repo, revision)),
        Source::Local(_) => None,
    };
    if let Some((repo, _)) = model {
        lines.push(format!("models:\n- {}", quoted(&repo.to_string())));
    }
    lines.push(format!("---\n# {}\n", manifest.title));
    if let Some(description) = description {
        lines.push(format!("{description}\n"));
    }
    if let Some((repo, revision)) = model {
        lines.push(format!(
            "The model is [{repo}]({endpoint}/{repo}/tree/{revision}), at `{revision}`; `manifests/` says how it is served."
        ));
    }
    lines.push(format!(
        "The page is at the root, the API's description at `/docs` and `/openapi.json`, metrics at `/metrics`.\n\nWritten by `modelhost publish space --repo {space}`; edit the manifest and publish again."
    ));
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Card;
    use std::path::Path;

    #[test]
    fn the_front_matter_is_what_the_hub_builds_a_space_by() {
        let text = "name: a\ntitle: \"A: \\\"b\\\"\"\ndescription: Short.\nmodel: { repo: acme/x, file: model.onnx }\n";
        let manifest = Manifest::parse(Path::new("a.yaml"), text.as_bytes()).expect("a manifest");
        let space: Repo = "acme/y".parse().expect("a repo");
        let front = serde_json::json!({"emoji": "🛒"});
        let text = readme(&manifest, &space, &front, "https://huggingface.co");
        let card = Card::parse(text.as_bytes());
        let expected = serde_json::json!({
            "title": "A: \"b\"", "emoji": "🛒", "colorFrom": "blue", "colorTo": "indigo", "sdk": "docker",
            "app_port": 7860, "license": "apache-2.0", "short_description": "Short.", "models": ["acme/x"],
        });
        assert_eq!(card.front_matter, expected);
        assert!(
            card.markdown
                .contains("https://huggingface.co/acme/x/tree/main")
        );
    }
}
