//! The plugin as the host drives it: configured once, then asked with JSON.

use modelhost_plugin::{
    Assets, Description, Plugin as _, Prepared, Preprocess, Request, Result, Signature,
};
use serde_json::{Value, json};
use window_series::WindowSeries;

/// A small configuration, changed by `change`.
pub(crate) fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut config = json!({
        "context": 4,
        "horizon": 3,
        "past": {"tensor": "past", "channels": ["target"]},
    });
    change(&mut config);
    config
}

/// The plugin under one configuration.
pub(crate) struct Plugin {
    plugin: WindowSeries,
    #[allow(dead_code, reason = "not every test file looks at it")]
    pub(crate) description: Description,
}

#[allow(dead_code, reason = "not every test file asks everything")]
impl Plugin {
    /// Panics where the configuration is refused.
    pub(crate) fn new(config: Value) -> Self {
        let (plugin, description) = WindowSeries::init(
            &config.to_string(),
            Assets::default(),
            &Signature::default(),
        )
        .expect("a right configuration");
        Self {
            plugin,
            description,
        }
    }

    /// The answer to a JSON text.
    pub(crate) fn ask(&self, body: &str) -> Result<Prepared> {
        let content_type = "application/json".to_owned();
        self.plugin.run(Request {
            content_type,
            body: body.as_bytes().to_vec(),
        })
    }

    /// Shape and data of one tensor.
    pub(crate) fn tensor(&self, name: &str, request: &Value) -> (Vec<u32>, Vec<f32>) {
        let prepared = self.ask(&request.to_string()).expect("a right request");
        let rank = prepared
            .tensors
            .tensor(name)
            .expect("the tensor")
            .shape
            .len();
        let view = prepared
            .tensors
            .view::<f32>(name, rank)
            .expect("floats that fit the shape");
        (view.shape.to_vec(), view.data.to_vec())
    }

    /// The context that the postprocess stage gets.
    pub(crate) fn forecast(&self, request: &Value) -> Value {
        let prepared = self.ask(&request.to_string()).expect("a right request");
        serde_json::from_slice(&prepared.context).expect("JSON")
    }

    /// What a wrong request is answered: the field and the message.
    pub(crate) fn refusal(&self, body: &str) -> String {
        match self.ask(body) {
            Err(modelhost_plugin::Error::Invalid(invalid)) => invalid.to_string(),
            other => panic!("{body} must be refused, not {other:?}"),
        }
    }
}
