//! A pipeline: request → preprocess → model → postprocess → answer, with the time of each stage.
//! Must not know queues, networks, disks or status codes.

mod batch;
mod compare;
mod dialect;
mod read;
mod refusal;
mod request;
mod schema;
mod selfcheck;
mod stage;
mod tensors;

pub use batch::{Batching, Joining, Padding, Piece};
pub use compare::{Difference, Distance, apart};
pub use read::Read;
pub use request::{Answer, Body, Outputs, Request};
pub use schema::{SchemaError, Schemas};
pub use stage::{Stage, Timing};
pub use tensors::of_lists;

use crate::model::{self, Model};
use crate::plugin::{CallError, Plugin};
use crate::tensor::NamedTensor;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The body is not of the type that it claims.
    #[error("the body is not JSON: {0}")]
    Malformed(String),
    /// No stage reads this media type.
    #[error("`{given}` is not a media type that this model takes; send {}", .taken.join(" or "))]
    MediaType {
        /// What was sent.
        given: String,
        /// What can be.
        taken: Vec<String>,
    },
    /// The request is well-formed and not acceptable.
    #[error("{message}")]
    Invalid {
        /// What is wrong and what is expected.
        message: String,
        /// JSON pointer of the part that is wrong.
        field: Option<String>,
    },
    /// A plugin failed.
    #[error("plugin `{plugin}`: {fault}")]
    Plugin {
        /// The plugin's name.
        plugin: String,
        /// How.
        fault: CallError,
    },
    /// The plugin's tensors do not fit the model, or the model failed.
    #[error(transparent)]
    Model(model::Error),
}

impl Error {
    /// Whether it is the model or a plugin that failed, and not the caller.
    pub fn is_failure(&self) -> bool {
        matches!(self, Error::Plugin { .. } | Error::Model(_))
    }
}

/// The stages of one model, ready to run on any thread.
pub struct Pipeline {
    model: Arc<Model>,
    preprocess: Option<Plugin>,
    postprocess: Option<Plugin>,
    schemas: Schemas,
    batching: Batching,
}

/// A request that is ready for the model.
#[derive(Debug)]
pub struct Prepared {
    /// Its rows, in one piece or several.
    pub pieces: Vec<Piece>,
    /// What the last stage needs beside the model's outputs.
    pub rest: Rest,
}

/// What the first stage hands to the last.
#[derive(Debug, Default)]
pub struct Rest {
    /// None where there was no stage before the model, and is none after it.
    staged: Option<Staged>,
    asked: Map<String, Value>,
    tokens: Option<u64>,
}

#[derive(Debug)]
struct Staged {
    context: Vec<u8>,
    parameters: String,
}

impl Rest {
    fn of(context: Vec<u8>, parameters: String, asked: Map<String, Value>) -> Rest {
        let staged = Staged {
            context,
            parameters,
        };
        Rest {
            staged: Some(staged),
            asked,
            tokens: None,
        }
    }

    /// The answer, whose stages gave `outputs`.
    pub fn answer(self, outputs: Outputs, timing: Timing) -> Answer {
        Answer {
            outputs,
            asked: self.asked,
            tokens: self.tokens,
            timing,
        }
    }
}

/// What is done with an answer outside the pipeline, in its schemas' words.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// The schema of each parameter that asks for it; no stage sees them.
    pub parameters: Map<String, Value>,
    /// What goes over the schema of `outputs`.
    pub outputs: Option<Value>,
}

impl Pipeline {
    /// Joins the stages. `narrowing` is the manifest's own schema of `inputs`; `beside` is what others do with answers.
    pub fn new(
        model: Arc<Model>,
        preprocess: Option<Plugin>,
        postprocess: Option<Plugin>,
        narrowing: Option<&Value>,
        beside: Beside,
    ) -> Result<Pipeline, SchemaError> {
        let schemas = Schemas::of(
            model.signature(),
            preprocess.as_ref(),
            postprocess.as_ref(),
            narrowing,
            beside,
        )?;
        Ok(Pipeline {
            model,
            preprocess,
            postprocess,
            schemas,
            batching: Batching::Off {
                reason: "it has not been checked".to_owned(),
            },
        })
    }

    /// Lets requests share runs of the model, at most `most_rows` rows at once, if the self-check on `examples` shows
    /// that their answers stay what they are.
    pub fn check_batching(&mut self, examples: &[Request], most_rows: usize) {
        let arranged = |request: &Request| {
            let (inputs, _) = self.read(request).ok()?;
            self.model.signature().arrange(inputs).ok()
        };
        let samples = examples.iter().filter_map(arranged);
        self.batching = selfcheck::batching(&self.model, samples, most_rows);
    }

    /// Whether requests share runs of the model.
    pub fn batching(&self) -> &Batching {
        &self.batching
    }

    /// The model between the plugins.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The first stage's plugin, if there is one.
    pub fn preprocess(&self) -> Option<&Plugin> {
        self.preprocess.as_ref()
    }

    /// The last stage's plugin, if there is one.
    pub fn postprocess(&self) -> Option<&Plugin> {
        self.postprocess.as_ref()
    }

    /// The JSON Schemas of request and response.
    pub fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    /// Answers one request, all stages in a row.
    pub fn predict(&self, request: &Request) -> Result<Answer, Error> {
        let mut timing = Timing::default();
        let Prepared { pieces, rest } =
            timing.measure(Stage::Preprocess, || self.prepare(request, 1))?;
        let outputs = timing.measure(Stage::Model, || {
            self.run(pieces, 1).into_iter().collect::<Result<_, _>>()
        });
        let outputs = timing.measure(Stage::Postprocess, || self.finish(outputs, &rest))?;
        Ok(rest.answer(outputs, timing))
    }

    /// The first stage: from a request to what the model takes, in so many `parts` where it has rows enough.
    pub fn prepare(&self, request: &Request, parts: usize) -> Result<Prepared, Error> {
        let (inputs, mut rest) = self.read(request)?;
        let arranged = self.model.signature().arrange(inputs);
        let inputs = arranged.map_err(|mismatch| self.blame(mismatch.into(), &rest))?;
        rest.tokens = request::tokens(&inputs);
        let pieces = self.batching.split(inputs, parts);
        Ok(Prepared { pieces, rest })
    }

    /// The second stage: `pieces`, of any requests that may share a run, and what comes of each. One run takes so many `threads`.
    pub fn run(
        &self,
        pieces: Vec<Piece>,
        threads: usize,
    ) -> Vec<Result<Vec<NamedTensor>, model::Error>> {
        batch::run(&self.model, &self.batching, pieces, threads)
    }

    /// The last stage: from what the model gave for each of a request's pieces to the answer.
    pub fn finish(
        &self,
        outputs: Result<Vec<Vec<NamedTensor>>, model::Error>,
        rest: &Rest,
    ) -> Result<Outputs, Error> {
        let parts = outputs.map_err(|error| self.blame(error, rest))?;
        let outputs = batch::reunited(parts).ok_or_else(|| {
            let reason = "what it gave for parts of a request does not fit together";
            Error::Model(model::Error::Run(reason.to_owned()))
        })?;
        let (Some(plugin), Some(staged)) = (&self.postprocess, &rest.staged) else {
            return Ok(Outputs::Tensors(outputs));
        };
        let text = plugin
            .postprocess(outputs, &staged.context, &staged.parameters)
            .map_err(|fault| fault_of(plugin, fault))?;
        let json = RawValue::from_string(text).map_err(|error| Error::Plugin {
            plugin: plugin.name().to_owned(),
            fault: CallError::Abi(format!("its answer is not JSON: {error}")),
        })?;
        Ok(Outputs::Json(json))
    }

    fn read(&self, request: &Request) -> Result<(Vec<NamedTensor>, Rest), Error> {
        match request {
            Request::Tensors(tensors) => Ok((tensors.clone(), Rest::default())),
            Request::Body(body) if body.content_type == "application/json" => {
                self.read_json(&body.bytes)
            }
            Request::Body(body) => self.read_as_it_is(body),
        }
    }

    fn read_json(&self, body: &[u8]) -> Result<(Vec<NamedTensor>, Rest), Error> {
        let mut read = Read::of(body, &self.schemas)?;
        let asked = std::mem::take(&mut read.asked);
        let parameters = read.parameters();
        let (tensors, context) = match &self.preprocess {
            Some(plugin) => {
                let prepared = plugin
                    .preprocess("application/json", read.body(body))
                    .map_err(|fault| fault_of(plugin, fault))?;
                (prepared.tensors, prepared.context)
            }
            None => {
                let inputs = read.json.get("inputs").unwrap_or(&Value::Null);
                let tensors = tensors::read(inputs, self.model.signature()).map_err(|refusal| {
                    Error::Invalid {
                        message: refusal.message,
                        field: Some(format!("/inputs{}", refusal.field)),
                    }
                })?;
                (tensors, Vec::new())
            }
        };
        Ok((tensors, Rest::of(context, parameters, asked)))
    }

    /// A body that is no JSON, for a plugin that reads its kind.
    fn read_as_it_is(&self, body: &Body) -> Result<(Vec<NamedTensor>, Rest), Error> {
        let reader = self.preprocess.as_ref();
        let Some(plugin) = reader.filter(|it| it.description().takes(&body.content_type)) else {
            return Err(Error::MediaType {
                given: body.content_type.clone(),
                taken: self.media_types(),
            });
        };
        let prepared = plugin
            .preprocess(&body.content_type, &body.bytes)
            .map_err(|fault| fault_of(plugin, fault))?;
        let rest = Rest::of(prepared.context, "{}".to_owned(), Map::new());
        Ok((prepared.tensors, rest))
    }

    /// The bodies that are read.
    pub fn media_types(&self) -> Vec<String> {
        let mut types = vec!["application/json".to_owned()];
        if let Some(plugin) = &self.preprocess {
            types.extend(plugin.description().media_types.iter().cloned());
        }
        types
    }

    /// Tensors that do not fit are the caller's fault when the caller wrote them, else the plugin's.
    fn blame(&self, error: model::Error, rest: &Rest) -> Error {
        let plugin = self.preprocess.as_ref().filter(|_| rest.staged.is_some());
        match (error, plugin) {
            (model::Error::Input(mismatch), None) => Error::Invalid {
                field: Some(match &mismatch.input {
                    Some(input) => format!("/inputs/{}", schema::escape(input)),
                    None => "/inputs".to_owned(),
                }),
                message: mismatch.message,
            },
            (model::Error::Input(mismatch), Some(plugin)) => Error::Plugin {
                plugin: plugin.name().to_owned(),
                fault: CallError::Abi(mismatch.message),
            },
            // Only the caller's own numbers decide here.
            (model::Error::NonFinite(output), None) => Error::Invalid {
                message: format!("the model's output `{output}` is not finite for these inputs"),
                field: Some("/inputs".to_owned()),
            },
            // The load has shown that there are inputs that it can be run on.
            (model::Error::Run(reason), None) => Error::Invalid {
                message: format!("the model cannot be run on these inputs: {reason}"),
                field: Some("/inputs".to_owned()),
            },
            (error, _) => Error::Model(error),
        }
    }
}

fn fault_of(plugin: &Plugin, fault: CallError) -> Error {
    match fault {
        CallError::Invalid { message, field } => Error::Invalid { message, field },
        fault => Error::Plugin {
            plugin: plugin.name().to_owned(),
            fault,
        },
    }
}
