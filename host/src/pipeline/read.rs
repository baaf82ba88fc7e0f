//! A JSON request, read and checked before any stage sees it.
//! Must not know which stages there are.

use super::{Error, Schemas, dialect};
use serde_json::{Map, Value};

/// A request as the stages get it.
#[derive(Debug)]
pub struct Read {
    /// What it says.
    pub json: Value,
    /// The parameters that are no stage's, taken out of it.
    pub asked: Map<String, Value>,
    /// Its text where it was rewritten; else the one that came.
    rewritten: Option<String>,
}

impl Read {
    /// Reads `body` and holds it against `schemas`.
    pub fn of(body: &[u8], schemas: &Schemas) -> Result<Read, Error> {
        let mut json: Value = serde_json::from_slice(body)
            .map_err(|error| Error::Malformed(malformed(&error, body)))?;
        let mut is_rewritten = dialect::canonical(&mut json, schemas.parameters());
        schemas.check(&json).map_err(|refusal| Error::Invalid {
            message: refusal.message,
            field: Some(refusal.field),
        })?;
        let asked = taken_out(&mut json, schemas.beside());
        is_rewritten |= !asked.is_empty();
        let rewritten = is_rewritten.then(|| json.to_string());
        Ok(Read {
            json,
            asked,
            rewritten,
        })
    }

    /// The body that a plugin is given, where `given` is what came.
    pub fn body<'a>(&'a self, given: &'a [u8]) -> &'a [u8] {
        self.rewritten.as_ref().map_or(given, String::as_bytes)
    }

    /// The request's parameters, as postprocess gets them.
    pub fn parameters(&self) -> String {
        let parameters = self.json.get("parameters");
        parameters.map_or_else(|| "{}".to_owned(), Value::to_string)
    }
}

fn taken_out(json: &mut Value, names: &[String]) -> Map<String, Value> {
    let Some(Value::Object(parameters)) = json.get_mut("parameters") else {
        return Map::new();
    };
    names
        .iter()
        .filter_map(|name| parameters.remove_entry(name))
        .collect()
}

/// What is wrong with the text, and the fix of the mistake that is made most.
fn malformed(error: &serde_json::Error, body: &[u8]) -> String {
    let holds_nan = body.windows(3).any(|three| three == b"NaN");
    match holds_nan {
        true => format!("{error}; JSON has no NaN: write null for a missing value"),
        false => error.to_string(),
    }
}
