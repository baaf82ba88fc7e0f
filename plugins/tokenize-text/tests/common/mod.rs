//! Small tokenizers of every kind, trained here, and the plugin as the host drives it.

use modelhost_plugin::text::Texts;
use modelhost_plugin::{
    Asset, Assets, Description, Plugin as _, Port, Prepared, Preprocess, Request, Result, Signature,
};
use serde_json::{Value, json};
use tokenize_text::TokenizeText;
use tokenizers::Tokenizer;

pub(crate) mod kinds;

/// The plugin under one configuration.
pub(crate) struct Plugin {
    plugin: TokenizeText,
    #[allow(dead_code, reason = "not every test file looks at it")]
    pub(crate) description: Description,
}

/// The files of a repository: names and texts.
pub(crate) type Files<'a> = &'a [(&'a str, &'a str)];

#[allow(dead_code, reason = "not every test file asks everything")]
impl Plugin {
    /// Panics where the configuration is refused.
    pub(crate) fn new(config: Value, files: Files<'_>, model: &Signature) -> Self {
        Self::try_new(config, files, model).expect("a right configuration")
    }

    pub(crate) fn try_new(config: Value, files: Files<'_>, model: &Signature) -> Result<Self> {
        let assets = files.iter().map(|(name, text)| Asset {
            name: (*name).to_owned(),
            data: text.as_bytes().to_vec(),
        });
        let assets = Assets(assets.collect());
        let (plugin, description) = TokenizeText::init(&config.to_string(), assets, model)?;
        Ok(Self {
            plugin,
            description,
        })
    }

    /// Why this configuration is refused.
    pub(crate) fn refused(config: Value, files: Files<'_>, model: &Signature) -> String {
        match Self::try_new(config, files, model) {
            Ok(_) => panic!("must be refused"),
            Err(error) => error.to_string(),
        }
    }

    /// Of one tokenizer, with the tensors that most models take.
    pub(crate) fn of(tokenizer: &Tokenizer, config: Value) -> Self {
        let json = tokenizer.to_string(false).expect("JSON");
        Self::new(
            config,
            &[("tokenizer.json", &json)],
            &takes(&["input_ids", "attention_mask", "token_type_ids"]),
        )
    }

    /// The answer to a JSON text.
    pub(crate) fn ask(&self, body: &str) -> Result<Prepared> {
        let content_type = "application/json".to_owned();
        self.plugin.run(Request {
            content_type,
            body: body.as_bytes().to_vec(),
        })
    }

    /// The answer to right inputs.
    pub(crate) fn prepared(&self, inputs: Value, parameters: Value) -> Prepared {
        let body = json!({"inputs": inputs, "parameters": parameters}).to_string();
        self.ask(&body).expect("a right request")
    }

    /// The tensor as whole numbers, row by row.
    pub(crate) fn rows(&self, name: &str, inputs: Value, parameters: Value) -> Vec<Vec<i64>> {
        rows(&self.prepared(inputs, parameters), name)
    }

    /// The ids of one text or pair.
    pub(crate) fn ids(&self, inputs: Value, parameters: Value) -> Vec<i64> {
        let mut rows = self.rows("input_ids", inputs, parameters);
        assert_eq!(rows.len(), 1);
        rows.remove(0)
    }

    pub(crate) fn context(&self, inputs: Value, parameters: Value) -> Texts {
        let prepared = self.prepared(inputs, parameters);
        Texts::from_context(&prepared.context).expect("a context of texts")
    }

    /// What a wrong request is answered: the field and the message.
    pub(crate) fn refusal(&self, inputs: Value, parameters: Value) -> String {
        let body = json!({"inputs": inputs, "parameters": parameters}).to_string();
        match self.ask(&body) {
            Err(modelhost_plugin::Error::Invalid(invalid)) => invalid.to_string(),
            other => panic!("{body} must be refused, not {other:?}"),
        }
    }
}

/// The tensor as whole numbers, row by row.
pub(crate) fn rows(prepared: &Prepared, name: &str) -> Vec<Vec<i64>> {
    let view = prepared.tensors.view::<i64>(name, 2).expect("s64");
    let length = (view.shape[1] as usize).max(1);
    view.data.chunks(length).map(<[_]>::to_vec).collect()
}

/// A model with these inputs, of any number of rows and tokens.
pub(crate) fn takes(names: &[&str]) -> Signature {
    let port = |name: &&str| port(name, "s64", Some(vec![None, None]));
    Signature {
        inputs: names.iter().map(port).collect(),
        outputs: Vec::new(),
    }
}

pub(crate) fn port(name: &str, dtype: &str, shape: Option<Vec<Option<u32>>>) -> Port {
    Port {
        name: name.to_owned(),
        dtype: dtype.to_owned(),
        shape,
    }
}
