//! The plugin `forecast-quantiles`: a model's quantile levels in, a forecast in the caller's units out.
//! Knows no model: the tensor's name and its levels are configuration.

mod answer;
mod config;
mod quantile;
mod schema;

use answer::Forecasts;
use config::{Config, asked};
use modelhost_plugin::forecast::Forecast;
use modelhost_plugin::{
    Assets, Description, Error, Plugin, Postprocess, Result, Signature, Tensors, json,
};

/// The plugin, configured.
#[derive(Debug)]
pub struct ForecastQuantiles {
    config: Config,
}

impl Plugin for ForecastQuantiles {
    fn init(config: &str, _assets: Assets, _model: &Signature) -> Result<(Self, Description)> {
        let config = Config::check(json::config(config)?)?;
        let description = schema::description(&config);
        Ok((Self { config }, description))
    }
}

impl Postprocess for ForecastQuantiles {
    fn run(&self, outputs: Tensors, context: &[u8], parameters: &str) -> Result<String> {
        let quantiles = asked(parameters, &self.config)?;
        let forecast = Forecast::from_context(context)?;
        let answers = Forecasts::new(&self.config, &quantiles, &forecast, &outputs)?;
        serde_json::to_string(&answers).map_err(|error| Error::internal(error.to_string()))
    }
}

modelhost_plugin::postprocessor!(ForecastQuantiles);
