//! The plugin `window-series`: a series with its covariates in, the windows of a forecasting model out.
//! Knows no model: lengths, channels, events and tensor names are configuration.

mod calendar;
mod channel;
mod config;
mod date;
mod event;
mod request;
mod schema;
mod window;

use config::Config;
use modelhost_plugin::{
    Assets, Description, Plugin, Prepared, Preprocess, Request, Result, Signature, json,
};

/// The plugin, configured.
#[derive(Debug)]
pub struct WindowSeries {
    config: Config,
}

impl Plugin for WindowSeries {
    fn init(config: &str, _assets: Assets, _model: &Signature) -> Result<(Self, Description)> {
        let written: config::Written = json::config(config)?;
        let config = Config::check(written)?;
        let description = schema::description(&config);
        Ok((Self { config }, description))
    }
}

impl Preprocess for WindowSeries {
    fn run(&self, request: Request) -> Result<Prepared> {
        let body: request::Body = request.json()?;
        let horizon = body.horizon(&self.config)?;
        let mut batch = window::Batch::new(&self.config, horizon);
        for item in body.items(&self.config)? {
            batch.push(item);
        }
        Ok(batch.finish())
    }
}

modelhost_plugin::preprocessor!(WindowSeries);
