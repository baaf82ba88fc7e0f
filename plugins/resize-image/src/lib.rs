//! The plugin `resize-image`: a picture in, the pixels that a model wants out.
//! Knows no model: sizes, steps and the tensor come from the configuration, the repository's files and the signature.

mod batch;
mod config;
mod family;
mod filter;
mod frame;
mod half;
mod picture;
mod plan;
mod preprocessor;
mod request;
mod resample;
mod schema;
mod size;
mod steps;
mod target;
mod timm;
mod values;
mod weights;

use modelhost_plugin::{
    Assets, Description, Plugin, Prepared, Preprocess, Request, Result, Signature, json,
};
use plan::Plan;
use request::Pictures;

/// The plugin, configured.
#[derive(Debug)]
pub struct ResizeImage {
    plan: Plan,
}

impl Plugin for ResizeImage {
    fn init(config: &str, assets: Assets, model: &Signature) -> Result<(Self, Description)> {
        let written: config::Written = json::config(config)?;
        let plan = Plan::check(written, &assets, model)?;
        let description = schema::description(&plan);
        Ok((Self { plan }, description))
    }
}

impl Preprocess for ResizeImage {
    fn run(&self, request: Request) -> Result<Prepared> {
        let pictures = Pictures::read(&request, self.plan.max_items)?;
        let tensor = batch::tensor(&pictures, &self.plan)?;
        let context: &[u8] = if pictures.are_listed() { b"n" } else { b"1" };
        let name = self.plan.target.tensor.as_str();
        Ok(Prepared::new([(name, tensor)]).with_context(context.to_vec()))
    }
}

modelhost_plugin::preprocessor!(ResizeImage);
