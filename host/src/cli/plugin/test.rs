//! `modelhost plugin test`: a plugin's stages on one request, with what they make and how long they take.
//! Must not know what a tensor or an answer means.

use super::given::{self, Given, Wasm};
use super::{Done, Stop, show, wrong};
use crate::model::Model;
use crate::pipeline::{self, Beside, Read, Schemas};
use crate::plugin::{CallError, Plugin, Prepared};
use crate::settings::PluginTest;
use crate::tensor::{Dtype, NamedTensor};
use serde_json::Value;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

const DTYPES: [Dtype; 10] = [
    Dtype::F32,
    Dtype::F64,
    Dtype::F16,
    Dtype::Bf16,
    Dtype::I8,
    Dtype::I32,
    Dtype::I64,
    Dtype::U8,
    Dtype::Bool,
    Dtype::Text,
];

/// A request that was read, for the stages.
struct Request {
    body: Vec<u8>,
    parameters: String,
}

pub(super) fn run(settings: &PluginTest, cache: Option<&Path>) -> Done {
    let wasm = Wasm::read(&settings.plugin)?;
    let given = Given::of(&settings.given, Duration::from_millis(settings.deadline_ms))?;
    let start = Instant::now();
    let loaded = given.load(&wasm, cache);
    let loaded = loaded.map_err(|error| wrong(&wasm.name, wasm.refusal(&error)))?;
    let plugin = &loaded.plugin;
    let took = show::duration(loaded.took);
    let code = plugin.code().name();
    let mut out = std::io::stdout();
    write!(out, "loaded in {took} ({code})")?;
    if settings.optimised {
        let settled = plugin.settled().name();
        write!(out, ", {settled} after {}", show::duration(start.elapsed()))?;
    }
    writeln!(out)?;

    let test = Test {
        settings,
        wasm: &wasm,
        plugin,
        model: given.model(),
    };
    let request = test.request()?;
    let prepared = test.preprocess(&request)?;
    let outputs = test.outputs(prepared.as_ref())?;
    match (plugin.postprocesses(), outputs) {
        (true, Some(outputs)) => test.postprocess(&outputs, prepared, &request),
        (true, None) => {
            let way = "give it --outputs, or --model and a preprocess stage";
            writeln!(out, "postprocess: not run; {way}")?;
            Ok(())
        }
        (false, _) => Ok(()),
    }
}

struct Test<'a> {
    settings: &'a PluginTest,
    wasm: &'a Wasm,
    plugin: &'a Plugin,
    model: Option<&'a Model>,
}

impl Test<'_> {
    /// The request as a server would hand it on, or as it would refuse it.
    fn request(&self) -> Done<Request> {
        let flag = "--parameters";
        let parameters = self.settings.parameters.as_deref();
        let parameters = parameters.map(|argument| given::json(flag, argument));
        let parameters = parameters.transpose()?;
        let text = |value: Option<&Value>| value.map_or("{}".to_owned(), Value::to_string);
        let Some(argument) = &self.settings.request else {
            if self.plugin.preprocesses() && self.settings.outputs.is_none() {
                let message = "--request is needed: the plugin has a preprocess stage";
                return Err(Stop::Wrong(message.to_owned()));
            }
            return Ok(Request {
                body: Vec::new(),
                parameters: text(parameters.as_ref()),
            });
        };
        let mut body = given::bytes("--request", argument)?;
        if self.settings.content_type != "application/json" {
            let taken = &self.plugin.description();
            if !taken.takes(&self.settings.content_type) {
                return Err(wrong(
                    "--content-type",
                    format!(
                        "the plugin takes application/json {}",
                        taken.media_types.join(" ")
                    ),
                ));
            }
            return Ok(Request {
                body,
                parameters: text(parameters.as_ref()),
            });
        }
        if let Some(parameters) = parameters
            && let Ok(mut json) = serde_json::from_slice::<Value>(&body)
            && let Value::Object(fields) = &mut json
        {
            fields.insert("parameters".to_owned(), parameters);
            body = json.to_string().into_bytes();
        }
        let plugin = self.plugin;
        let signature = self.model.map(|model| model.signature().clone());
        let schemas = Schemas::of(
            &signature.unwrap_or_default(),
            plugin.preprocesses().then_some(plugin),
            plugin.postprocesses().then_some(plugin),
            None,
            Beside::default(),
        )
        .map_err(|error| wrong(plugin.name(), error))?;
        let read = Read::of(&body, &schemas).map_err(|error| match error {
            pipeline::Error::Invalid { message, field } => refused(&message, field.as_deref()),
            error => wrong("--request", error),
        })?;
        Ok(Request {
            parameters: read.parameters(),
            body: read.body(&body).to_vec(),
        })
    }

    fn preprocess(&self, request: &Request) -> Done<Option<Prepared>> {
        if !self.plugin.preprocesses() || self.settings.request.is_none() {
            return Ok(None);
        }
        let call = |plugin: &Plugin| plugin.preprocess(&self.settings.content_type, &request.body);
        let (prepared, took) = self.timed(call)?;
        let mut out = std::io::stdout();
        writeln!(out, "preprocess: {took}")?;
        for tensor in &prepared.tensors {
            writeln!(out, "  {}", show::tensor(tensor))?;
        }
        writeln!(out, "  context of {} B", prepared.context.len())?;
        Ok(Some(prepared))
    }

    /// What the model makes of the tensors, or what stands for it.
    fn outputs(&self, prepared: Option<&Prepared>) -> Done<Option<Vec<NamedTensor>>> {
        if let Some(argument) = &self.settings.outputs {
            return read_outputs(&given::json("--outputs", argument)?).map(Some);
        }
        let (Some(model), Some(prepared)) = (self.model, prepared) else {
            return Ok(None);
        };
        let start = Instant::now();
        let outputs = model.run(prepared.tensors.clone());
        let outputs = outputs.map_err(|error| Stop::Failed(format!("the model: {error}")))?;
        let mut out = std::io::stdout();
        writeln!(out, "model: {}", show::duration(start.elapsed()))?;
        for tensor in &outputs {
            writeln!(out, "  {}", show::tensor(tensor))?;
        }
        Ok(Some(outputs))
    }

    fn postprocess(
        &self,
        outputs: &[NamedTensor],
        prepared: Option<Prepared>,
        request: &Request,
    ) -> Done {
        let context = match (&self.settings.context, prepared) {
            (Some(file), _) => given::bytes("--context", file)?,
            (None, Some(prepared)) => prepared.context,
            (None, None) => Vec::new(),
        };
        let call =
            |plugin: &Plugin| plugin.postprocess(outputs.to_vec(), &context, &request.parameters);
        let (answer, took) = self.timed(call)?;
        let mut out = std::io::stdout();
        writeln!(out, "postprocess: {took}")?;
        if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&answer) {
            let name = self.plugin.name();
            let hint = match answer.contains("NaN") || answer.contains("Infinity") {
                true => "; JSON has no NaN and no infinity",
                false => "",
            };
            return Err(Stop::Failed(format!(
                "{name}: its answer is not JSON: {error}{hint}"
            )));
        }
        writeln!(out, "  {answer}")?;
        Ok(())
    }

    /// Runs `call` as often as asked; what it made, and the median of its times in words.
    fn timed<T>(&self, call: impl Fn(&Plugin) -> Result<T, CallError>) -> Done<(T, String)> {
        let told = |error| match error {
            CallError::Invalid { message, field } => refused(&message, field.as_deref()),
            fault => Stop::Failed(self.wasm.fault(&fault)),
        };
        let mut times = Vec::new();
        let mut timed = |plugin: &Plugin| {
            let start = Instant::now();
            let made = call(plugin);
            times.push(start.elapsed());
            made
        };
        // What is logged is logged once.
        let made = timed(self.plugin).map_err(told)?;
        let hushed = self.plugin.hushed();
        for _ in 1..self.settings.repeat {
            timed(&hushed).map_err(told)?;
        }
        times.sort();
        let median = show::duration(times[times.len() / 2]);
        Ok((made, format!("{median}, the median of {}", times.len())))
    }
}

/// As the caller of a server is told.
fn refused(message: &str, field: Option<&str>) -> Stop {
    match field {
        Some(field) => Stop::Wrong(format!("the request is refused: {field}: {message}")),
        None => Stop::Wrong(format!("the request is refused: {message}")),
    }
}

/// `{"NAME": nested lists}` is f32; another dtype is said: `{"NAME": {"dtype": "s64", "data": nested lists}}`.
fn read_outputs(json: &Value) -> Done<Vec<NamedTensor>> {
    let Value::Object(tensors) = json else {
        let form = "write {\"NAME\": nested lists}";
        return Err(wrong("--outputs", form));
    };
    let mut outputs = Vec::new();
    for (name, value) in tensors {
        let named = |reason: String| wrong(format!("--outputs /{name}"), reason);
        let (dtype, data) = match value {
            Value::Object(fields) => {
                let said = fields.get("dtype").and_then(Value::as_str).unwrap_or("f32");
                let known = DTYPES.map(crate::plugin::dtype);
                let at = known.iter().position(|known| *known == said);
                let at =
                    at.ok_or_else(|| named(format!("dtype must be one of {}", known.join(", "))))?;
                (DTYPES[at], fields.get("data").unwrap_or(&Value::Null))
            }
            value => (Dtype::F32, value),
        };
        let tensor = pipeline::of_lists(data, dtype).map_err(named)?;
        let name = name.clone();
        outputs.push(NamedTensor { name, tensor });
    }
    Ok(outputs)
}
