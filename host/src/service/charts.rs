//! Which models' answers are drawn, how a request asks for it, and the drawing.
//! Must not know how a chart travels.

use super::Service;
use crate::chart::{self, Error, Forecast, Format};
use crate::manifest::Manifest;
use crate::pipeline::Beside;
use crate::plugin::Plugin;
use serde_json::{Value, json};

const TASK: &str = "time-series-forecasting";

/// Whether the last stage says that it answers with forecasts.
pub(super) fn are_drawn(manifest: &Manifest, postprocess: Option<&Plugin>) -> bool {
    let outputs = postprocess.and_then(|plugin| plugin.description().outputs.as_ref());
    let is_task = manifest.task.is_some_and(|task| task.as_str() == TASK);
    is_task && outputs.is_some_and(|outputs| outputs["x-ui"]["widget"] == "forecast")
}

/// `parameters.chart`, and what it adds to each output.
pub(super) fn beside() -> Beside {
    let names = Format::ALL.map(Format::name);
    let parameters = json!({
        "chart": {
            "type": "string",
            "enum": names,
            "title": "Chart",
            "description": "Puts a chart of each forecast into the answer.",
            "x-ui": {"widget": "hidden"},
        },
    });
    let outputs = json!({
        "items": {
            "properties": {
                "chart": {
                    "type": "string",
                    "title": "Chart",
                    "description": "A data URI in base64, where `parameters.chart` asks for it.",
                    "pattern": "^data:image/",
                },
            },
        },
    });
    Beside {
        parameters: parameters.as_object().cloned().unwrap_or_default(),
        outputs: Some(outputs),
    }
}

pub(super) fn draw(
    service: &Service,
    inputs: &Value,
    outputs: &[Value],
    format: Format,
) -> Result<Vec<Vec<u8>>, Error> {
    let manifest = &service.manifest;
    let schema = &service.pipeline.schemas().request["properties"]["inputs"];
    let unit = schema["properties"]["series"]["x-ui"]["unit"].as_str();
    let inputs = match inputs {
        Value::Array(inputs) => inputs.as_slice(),
        one => std::slice::from_ref(one),
    };
    if inputs.len() != outputs.len() {
        let (given, answered) = (inputs.len(), outputs.len());
        return Err(Error::Drawing(format!(
            "there are {answered} forecasts for {given} series"
        )));
    }
    inputs
        .iter()
        .zip(outputs)
        .map(|(input, output)| {
            let forecast =
                Forecast::read(&manifest.title, unit, input, output).ok_or_else(|| {
                    Error::Drawing("the answer has no median or mean to draw".to_owned())
                })?;
            chart::draw(&forecast, format)
        })
        .collect()
}
