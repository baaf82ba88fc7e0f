//! What a request and a response look like, as JSON Schemas, and the check of a request against its own.
//! Must not know how a request is answered.

use super::Beside;
use super::refusal::{Refusal, refusal};
use crate::model::{Dim, Port, Signature};
use crate::plugin::Plugin;
use crate::tensor::Dtype;
use jsonschema::Validator;
use serde_json::{Map, Value, json};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// A schema that is none.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "the request schema made of plugins and manifest is not valid: {0}; check `input` in the manifest"
)]
pub struct SchemaError(String);

/// The schemas of one pipeline.
pub struct Schemas {
    /// Of the whole request body.
    pub request: Value,
    /// Of the whole response body.
    pub response: Value,
    validator: Validator,
    parameters: Map<String, Value>,
    beside: Vec<String>,
}

impl Schemas {
    /// Joins what the stages and the manifest say of `inputs`, `parameters` and `outputs`.
    pub fn of(
        signature: &Signature,
        preprocess: Option<&Plugin>,
        postprocess: Option<&Plugin>,
        narrowing: Option<&Value>,
        beside: Beside,
    ) -> Result<Schemas, SchemaError> {
        let described = |plugin: Option<&Plugin>| plugin.map(|plugin| plugin.description().clone());
        let (pre, post) = (described(preprocess), described(postprocess));
        let inputs = match &pre {
            Some(description) => description.inputs.clone().unwrap_or_else(|| json!({})),
            None => named_tensors(&signature.inputs),
        };
        let inputs = match narrowing {
            Some(narrowing) => narrow(inputs, narrowing),
            None => inputs,
        };
        let mut parameters = Map::new();
        for description in [&pre, &post].into_iter().flatten() {
            if let Some(Value::Object(properties)) = description
                .parameters
                .as_ref()
                .and_then(|schema| schema.get("properties"))
            {
                parameters.extend(properties.clone());
            }
        }
        let mut outputs = match &post {
            Some(description) => description.outputs.clone().unwrap_or_else(|| json!({})),
            None => named_tensors(&signature.outputs),
        };
        if let Some(more) = &beside.outputs {
            merge(&mut outputs, more);
        }
        let names = beside.parameters.keys().cloned().collect();
        parameters.extend(beside.parameters);
        let request = json!({
            "$schema": DRAFT,
            "type": "object",
            "properties": {
                "inputs": inputs,
                "parameters": {
                    "type": "object",
                    "properties": &parameters,
                    "additionalProperties": false,
                },
            },
            "required": ["inputs"],
            "additionalProperties": false,
        });
        let response = json!({
            "$schema": DRAFT,
            "type": "object",
            "properties": {
                "outputs": outputs,
                "model": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string"},
                        "revision": {"type": ["string", "null"]},
                        "sha256": {"type": "string"},
                    },
                    "required": ["name", "revision", "sha256"],
                },
            },
            "required": ["outputs", "model"],
        });
        let validator = jsonschema::options()
            .build(&request)
            .map_err(|error| SchemaError(error.to_string()))?;
        Ok(Schemas {
            request,
            response,
            validator,
            parameters,
            beside: names,
        })
    }

    /// The schema of each parameter.
    pub(super) fn parameters(&self) -> &Map<String, Value> {
        &self.parameters
    }

    /// The names of those that no stage knows.
    pub(super) fn beside(&self) -> &[String] {
        &self.beside
    }

    /// Whether `request` fits, and if not, the first thing to mend and where it is.
    pub(super) fn check(&self, request: &Value) -> Result<(), Refusal> {
        match self.validator.iter_errors(request).next() {
            None => Ok(()),
            Some(error) => Err(refusal(&error, &self.request)),
        }
    }
}

/// The manifest's schema goes over the plugin's: properties are merged, so that titles and bounds can be set without repeating the rest.
fn narrow(mut base: Value, narrowing: &Value) -> Value {
    // Where `inputs` is one object or a list of them, the narrowing is of the object.
    if let Some(items) = base.get_mut("items") {
        merge(items, narrowing);
    }
    merge(&mut base, narrowing);
    base
}

fn merge(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                merge(base.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over.clone(),
    }
}

/// The tensors' own JSON form: nested lists by name. Shapes are checked later, against the signature.
fn named_tensors(ports: &[Port]) -> Value {
    let tensor = |port: &Port| {
        let shape = port.shape.as_ref().map(|dims| {
            dims.iter()
                .map(|dim| match dim {
                    Dim::Fixed(size) => json!(size),
                    Dim::Symbol(name) => json!(name),
                    Dim::Any => Value::Null,
                })
                .collect::<Vec<_>>()
        });
        let scalar = match port.dtype {
            Dtype::Bool => "boolean",
            Dtype::F16 | Dtype::Bf16 | Dtype::F32 | Dtype::F64 => "number",
            Dtype::Text => "string",
            _ => "integer",
        };
        json!({
            "type": ["array", scalar],
            "description": "nested lists, row-major",
            "x-tensor": {"dtype": port.dtype.name(), "shape": shape},
        })
    };
    json!({
        "type": "object",
        "properties": ports
            .iter()
            .map(|port| (port.name.clone(), tensor(port)))
            .collect::<Map<_, _>>(),
        "required": ports.iter().map(|port| &port.name).collect::<Vec<_>>(),
        "additionalProperties": false,
    })
}

/// `name` as one segment of a JSON pointer (RFC 6901).
pub(super) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
