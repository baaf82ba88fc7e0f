//! The files of a model's repo that say what the model is: brought, read, found again.
//! Must not know what any of them says.

use super::Error;
use crate::manifest::Source;
use crate::plugin;
use crate::source::{self, Artifact, HubSettings, Listed, OnProgress, Request};
use serde::de::IgnoredAny;

/// What is read of a repo beside the model.
const READ: [&str; 9] = [
    "README.md",
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "preprocessor_config.json",
    "modules.json",
    "1_Pooling/config.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
];

/// The one that may be large.
const LARGEST: u64 = 256 << 20;

/// What a repo holds, as far as it matters here.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// The ONNX file.
    pub(super) model: Vec<u8>,
    small: Vec<Small>,
    /// What is there and cannot be read by anyone.
    broken: Vec<String>,
    /// Every name; `None` where the hub does not list them.
    names: Option<Vec<String>>,
    /// The folder of the ONNX file in the repo, with `/` at its end; empty at the top.
    beside: String,
}

#[derive(Debug)]
struct Small {
    file: String,
    bytes: Vec<u8>,
}

impl Files {
    /// Brings `model` and what there is beside it.
    pub(super) async fn bring(
        source: &Source,
        listed: Option<&[Listed]>,
        model: &str,
        hub: &HubSettings,
        on_progress: &OnProgress<'_>,
    ) -> Result<Files, Error> {
        let beside = model
            .rsplit_once('/')
            .map(|(folder, _)| format!("{folder}/"));
        let beside = beside.unwrap_or_default();
        let mut wanted: Vec<String> = READ.map(str::to_owned).into();
        if !beside.is_empty() {
            wanted.extend(READ.map(|file| format!("{beside}{file}")));
        }
        if let Some(listed) = listed {
            wanted.retain(|file| {
                let fits = |listed: &&Listed| listed.file == *file && listed.bytes <= LARGEST;
                listed.iter().any(|listed| fits(&listed))
            });
        }
        let request = |file, required| Request {
            file,
            required,
            sha256: None,
        };
        let small: Vec<_> = wanted.iter().map(|file| request(file, false)).collect();
        let fetched = source::fetch(source, &small, hub, on_progress).await?;
        let small = fetched.artifacts.iter().map(|artifact| {
            Ok(Small {
                file: artifact.file.clone(),
                bytes: read(artifact)?,
            })
        });
        let small = small.collect::<Result<_, Error>>()?;
        let fetched = source::fetch(source, &[request(model, true)], hub, on_progress).await?;
        Ok(Files {
            model: fetched
                .artifacts
                .first()
                .map_or_else(|| Ok(Vec::new()), read)?,
            small,
            broken: Vec::new(),
            names: listed.map(|listed| listed.iter().map(|it| it.file.clone()).collect()),
            beside,
        })
    }

    /// The file called so at the top of the repo, else beside the model, with its path.
    pub(super) fn find(&self, name: &str) -> Option<(&str, &[u8])> {
        let at = |path: &str| {
            let found = self.small.iter().find(|small| small.file == path);
            found.map(|small| (small.file.as_str(), small.bytes.as_slice()))
        };
        at(name).or_else(|| at(&format!("{}{name}", self.beside)))
    }

    /// Takes away what is called JSON and is none, and says why; `tokenizer.json` is left to who knows tokenizers.
    pub(super) fn set_broken_aside(&mut self) -> Vec<String> {
        let mut notes = Vec::new();
        let broken = &mut self.broken;
        self.small.retain(|Small { file, bytes }| {
            if !file.ends_with(".json") || file.ends_with("tokenizer.json") {
                return true;
            }
            let Err(error) = serde_json::from_slice::<IgnoredAny>(bytes) else {
                return true;
            };
            notes.push(format!(
                "{file} is not JSON and was not used: {error}{}; mend it and run this again",
                cause(bytes)
            ));
            broken.push(file.clone());
            false
        });
        notes
    }

    /// Whether the repo has the file at its top or beside the model, as far as the hub tells.
    pub(super) fn has(&self, name: &str) -> bool {
        let beside = format!("{}{name}", self.beside);
        let mut names = self.names.iter().flatten();
        names.any(|file| file == name || *file == beside)
    }

    /// What a manifest has to grant the bundled plugin `name` because it does not lie where the plugin's own
    /// list looks for it, or cannot be read; `None` where that list will do.
    pub(super) fn assets(&self, name: &str) -> Option<Vec<String>> {
        let wanted = plugin::bundled(name).map_or(&[][..], |bundled| bundled.assets);
        let found = |wanted: &str| self.find(wanted).map(|(found, _)| found);
        let is_as_wanted = |wanted: &str| match found(wanted) {
            Some(found) => found == wanted,
            None => !self.broken.iter().any(|broken| broken == wanted),
        };
        if wanted.iter().all(|wanted| is_as_wanted(wanted.file)) {
            return None;
        }
        let found = wanted.iter().filter_map(|wanted| found(wanted.file));
        Some(found.map(str::to_owned).collect())
    }
}

/// What a JSON reader's words leave out.
fn cause(bytes: &[u8]) -> &'static str {
    let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    if bytes.starts_with(b"\xef\xbb\xbf") {
        "; it begins with a byte order mark, save it without one"
    } else if has(b"NaN") || has(b"Infinity") {
        "; Python writes NaN and Infinity, which JSON does not have"
    } else {
        ""
    }
}

fn read(artifact: &Artifact) -> Result<Vec<u8>, Error> {
    std::fs::read(&artifact.path).map_err(|error| Error::Read {
        file: artifact.file.clone(),
        error,
    })
}
