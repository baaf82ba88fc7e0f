//! The plugin `label-tokens`: the logits of a text's tokens in, the entities of the text out.
//! Knows no model: tensor and labels are configuration, `config.json` or the model's signature.

mod answer;
mod characters;
mod config;
mod pieces;
mod schema;
mod strategy;

use answer::Answer;
use config::{Asked, Config};
use modelhost_plugin::text::Texts;
use modelhost_plugin::{
    Assets, Description, Error, Plugin, Postprocess, Result, Signature, Tensors, json,
};

/// The plugin, configured.
#[derive(Debug)]
pub struct LabelTokens {
    config: Config,
}

impl Plugin for LabelTokens {
    fn init(config: &str, assets: Assets, model: &Signature) -> Result<(Self, Description)> {
        let config = Config::check(json::config(config)?, &assets, model)?;
        let description = schema::description(&config);
        Ok((Self { config }, description))
    }
}

impl Postprocess for LabelTokens {
    fn run(&self, outputs: Tensors, context: &[u8], parameters: &str) -> Result<String> {
        let asked = Asked::read(parameters, &self.config)?;
        let texts = Texts::from_context(context)?;
        let answer = Answer::new(&self.config, &asked, &texts, &outputs)?;
        serde_json::to_string(&answer).map_err(|error| Error::internal(error.to_string()))
    }
}

modelhost_plugin::postprocessor!(LabelTokens);
