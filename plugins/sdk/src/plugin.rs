//! The traits that a plugin implements, in native types.
//! Must not know the generated bindings: everything here compiles and is tested natively.

use crate::error::{Error, Invalid, Result};
use crate::json;
use crate::signature::Signature;
use crate::tensor::{Tensor, Tensors};

/// What every plugin does: read its configuration once, and say what it accepts.
pub trait Plugin: Sized + Send + Sync {
    /// Called once, when the manifest is loaded. `config` is JSON, `null` where the manifest has none.
    ///
    /// What is built here is the starting point of every later call, so put the slow work here.
    /// Report a wrong configuration as [`Invalid`] whose field is a JSON pointer into the config.
    /// `model` is what the model between the stages takes and gives.
    fn init(config: &str, assets: Assets, model: &Signature) -> Result<(Self, Description)>;
}

/// Turns a request into the model's inputs.
pub trait Preprocess: Plugin {
    /// Called once a request. Nothing that it stores outlives the call.
    fn run(&self, request: Request) -> Result<Prepared>;
}

/// Turns the model's outputs into an answer.
pub trait Postprocess: Plugin {
    /// Answers the JSON text of the response's `outputs`.
    ///
    /// `context` is what the preprocess stage handed on, `parameters` the request's `parameters` as JSON.
    fn run(&self, outputs: Tensors, context: &[u8], parameters: &str) -> Result<String>;
}

/// The body of a request, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Without parameters, such as `application/json` or `image/png`.
    pub content_type: String,
    /// The bytes.
    pub body: Vec<u8>,
}

impl Request {
    /// The body as JSON; an error names the field by its JSON pointer.
    pub fn json<'a, T: serde::Deserialize<'a>>(&'a self) -> Result<T> {
        if self.content_type != "application/json" {
            return Err(Invalid::new(format!(
                "the body must be application/json, not `{}`",
                json::shorten(&self.content_type)
            ))
            .into());
        }
        json::body(&self.body)
    }
}

/// What the model gets.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// The model's inputs by name, each with a leading batch axis.
    pub tensors: Tensors,
    /// Handed to the postprocess stage as it is.
    pub context: Vec<u8>,
}

impl Prepared {
    /// These tensors, and nothing for the postprocess stage.
    pub fn new<'a>(tensors: impl IntoIterator<Item = (&'a str, Tensor)>) -> Self {
        let tensors = tensors
            .into_iter()
            .map(|(name, tensor)| (name.to_owned(), tensor))
            .collect();
        Self {
            tensors,
            context: Vec::new(),
        }
    }

    /// The same, with `context` for the postprocess stage.
    pub fn with_context(mut self, context: Vec<u8>) -> Self {
        self.context = context;
        self
    }
}

/// A file that the manifest grants to the plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// As the manifest names it.
    pub name: String,
    /// The bytes.
    pub data: Vec<u8>,
}

/// The files that the manifest grants to the plugin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assets(pub Vec<Asset>);

impl Assets {
    /// The bytes of the file `name`, if it was granted. A granted `onnx/tokenizer.json` is `tokenizer.json` too.
    pub fn find(&self, name: &str) -> Option<&[u8]> {
        let whole = self.0.iter().find(|asset| asset.name == name);
        let inner = || {
            let mut assets = self.0.iter();
            assets.find(|asset| {
                let rest = asset.name.strip_suffix(name);
                rest.is_some_and(|folder| folder.ends_with('/'))
            })
        };
        whole.or_else(inner).map(|asset| asset.data.as_slice())
    }

    /// The bytes of the file `name`, as [`Assets::find`]; the error says which files were granted.
    pub fn file(&self, name: &str) -> Result<&[u8]> {
        if let Some(data) = self.find(name) {
            return Ok(data);
        }
        let granted = match self.0.len() {
            0 => "none".to_owned(),
            _ => self
                .0
                .iter()
                .map(|asset| asset.name.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        };
        Err(Error::internal(format!(
            "the plugin needs the file `{name}`; the manifest grants: {granted}"
        )))
    }
}

/// What a configuration accepts and answers, as JSON Schemas (draft 2020-12) in JSON.
///
/// A stage fills in what it decides and leaves the rest out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Description {
    /// Bodies that preprocess reads beside JSON, such as `image/png`, or `image/*` for all of a kind.
    pub media_types: Vec<String>,
    /// Of the request's `inputs`.
    pub inputs: Option<String>,
    /// Of the request's `parameters`: an object schema that lists what this stage reads.
    pub parameters: Option<String>,
    /// Of the response's `outputs`.
    pub outputs: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_is_not_json_by_its_content_type_is_refused_by_name() {
        let request = Request {
            content_type: "text/csv".into(),
            body: b"1".to_vec(),
        };
        let error = request.json::<f64>().expect_err("not JSON");
        assert_eq!(
            error.to_string(),
            "the body must be application/json, not `text/csv`"
        );
    }

    #[test]
    fn a_missing_asset_names_what_was_granted() {
        let asset = Asset {
            name: "vocab.txt".into(),
            data: b"a".to_vec(),
        };
        let inner = Asset {
            name: "onnx/config.json".into(),
            data: b"{}".to_vec(),
        };
        let mut assets = Assets(vec![asset]);
        assert_eq!(assets.file("vocab.txt"), Ok(b"a".as_slice()));
        let error = assets.file("tokenizer.json").expect_err("not granted");
        assert_eq!(
            error.to_string(),
            "the plugin needs the file `tokenizer.json`; the manifest grants: vocab.txt"
        );
        assets.0.push(inner);
        assert_eq!(assets.find("config.json"), Some(b"{}".as_slice()));
        assert_eq!(assets.find("onfig.json"), None);
    }
}
