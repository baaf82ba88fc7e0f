//! The plugin `table-row`: rows of a table in, tensors out; their predictions as a list.
//! Knows no model: columns, tensors and labels come from the configuration, config.json and the signature.

mod answer;
mod cell;
mod column;
mod config;
mod encode;
mod example;
mod file;
mod grid;
mod output;
mod request;
mod schema;
mod table;

use config::{Stage, Written};
use modelhost_plugin::{
    Assets, Description, Error, Plugin, Postprocess, Prepared, Preprocess, Request, Result,
    Signature, Tensors, json,
};
use output::Output;
use table::Table;

/// The plugin, configured for either stage or both.
#[derive(Debug)]
pub struct TableRow {
    table: Stage<Table>,
    output: Stage<Output>,
}

impl Plugin for TableRow {
    fn init(config: &str, assets: Assets, model: &Signature) -> Result<(Self, Description)> {
        let written: Written = json::config(config)?;
        let file = file::File::read(&assets)?;
        let table = Stage::of(
            "preprocess",
            Table::check(&written.rows(), &file, model),
            written.is_about_rows(),
        )?;
        let output = Stage::of(
            "postprocess",
            Output::check(&written.answers(), &assets, model),
            written.is_about_answers(),
        )?;
        let description = schema::description(table.ready(), output.ready(), &file);
        Ok((Self { table, output }, description))
    }
}

impl Preprocess for TableRow {
    fn run(&self, request: Request) -> Result<Prepared> {
        let table = self.table.get()?;
        let body: request::Body<'_> = request.json()?;
        let grid = body.inputs.grid(table)?;
        encode::tensors(&grid, table)
    }
}

impl Postprocess for TableRow {
    fn run(&self, outputs: Tensors, _context: &[u8], _parameters: &str) -> Result<String> {
        let output = self.output.get()?;
        let tensor = answer::widened(output, &outputs)?;
        let answer = answer::answer(output, &tensor)?;
        serde_json::to_string(&answer).map_err(|error| Error::internal(error.to_string()))
    }
}

modelhost_plugin::processor!(TableRow);
