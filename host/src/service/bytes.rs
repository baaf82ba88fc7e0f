//! The bytes that a service is made of: brought, verified, read.
//! Must not know what is made of them.

use super::{Error, Loader, Report, join};
use crate::manifest::{self, Manifest, PluginSource};
use crate::plugin::{self, Asset, Plugin, Sandbox, Setup, Wanted};
use crate::source::{self, Artifact, Fetched};
use sha2::{Digest as _, Sha256};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// What a model repo may hold beside the model, shown on the page.
pub(super) const CARD: &str = "README.md";
pub(super) const EVALUATION: &str = "evaluation.json";
const MAX_SHOWN_BYTES: u64 = 256 << 10;

pub(super) async fn fetch(
    manifest: &Manifest,
    loader: &Loader,
    report: &Report,
) -> Result<Fetched, Error> {
    let model = source::Request {
        file: &manifest.model.file,
        required: true,
        sha256: manifest.model.sha256.as_ref(),
    };
    let reference = manifest.model.reference.as_ref().map(|it| source::Request {
        file: &it.file,
        required: true,
        sha256: None,
    });
    let needed: Vec<_> = [model].into_iter().chain(reference).collect();
    let source = &manifest.model.source;
    let mut fetched = bring(source, &needed, loader, report).await?;
    // The page can do without them, so nothing about them keeps the model back.
    let source = same_commit(source, &fetched);
    for file in [CARD, EVALUATION] {
        let beside = source::Request {
            file,
            required: false,
            sha256: None,
        };
        match bring(&source, &[beside], loader, report).await {
            Ok(more) => fetched.artifacts.extend(more.artifacts),
            Err(error) => tracing::warn!(
                model = manifest.name,
                file,
                reason = %error,
                "the page will do without this file"
            ),
        }
    }
    Ok(fetched)
}

/// Brings files to disk, tells how far that is, and counts what came.
pub(super) async fn bring(
    source: &manifest::Source,
    files: &[source::Request<'_>],
    loader: &Loader,
    report: &Report,
) -> Result<Fetched, source::Error> {
    let progress = |progress: source::Progress<'_>| report(progress.into());
    let fetched = source::fetch(source, files, &loader.hub, &progress).await?;
    for artifact in &fetched.artifacts {
        let origin = artifact.origin.as_str();
        loader.metrics.artifact_verified(origin, artifact.bytes);
    }
    Ok(fetched)
}

/// Where other files of the same commit are.
pub(super) fn same_commit(source: &manifest::Source, fetched: &Fetched) -> manifest::Source {
    match (source, &fetched.revision) {
        (manifest::Source::Hub { repo, .. }, Some(commit)) => manifest::Source::Hub {
            repo: repo.clone(),
            revision: commit.clone(),
        },
        (source, _) => source.clone(),
    }
}

/// A plugin's bytes and files, verified, with its configuration.
pub(super) struct Wasm {
    name: String,
    bytes: Vec<u8>,
    config_json: String,
    assets: Vec<Asset>,
    wasi: plugin::Wasi,
}

impl Wasm {
    /// Adds all that its answers may depend on.
    pub(super) fn digest(&self, digest: &mut Sha256) {
        digest.update(&self.bytes);
        for asset in &self.assets {
            digest.update(&asset.data);
        }
    }

    pub(super) fn load(
        self,
        sandbox: &Sandbox,
        limits: plugin::Limits,
        model: plugin::Signature,
    ) -> Result<Plugin, Error> {
        let name = self.name.clone();
        let setup = Setup {
            name: self.name,
            wasm: self.bytes,
            config_json: self.config_json,
            assets: self.assets,
            model,
            limits,
            wasi: self.wasi,
        };
        sandbox
            .load(setup)
            .map_err(|error| Error::Plugin { name, error })
    }
}

/// The files of local folders that a service of this manifest is made of, whether or not they are there.
pub fn local_files(manifest: &Manifest) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let folder = match &manifest.model.source {
        manifest::Source::Local(folder) => Some(folder),
        manifest::Source::Hub { .. } => None,
    };
    let beside = |file: &str| folder.map(|folder| folder.join(file));
    let model = &manifest.model.file;
    // Where exporters put weights that do not go into the ONNX file; only the file itself knows for sure.
    let weights = ["_data", ".data"].map(|end| beside(&format!("{model}{end}")));
    files.extend([model, CARD, EVALUATION].map(beside));
    files.extend(weights);
    let reference = manifest.model.reference.as_ref();
    files.extend(reference.map(|reference| beside(&reference.file)));
    for step in [&manifest.preprocess, &manifest.postprocess]
        .into_iter()
        .flatten()
    {
        let mut wanted: Vec<&str> = Vec::new();
        match &step.from {
            PluginSource::File(path) => files.push(Some(path.clone())),
            PluginSource::Bundled(name) => {
                let assets = plugin::bundled(name).map_or(&[][..], |bundled| bundled.assets);
                wanted.extend(assets.iter().map(|asset| asset.file));
            }
            PluginSource::Hub { .. } => {}
        }
        if let Some(written) = &step.assets {
            wanted = written.iter().map(String::as_str).collect();
        }
        files.extend(wanted.into_iter().map(beside));
    }
    files.into_iter().flatten().collect()
}

pub(super) async fn wasm(
    plugin: Option<&manifest::Plugin>,
    model: &manifest::Source,
    loader: &Loader,
    report: &Report,
) -> Result<Option<Wasm>, Error> {
    let Some(plugin) = plugin else {
        return Ok(None);
    };
    let mut wanted: &[Wanted] = &[];
    let (name, bytes) = match &plugin.from {
        PluginSource::Bundled(name) => {
            let bundled = plugin::bundled(name).ok_or_else(|| Error::UnknownPlugin {
                name: name.clone(),
                known: plugin::BUNDLED.iter().map(|bundled| bundled.name).collect(),
            })?;
            pinned(name, bundled.wasm, plugin.sha256.as_ref())?;
            wanted = bundled.assets;
            (name.clone(), bundled.wasm.to_vec())
        }
        PluginSource::File(path) => {
            let folder = path.parent().unwrap_or(Path::new("."));
            let file = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            let source = manifest::Source::Local(folder.to_owned());
            let bytes = bytes_of(&source, &file, plugin, loader, report).await?;
            (file, bytes)
        }
        PluginSource::Hub {
            repo,
            revision,
            file,
        } => {
            let source = manifest::Source::Hub {
                repo: repo.clone(),
                revision: revision.clone(),
            };
            let bytes = bytes_of(&source, file, plugin, loader, report).await?;
            (file.clone(), bytes)
        }
    };
    let files: Vec<_> = match &plugin.assets {
        Some(written) => written.iter().map(|file| (file.as_str(), true)).collect(),
        None => wanted
            .iter()
            .map(|wanted| (wanted.file, wanted.required))
            .collect(),
    };
    Ok(Some(Wasm {
        name,
        bytes,
        config_json: plugin.config.to_string(),
        assets: assets(model, &files, loader, report).await?,
        wasi: match plugin.wasi {
            manifest::Wasi::Refused => plugin::Wasi::Refused,
            manifest::Wasi::Inert => plugin::Wasi::Inert,
        },
    }))
}

/// The files that a plugin is granted, with whether each must be there.
async fn assets(
    model: &manifest::Source,
    files: &[(&str, bool)],
    loader: &Loader,
    report: &Report,
) -> Result<Vec<Asset>, Error> {
    let requests: Vec<_> = files
        .iter()
        .map(|&(file, required)| source::Request {
            file,
            required,
            sha256: None,
        })
        .collect();
    if requests.is_empty() {
        return Ok(Vec::new());
    }
    let fetched = bring(model, &requests, loader, report).await?;
    let read = move || {
        let asset = |artifact: &Artifact| {
            Ok(Asset {
                name: artifact.file.clone(),
                data: contents(artifact)?,
            })
        };
        fetched.artifacts.iter().map(asset).collect()
    };
    tokio::task::spawn_blocking(read)
        .await
        .map_err(|error| Error::Interrupted(error.to_string()))?
}

fn pinned(name: &str, bytes: &[u8], expected: Option<&manifest::Digest>) -> Result<(), Error> {
    let found = crate::hex(&Sha256::digest(bytes));
    match expected {
        Some(expected) if expected.as_str() != found => Err(Error::Pinned {
            name: name.to_owned(),
            expected: expected.to_string(),
            found,
        }),
        _ => Ok(()),
    }
}

async fn bytes_of(
    source: &manifest::Source,
    file: &str,
    plugin: &manifest::Plugin,
    loader: &Loader,
    report: &Report,
) -> Result<Vec<u8>, Error> {
    let request = source::Request {
        file,
        required: true,
        sha256: plugin.sha256.as_ref(),
    };
    let fetched = bring(source, &[request], loader, report).await?;
    let artifact = fetched
        .artifact(file)
        .expect("a required file is fetched or an error")
        .clone();
    tokio::task::spawn_blocking(move || contents(&artifact))
        .await
        .map_err(|error| Error::Interrupted(error.to_string()))?
}

/// The bytes of a verified file, if they still are those that were verified.
pub(super) fn contents(artifact: &Artifact) -> Result<Vec<u8>, Error> {
    let bytes = whole(artifact)?;
    is_still(artifact, &bytes)?;
    Ok(bytes)
}

/// What `look` makes of an artifact's bytes while their digest is computed; nothing is made of others.
pub(super) fn looked_at<T: Send>(
    artifact: &Artifact,
    look: impl FnOnce(&[u8]) -> Result<T, Error>,
) -> Result<T, Error> {
    let bytes = whole(artifact)?;
    std::thread::scope(|scope| {
        let same = scope.spawn(|| is_still(artifact, &bytes));
        let seen = look(&bytes);
        join(same).flatten()?;
        seen
    })
}

fn whole(artifact: &Artifact) -> Result<Vec<u8>, Error> {
    std::fs::read(&artifact.path).map_err(|error| Error::Read {
        file: artifact.file.clone(),
        error,
    })
}

fn is_still(artifact: &Artifact, bytes: &[u8]) -> Result<(), Error> {
    if crate::hex(&Sha256::digest(bytes)) == artifact.sha256 {
        return Ok(());
    }
    Err(Error::Changed {
        file: artifact.file.clone(),
    })
}

/// At most as much of a file as the page can use.
pub(super) fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(MAX_SHOWN_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
