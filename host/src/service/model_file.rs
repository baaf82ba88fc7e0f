//! A model's file and the files that hold its weights: brought, verified, read into one.
//! Must not know what is made of it, nor plugins.

use super::bytes::{bring, contents, looked_at};
use super::{Error, Loader, Report, on_a_thread};
use crate::manifest::{self, Manifest};
use crate::model;
use crate::source::{self, Artifact};

/// Reads the ONNX file, and the files that hold its weights where they are not inside.
pub(super) async fn model_file(
    manifest: &Manifest,
    fetched: &source::Fetched,
    beside: &manifest::Source,
    loader: &Loader,
    report: &Report,
) -> Result<(model::File, Vec<Artifact>), Error> {
    let name = manifest.model.file.clone();
    let artifact = fetched
        .artifact(&name)
        .expect("a required file is fetched or an error")
        .clone();
    // Read once: what is hashed is what is loaded, whatever happens to the file meanwhile.
    let read = move || {
        let file = artifact.file.clone();
        let of_model = |error| Error::Model { file, error };
        looked_at(&artifact, |bytes| {
            model::File::read(bytes).map_err(of_model)
        })
    };
    let mut file = on_a_thread("read", loader.in_background, read).await?;
    if file.missing().is_empty() {
        return Ok((file, Vec::new()));
    }
    let folder = name.rsplit_once('/').map(|(folder, _)| folder);
    let place = |data: &String| {
        let data = data.trim_start_matches("./");
        folder.map_or_else(|| data.to_owned(), |folder| format!("{folder}/{data}"))
    };
    let data: Vec<String> = file.missing().to_vec();
    let places: Vec<String> = data.iter().map(place).collect();
    let weights = weights(beside, &places, loader, report).await;
    let weights = weights.map_err(|error| Error::Weights {
        file: name.clone(),
        error: Box::new(error),
    })?;
    let fill = move || {
        for (data, artifact) in data.iter().zip(&weights) {
            let of_model = |error| Error::Model {
                file: name.clone(),
                error,
            };
            file.fill(data, &contents(artifact)?).map_err(of_model)?;
        }
        Ok((file, weights))
    };
    on_a_thread("read", loader.in_background, fill).await
}

/// What tells models apart that are loaded: the digests of the ONNX file and of the files with its weights.
pub(super) fn key(fetched: &source::Fetched, manifest: &Manifest, weights: &[Artifact]) -> String {
    let model = fetched.artifact(&manifest.model.file);
    let digests = model.into_iter().chain(weights);
    let digests: Vec<&str> = digests.map(|it| it.sha256.as_str()).collect();
    digests.join(" ")
}

/// The files that hold a model's weights, in the order of `files`.
async fn weights(
    source: &manifest::Source,
    files: &[String],
    loader: &Loader,
    report: &Report,
) -> Result<Vec<Artifact>, source::Error> {
    let request = |file| source::Request {
        file,
        required: true,
        sha256: None,
    };
    let requests: Vec<_> = files.iter().map(|file| request(file)).collect();
    let fetched = bring(source, &requests, loader, report).await?;
    Ok(fetched.artifacts)
}
