//! A service: an immutable snapshot of one loaded manifest. Read this file first: `load` is the whole way from words to something that answers.
//! Must not know queues, HTTP or other models.

mod bytes;
mod charts;
mod error;
mod fingerprint;
mod gate;
mod laps;
mod model_file;
mod npz;
mod reference;
mod shelf;

pub use bytes::local_files;
pub use error::Error;
pub use fingerprint::{Fingerprint, Fingerprints};
pub use gate::Proof;
pub use laps::Laps;
pub use reference::{Agreement, Disagreement};
pub use shelf::Shelf;

use crate::allocator;
use crate::card::Card;
use crate::chart::{self, Format};
use crate::manifest::{self, Manifest};
use crate::metrics::Metrics;
use crate::model::{self, Dim, Model, Port};
use crate::pipeline::{Batching, Beside, Pipeline};
use crate::plugin::{self, Plugin, Sandbox};
use crate::priority;
use crate::source::{self, Artifact, HubSettings, Progress};
use bytes::{CARD, EVALUATION, Wasm, contents, fetch, read, same_commit, wasm};
use model_file::model_file;
use reference::Reference;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, oneshot};

/// What one call of a plugin may hand over, whatever the manifest says.
const OUTPUT_BYTES: usize = 32 << 20;
/// What one call of a plugin may log.
const LOG_BYTES: usize = 16 << 10;

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

impl<'a> From<Progress<'a>> for Step<'a> {
    fn from(progress: Progress<'a>) -> Step<'a> {
        Step::Fetching {
            file: progress.file,
            done: progress.done,
            total: progress.total,
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
    /// The models that are loaded already.
    pub shelf: Arc<Shelf>,
    /// As many models are built at once; others wait.
    pub builders: Arc<Semaphore>,
    /// Whether requests come first: building takes what processor time they leave.
    pub in_background: bool,
}

/// One loaded manifest. Never changes; a reload makes a new one.
pub struct Service {
    /// What was asked for.
    pub manifest: Arc<Manifest>,
    /// Twelve hex digits that tell it from every service of another manifest, model or plugin.
    pub version: String,
    /// The commit of a Hub repo; `None` for a local folder.
    pub revision: Option<String>,
    /// The verified model file.
    pub artifact: Artifact,
    /// What answers.
    pub pipeline: Arc<Pipeline>,
    /// Whether its answers are forecasts, of which charts are drawn.
    pub draws: bool,
    /// The README.md beside the model.
    pub card: Option<Card>,
    /// The evaluation.json beside the model.
    pub evaluation: Option<Value>,
    /// The examples that it answered.
    pub proofs: Vec<Proof>,
    /// How well the model agrees with its reference, where it has one.
    pub agreement: Option<Agreement>,
    /// From manifest to ready.
    pub took: Duration,
    /// The parts of that which took any time, in order; model and plugins are loaded side by side.
    pub laps: Laps,
}

impl Service {
    /// Whether the whole body of a response is the answer, as Hugging Face's clients have it.
    pub fn answers_bare(&self) -> bool {
        let task = self.manifest.task;
        self.pipeline.postprocess().is_some() && task.is_some_and(|task| task.is_answered_bare())
    }

    /// A chart for each of the answer's `outputs`, which it gave for `inputs`: one series, or a list of them.
    ///
    /// # Errors
    ///
    /// Where outputs and inputs are not the forecasts and series that the manifest's task says, or the drawing fails.
    pub fn charts(
        &self,
        inputs: &Value,
        outputs: &[Value],
        format: Format,
    ) -> Result<Vec<Vec<u8>>, chart::Error> {
        charts::draw(self, inputs, outputs, format)
    }

    /// Manifest → source → model + plugins → pipeline → examples answered.
    /// `report` is told of each step.
    pub async fn load(
        manifest: Manifest,
        loader: &Loader,
        report: Report,
    ) -> Result<Service, Error> {
        let mut laps = Laps::begin();
        let mut fetched = fetch(&manifest, loader, &report).await?;
        laps.lap("fetch");
        let beside = same_commit(&manifest.model.source, &fetched);
        let (model, weights) = model_file(&manifest, &fetched, &beside, loader, &report).await?;
        let key = model_file::key(&fetched, &manifest, &weights);
        fetched.artifacts.extend(weights);
        let preprocess = wasm(manifest.preprocess.as_ref(), &beside, loader, &report).await?;
        let postprocess = wasm(manifest.postprocess.as_ref(), &beside, loader, &report).await?;
        laps.lap("read");
        report(Step::Compiling);
        let parts = Parts {
            manifest,
            fetched,
            model,
            key,
            preprocess,
            postprocess,
            laps,
        };
        let builders = loader.builders.clone().acquire_owned().await;
        let (sandbox, shelf) = (loader.sandbox.clone(), loader.shelf.clone());
        let build = move || parts.build(&sandbox, &shelf);
        let mut service = on_a_thread("build", loader.in_background, build).await?;
        // As requests are run, not in the background: a plugin's deadline is one of the wall clock.
        service = on_a_thread("gate", false, move || {
            service.proofs = gate::prove(&service.pipeline, &service.manifest)?;
            drop(builders);
            Ok(service)
        })
        .await?;
        service.laps.lap("examples");
        service.took = service.laps.whole();
        allocator::give_back_code();
        Ok(service)
    }
}

/// Runs `work` on a thread of its own; it goes on where nobody waits for it any more.
async fn on_a_thread<T: Send + 'static>(
    name: &str,
    in_background: bool,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (sender, receiver) = oneshot::channel();
    let work = move || {
        if in_background {
            priority::yield_to_others();
        }
        let done = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(panicked()));
        allocator::give_back_freed_memory();
        sender.send(done).ok();
    };
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(|error| Error::Interrupted(error.to_string()))?;
    receiver.await.map_err(|_| panicked())?
}

/// What a service is made of, all of it on this machine.
struct Parts {
    manifest: Manifest,
    fetched: source::Fetched,
    model: model::File,
    /// Of the model on the shelf.
    key: String,
    preprocess: Option<Wasm>,
    postprocess: Option<Wasm>,
    laps: Laps,
}

impl Parts {
    fn build(self, sandbox: &Sandbox, shelf: &Shelf) -> Result<Service, Error> {
        let Parts {
            manifest,
            fetched,
            model: file,
            key,
            preprocess,
            postprocess,
            mut laps,
        } = self;
        let artifact = fetched
            .artifact(&manifest.model.file)
            .expect("a required file is fetched or an error")
            .clone();
        let of_model = |error| Error::Model {
            file: manifest.model.file.clone(),
            error,
        };
        let signature = signature(file.signature());
        let version = version(&manifest, &fetched, [&preprocess, &postprocess]);
        // The engines are independent: the model is analysed while the plugins compile.
        let (model, plugins) = std::thread::scope(|scope| {
            let start = Instant::now();
            let model = scope.spawn(move || {
                let model = shelf.model(&key, || Model::load(file));
                allocator::give_back_freed_memory();
                (model, start.elapsed())
            });
            let limits = limits(&manifest.limits.plugin);
            let signature = &signature;
            let load = move |wasm: Option<Wasm>| {
                wasm.map(|wasm| wasm.load(sandbox, limits, signature.clone()))
                    .transpose()
            };
            let post = scope.spawn(move || load(postprocess));
            let pre = load(preprocess);
            let plugins = (pre, join(post), start.elapsed());
            (join(model), plugins)
        });
        let (model, took) = model?;
        let model = model.map_err(of_model)?;
        laps.note("model", took);
        laps.note("plugins", plugins.2);
        laps.go_on();
        if let Some(why) = &model.fusion().left_out {
            tracing::warn!(model = manifest.name, why, "the model is run unfused");
        }
        let (preprocess, postprocess) = (plugins.0?, plugins.1??);
        stage_exists(&preprocess, "preprocess", Plugin::preprocesses)?;
        stage_exists(&postprocess, "postprocess", Plugin::postprocesses)?;
        let agreement = agreement(&manifest, &fetched, &model)?;
        let narrowing = manifest.input.as_ref();
        let beside = match charts::are_drawn(&manifest, postprocess.as_ref()) {
            true => charts::beside(),
            false => Beside::default(),
        };
        let draws = beside.outputs.is_some();
        let mut pipeline = Pipeline::new(model, preprocess, postprocess, narrowing, beside)?;
        gate::warm(&pipeline, &manifest);
        let examples = gate::requests(&manifest);
        pipeline.check_batching(&examples, manifest.batching.most_rows);
        tell(&manifest.name, pipeline.batching());
        laps.lap("check");
        let beside = |file| {
            fetched
                .artifact(file)
                .and_then(|artifact| read(&artifact.path))
        };
        Ok(Service {
            card: beside(CARD).map(|bytes| Card::parse(&bytes)),
            evaluation: beside(EVALUATION).and_then(|bytes| serde_json::from_slice(&bytes).ok()),
            version,
            revision: fetched.revision,
            artifact,
            draws,
            pipeline: Arc::new(pipeline),
            manifest: Arc::new(manifest),
            proofs: Vec::new(),
            agreement,
            took: Duration::ZERO,
            laps,
        })
    }
}

/// Says in the log how requests will share runs.
fn tell(model: &str, batching: &Batching) {
    match batching {
        Batching::Off { reason } => tracing::info!(model, reason, "each request runs alone"),
        Batching::On(joining) => {
            let unpadded = joining.padding.as_ref().err();
            let most_rows = joining.most_rows;
            tracing::info!(model, most_rows, unpadded, "requests share runs");
        }
    }
}

/// Holds the model against the reference that its manifest names.
fn agreement(
    manifest: &Manifest,
    fetched: &source::Fetched,
    model: &Model,
) -> Result<Option<Agreement>, Error> {
    let Some(wanted) = &manifest.model.reference else {
        return Ok(None);
    };
    let artifact = fetched
        .artifact(&wanted.file)
        .expect("a required file is fetched or an error");
    agree(&wanted.file, &contents(artifact)?, model, wanted.tolerance).map(Some)
}

/// Holds `model` against the reference in `bytes`, the content of `file`.
///
/// # Errors
/// [`Error::Reference`].
pub fn agree(file: &str, bytes: &[u8], model: &Model, tolerance: f64) -> Result<Agreement, Error> {
    Reference::parse(bytes, model.signature())
        .and_then(|reference| reference.compare(model, tolerance))
        .map_err(|error| Error::Reference {
            file: file.to_owned(),
            error,
        })
}

/// A digest of everything that an answer may depend on.
fn version(manifest: &Manifest, fetched: &source::Fetched, plugins: [&Option<Wasm>; 2]) -> String {
    let mut digest = Sha256::new();
    digest.update(format!("{manifest:?}"));
    for artifact in &fetched.artifacts {
        digest.update(&artifact.sha256);
    }
    for plugin in plugins.into_iter().flatten() {
        plugin.digest(&mut digest);
    }
    crate::hex(&digest.finalize()[..6])
}

fn panicked() -> Error {
    Error::Interrupted("the loading thread panicked; see the log".to_owned())
}

/// What one call of a plugin may use: what the manifest says, and what no manifest can change.
pub fn limits(limits: &manifest::PluginLimits) -> plugin::Limits {
    plugin::Limits {
        memory_bytes: usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX),
        deadline: limits.deadline,
        output_bytes: OUTPUT_BYTES,
        log_bytes: LOG_BYTES,
    }
}

/// The model's tensors, as plugins are told of them.
pub fn signature(signature: &model::Signature) -> plugin::Signature {
    let port = |port: &Port| plugin::Port {
        name: port.name.clone(),
        dtype: port.dtype,
        shape: port.shape.as_ref().map(|dims| {
            let size = |dim: &Dim| match dim {
                Dim::Fixed(size) => Some(*size),
                Dim::Symbol(_) | Dim::Any => None,
            };
            dims.iter().map(size).collect()
        }),
    };
    plugin::Signature {
        inputs: signature.inputs.iter().map(port).collect(),
        outputs: signature.outputs.iter().map(port).collect(),
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

fn join<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> Result<T, Error> {
    thread
        .join()
        .map_err(|_| Error::Interrupted("a loading thread panicked".to_owned()))
}
