//! A service: an immutable snapshot of one loaded manifest. Read this file first: `load` is the whole way from words to something that answers.
//! Must not know queues, HTTP or other models.

use crate::card::Card;
use crate::manifest::{self, Manifest, PluginSource};
use crate::metrics::Metrics;
use crate::model::{self, Model};
use crate::pipeline::{self, Difference, Pipeline, Request};
use crate::plugin::{self, Plugin, Sandbox};
use crate::source::{self, Artifact, Fetched, HubSettings};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What one call of a plugin may hand over, whatever the manifest says.
const OUTPUT_BYTES: usize = 32 << 20;
/// What one call of a plugin may log.
const LOG_BYTES: usize = 16 << 10;
/// What a model repo may hold beside the model, shown on the page.
const CARD: &str = "README.md";
const EVALUATION: &str = "evaluation.json";
const MAX_SHOWN_BYTES: u64 = 256 << 10;

/// Why a manifest could not be turned into a service.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its files could not be had.
    #[error(transparent)]
    Source(#[from] source::Error),
    /// The model does not load.
    #[error("`{file}`: {error}")]
    Model {
        /// The model's file.
        file: String,
        /// Why.
        error: model::Error,
    },
    /// A bundled plugin that there is not.
    #[error("there is no bundled plugin `{name}`; there are: {}; a file of your own is written `./{name}.wasm`", .known.join(", "))]
    UnknownPlugin {
        /// The name in the manifest.
        name: String,
        /// The names there are.
        known: Vec<&'static str>,
    },
    /// A plugin does not load.
    #[error("plugin `{name}` does not load: {error}")]
    Plugin {
        /// The plugin.
        name: String,
        /// Why.
        error: plugin::LoadError,
    },
    /// Plugin and manifest do not make a request schema.
    #[error(transparent)]
    Schema(#[from] pipeline::SchemaError),
    /// An example of the manifest is not answered.
    #[error("example `{name}` fails: {error}")]
    Example {
        /// The example.
        name: String,
        /// Why.
        error: pipeline::Error,
    },
    /// An example is answered, and not as expected.
    #[error("example `{name}` is answered differently {difference}")]
    Unexpected {
        /// The example.
        name: String,
        /// Where.
        difference: Difference,
    },
    /// A verified file is gone or cannot be read.
    #[error("cannot read `{file}`: {error}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        error: std::io::Error,
    },
    /// A verified file was changed before it was opened.
    #[error("`{file}` was changed while it was being loaded; it is tried again")]
    Changed {
        /// The file.
        file: String,
    },
    /// A bundled plugin is not the one that the manifest pins.
    #[error(
        "the bundled plugin `{name}` has sha256 {found}, the manifest asks for {expected}; change `sha256`, or run the modelhost version that bundles it"
    )]
    Pinned {
        /// The plugin.
        name: String,
        /// What the manifest asks for.
        expected: String,
        /// What there is.
        found: String,
    },
    /// A thread that worked on the load died.
    #[error("loading was interrupted: {0}")]
    Interrupted(String),
}

/// What a load is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Bringing a file to disk: bytes there, and the size where it is known.
    Fetching {
        /// The file.
        file: &'a str,
        /// Bytes on disk.
        done: u64,
        /// Its size.
        total: Option<u64>,
    },
    /// Compiling model and plugins, and answering the examples.
    Compiling,
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Fetching {
                file,
                done,
                total: Some(total @ 1..),
            } => write!(f, "fetching {file}, {} %", done * 100 / total),
            Step::Fetching { file, done, .. } => write!(f, "fetching {file}, {done} bytes"),
            Step::Compiling => f.write_str("compiling and answering the examples"),
        }
    }
}

/// Who is told what a load is doing.
pub type Report = Arc<dyn Fn(Step<'_>) + Send + Sync>;

/// As [`Report`], with the model's name first.
pub type Observe = Arc<dyn Fn(&str, Step<'_>) + Send + Sync>;

/// What loading needs of the process.
#[derive(Clone)]
pub struct Loader {
    /// How to reach the Hub.
    pub hub: Arc<HubSettings>,
    /// Where plugins run.
    pub sandbox: Arc<Sandbox>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Who else is told of a load's steps, with the model's name.
    pub observe: Observe,
}

/// One loaded manifest. Never changes; a reload makes a new one.
pub struct Service {
    /// What was asked for.
    pub manifest: Manifest,
    /// The commit of a Hub repo; `None` for a local folder.
    pub revision: Option<String>,
    /// The verified model file.
    pub artifact: Artifact,
    /// What answers.
    pub pipeline: Pipeline,
    /// The README.md beside the model.
    pub card: Option<Card>,
    /// The evaluation.json beside the model.
    pub evaluation: Option<Value>,
    /// From manifest to ready.
    pub took: Duration,
}

impl Service {
    /// Manifest → source → model + plugins → pipeline → examples answered.
    /// `report` is told of each step.
    pub async fn load(
        manifest: Manifest,
        loader: &Loader,
        report: Report,
    ) -> Result<Service, Error> {
        let start = Instant::now();
        let fetched = fetch(&manifest, loader, &report).await?;
        let preprocess = wasm(manifest.preprocess.as_ref(), loader, &report).await?;
        let postprocess = wasm(manifest.postprocess.as_ref(), loader, &report).await?;
        report(Step::Compiling);
        let sandbox = loader.sandbox.clone();
        let build = move || {
            let sandbox = sandbox.as_ref();
            let artifact = fetched
                .artifact(&manifest.model.file)
                .expect("a required file is fetched or an error")
                .clone();
            // The engines are independent: the model is analysed while the plugins compile.
            // Read once: what is hashed is what is loaded, whatever happens to the file meanwhile.
            let bytes = contents(&artifact)?;
            let (model, plugins) = std::thread::scope(|scope| {
                let model = scope.spawn(|| Model::load(&bytes));
                let limits = limits(&manifest.limits.plugin);
                let load = move |wasm: Option<Wasm>| {
                    wasm.map(|wasm| wasm.load(sandbox, limits)).transpose()
                };
                let post = scope.spawn(move || load(postprocess));
                let pre = load(preprocess);
                (join(model), (pre, join(post)))
            });
            let model = model?.map_err(|error| Error::Model {
                file: manifest.model.file.clone(),
                error,
            })?;
            let (preprocess, postprocess) = (plugins.0?, plugins.1??);
            stage_exists(&preprocess, "preprocess", Plugin::preprocesses)?;
            stage_exists(&postprocess, "postprocess", Plugin::postprocesses)?;
            let pipeline = Pipeline::new(
                Arc::new(model),
                preprocess,
                postprocess,
                manifest.input.as_ref(),
            )?;
            prove(&pipeline, &manifest)?;
            Ok(Service {
                card: fetched
                    .artifact(CARD)
                    .and_then(|card| read(&card.path))
                    .map(|bytes| Card::parse(&bytes)),
                evaluation: fetched
                    .artifact(EVALUATION)
                    .and_then(|file| read(&file.path))
                    .and_then(|bytes| serde_json::from_slice(&bytes).ok()),
                revision: fetched.revision,
                artifact,
                pipeline,
                manifest,
                took: start.elapsed(),
            })
        };
        tokio::task::spawn_blocking(build)
            .await
            .map_err(|error| Error::Interrupted(error.to_string()))?
    }
}

async fn fetch(manifest: &Manifest, loader: &Loader, report: &Report) -> Result<Fetched, Error> {
    let model = source::Request {
        file: &manifest.model.file,
        required: true,
        sha256: manifest.model.sha256.as_ref(),
    };
    let progress = |progress: source::Progress<'_>| report(fetching(progress));
    let source = &manifest.model.source;
    let mut fetched = source::fetch(source, &[model], &loader.hub, &progress).await?;
    // From the same commit. The page can do without them, so nothing about them keeps the model back.
    let source = match (source, &fetched.revision) {
        (manifest::Source::Hub { repo, .. }, Some(commit)) => manifest::Source::Hub {
            repo: repo.clone(),
            revision: commit.clone(),
        },
        (source, _) => source.clone(),
    };
    for file in [CARD, EVALUATION] {
        let beside = source::Request {
            file,
            required: false,
            sha256: None,
        };
        match source::fetch(&source, &[beside], &loader.hub, &progress).await {
            Ok(more) => fetched.artifacts.extend(more.artifacts),
            Err(error) => tracing::warn!(
                model = manifest.name,
                file,
                reason = %error,
                "the page will do without this file"
            ),
        }
    }
    count(&fetched, &loader.metrics);
    Ok(fetched)
}

/// A plugin's bytes, verified, with its configuration.
struct Wasm {
    name: String,
    bytes: Vec<u8>,
    config_json: String,
}

impl Wasm {
    fn load(self, sandbox: &Sandbox, limits: plugin::Limits) -> Result<Plugin, Error> {
        sandbox
            .load(
                &self.name,
                &self.bytes,
                &self.config_json,
                Vec::new(),
                limits,
            )
            .map_err(|error| Error::Plugin {
                name: self.name,
                error,
            })
    }
}

async fn wasm(
    plugin: Option<&manifest::Plugin>,
    loader: &Loader,
    report: &Report,
) -> Result<Option<Wasm>, Error> {
    let Some(plugin) = plugin else {
        return Ok(None);
    };
    let (name, bytes) = match &plugin.from {
        PluginSource::Bundled(name) => {
            let bytes = plugin::bundled(name).ok_or_else(|| Error::UnknownPlugin {
                name: name.clone(),
                known: plugin::BUNDLED.iter().map(|(name, _)| *name).collect(),
            })?;
            pinned(name, bytes, plugin.sha256.as_ref())?;
            (name.clone(), bytes.to_vec())
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
    Ok(Some(Wasm {
        name,
        bytes,
        config_json: plugin.config.to_string(),
    }))
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
    let fetched = source::fetch(source, &[request], &loader.hub, &|progress| {
        report(fetching(progress));
    })
    .await?;
    count(&fetched, &loader.metrics);
    let artifact = fetched
        .artifact(file)
        .expect("a required file is fetched or an error")
        .clone();
    tokio::task::spawn_blocking(move || contents(&artifact))
        .await
        .map_err(|error| Error::Interrupted(error.to_string()))?
}

/// The bytes of a verified file, if they still are those that were verified.
fn contents(artifact: &Artifact) -> Result<Vec<u8>, Error> {
    let file = || artifact.file.clone();
    let bytes = std::fs::read(&artifact.path).map_err(|error| Error::Read {
        file: file(),
        error,
    })?;
    if crate::hex(&Sha256::digest(&bytes)) != artifact.sha256 {
        return Err(Error::Changed { file: file() });
    }
    Ok(bytes)
}

fn fetching(progress: source::Progress<'_>) -> Step<'_> {
    Step::Fetching {
        file: progress.file,
        done: progress.done,
        total: progress.total,
    }
}

fn count(fetched: &Fetched, metrics: &Metrics) {
    for artifact in &fetched.artifacts {
        metrics.artifact_verified(artifact.origin.as_str(), artifact.bytes);
    }
}

fn limits(limits: &manifest::PluginLimits) -> plugin::Limits {
    plugin::Limits {
        memory_bytes: usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX),
        deadline: limits.deadline,
        output_bytes: OUTPUT_BYTES,
        log_bytes: LOG_BYTES,
    }
}

fn stage_exists(
    plugin: &Option<Plugin>,
    stage: &'static str,
    has: fn(&Plugin) -> bool,
) -> Result<(), Error> {
    match plugin {
        Some(plugin) if !has(plugin) => Err(Error::Plugin {
            name: plugin.name().to_owned(),
            error: plugin::LoadError::NoStage(stage),
        }),
        _ => Ok(()),
    }
}

/// Answers every example of the manifest: a warm-up, and proof that what goes live works.
fn prove(pipeline: &Pipeline, manifest: &Manifest) -> Result<(), Error> {
    for example in &manifest.examples {
        let request = Request {
            content_type: "application/json".to_owned(),
            body: example.request.to_string().into(),
        };
        let answer = pipeline.predict(&request).map_err(|error| Error::Example {
            name: example.name.clone(),
            error,
        })?;
        let Some(expect) = &example.expect else {
            continue;
        };
        let found: Value = serde_json::from_str(answer.outputs.get()).unwrap_or(Value::Null);
        if let Some(difference) = Difference::between(&expect.value, &found, expect.tolerance) {
            return Err(Error::Unexpected {
                name: example.name.clone(),
                difference,
            });
        }
    }
    Ok(())
}

/// At most as much of a file as the page can use.
fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(MAX_SHOWN_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn join<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> Result<T, Error> {
    thread
        .join()
        .map_err(|_| Error::Interrupted("a loading thread panicked".to_owned()))
}

impl Error {
    /// Whether the manifest, or what it names, has to be changed: trying again would not help.
    pub fn is_the_manifests(&self) -> bool {
        match self {
            Error::Source(error) => error.is_permanent(),
            Error::Read { .. } | Error::Changed { .. } | Error::Interrupted(_) => false,
            _ => true,
        }
    }

    /// How long the other side asked to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Error::Source(error) => error.retry_after(),
            _ => None,
        }
    }
}
