//! The plugin `pool-embedding`: a transformer's token embeddings in, one vector a text out.
//! Knows no model: tensor and pooling are configuration, the repository's files or the model's signature.

mod answer;
mod config;
mod files;
mod pool;
mod schema;
mod vector;

use answer::Answer;
use config::{Asked, Config};
use modelhost_plugin::text::Texts;
use modelhost_plugin::{
    Assets, Description, Error, Plugin, Postprocess, Result, Signature, Tensors, json,
};

/// The plugin, configured.
#[derive(Debug)]
pub struct PoolEmbedding {
    config: Config,
}

impl Plugin for PoolEmbedding {
    fn init(config: &str, assets: Assets, model: &Signature) -> Result<(Self, Description)> {
        let config = Config::check(json::config(config)?, &assets, model)?;
        let description = schema::description(&config);
        Ok((Self { config }, description))
    }
}

impl Postprocess for PoolEmbedding {
    fn run(&self, outputs: Tensors, context: &[u8], parameters: &str) -> Result<String> {
        let asked = Asked::read(parameters, &self.config)?;
        let texts = Texts::from_context(context)?;
        let answer = Answer::new(&self.config, asked, &texts, &outputs)?;
        serde_json::to_string(&answer).map_err(|error| Error::internal(error.to_string()))
    }
}

modelhost_plugin::postprocessor!(PoolEmbedding);
