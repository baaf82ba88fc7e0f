//! The plugin "scale": multiplies a list of numbers on its way into the model, and adds up what comes out.

use modelhost_plugin::*;
use serde::Deserialize;
use serde_json::json;

modelhost_plugin::processor!(Scale);

struct Scale {
    // [preprocess]
    factor: f64,
    tensor: String,
    calls: std::sync::atomic::AtomicU32,
    // [end]
}

// [preprocess]
#[derive(Deserialize)]
struct Config {
    factor: f64,
}

// [end]
/// Runs once. The memory that it leaves is where every call starts.
impl Plugin for Scale {
    fn init(config: &str, _assets: Assets, model: &Signature) -> Result<(Self, Description)> {
        log::debug(&format!("config {config}, model {model:?}"));
        let plugin = Self {
            // [preprocess]
            factor: json::config::<Config>(config)?.factor,
            tensor: model.inputs.first().map_or("x".to_owned(), |port| port.name.clone()),
            calls: Default::default(),
            // [end]
        };
        let description = Description {
            // [preprocess]
            inputs: Some(json!({"type": "array", "items": {"type": "number"}, "minItems": 1}).to_string()),
            // [postprocess]
            parameters: Some(
                json!({"type": "object", "properties": {"round": {"type": "integer", "minimum": 0, "maximum": 9}}})
                    .to_string(),
            ),
            outputs: Some(json!({"type": "object", "required": ["sum", "values"]}).to_string()),
            // [end]
            ..Description::default()
        };
        Ok((plugin, description))
    }
}

// [preprocess]
#[derive(Deserialize)]
struct Body {
    inputs: Vec<f64>,
}

/// A request becomes the model's inputs.
impl Preprocess for Scale {
    fn run(&self, request: Request) -> Result<Prepared> {
        let call = self.calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        let Body { inputs } = request.json()?;
        if inputs.is_empty() {
            return Err(Invalid::at("/inputs", "must hold at least one number").into());
        }
        let row: Vec<f32> = inputs.iter().map(|value| (value * self.factor) as f32).collect();
        if let Some(index) = row.iter().position(|value| !value.is_finite()) {
            return Err(Invalid::at(format!("/inputs/{index}"), "is too large").into());
        }
        log::info(&format!("call {call}: {} values", inputs.len()));
        let tensor = Tensor::f32(&[1, row.len()], row);
        Ok(Prepared::new([(self.tensor.as_str(), tensor)]).with_context(call.to_string().into()))
    }
}

// [postprocess]
#[derive(Deserialize)]
struct Parameters {
    round: Option<u32>,
}

/// The model's outputs become the answer.
impl Postprocess for Scale {
    fn run(&self, outputs: Tensors, context: &[u8], parameters: &str) -> Result<String> {
        let Parameters { round } = json::parameters(parameters)?;
        if round.is_some_and(|digits| digits > 9) {
            return Err(Invalid::at("/parameters/round", "must be at most 9").into());
        }
        let Some((_, Tensor { data: Data::F32(values), .. })) = outputs.0.first() else {
            return Err(Error::internal("the model's first output must be f32"));
        };
        let tidy = |value: f64| match round {
            Some(digits) => (value * 10f64.powi(digits as i32) + 0.5).floor() / 10f64.powi(digits as i32),
            None => value,
        };
        log::info(&format!("answering call {}", String::from_utf8_lossy(context)));
        let values: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
        let sum = tidy(values.iter().sum());
        let values: Vec<f64> = values.into_iter().map(tidy).collect();
        Ok(json!({"sum": sum, "values": values}).to_string())
    }
}
// [end]
