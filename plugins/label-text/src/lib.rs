//! The plugin `label-text`: a classifier's logits in, labels with scores out.
//! Knows no model: tensor, labels and function are configuration, `config.json` or the model's signature.

mod answer;
mod config;
mod schema;

use answer::Answer;
use config::Config;
use modelhost_plugin::text::Texts;
use modelhost_plugin::{
    Assets, Description, Error, Plugin, Postprocess, Result, Signature, Tensors, json,
};

/// The plugin, configured.
#[derive(Debug)]
pub struct LabelText {
    config: Config,
}

impl Plugin for LabelText {
    fn init(config: &str, assets: Assets, model: &Signature) -> Result<(Self, Description)> {
        let config = Config::check(json::config(config)?, &assets, model)?;
        let description = schema::description(&config);
        Ok((Self { config }, description))
    }
}

impl Postprocess for LabelText {
    fn run(&self, outputs: Tensors, context: &[u8], parameters: &str) -> Result<String> {
        let asked = self.config.classification.asked(parameters)?;
        let texts = Texts::from_context(context)?;
        let answer = Answer::new(&self.config, asked, &texts, &outputs)?;
        serde_json::to_string(&answer).map_err(|error| Error::internal(error.to_string()))
    }
}

modelhost_plugin::postprocessor!(LabelText);
