//! The plugin as the host drives it, in either stage.

use modelhost_plugin::{
    Asset, Assets, Data, Description, Error, Plugin as _, Port, Postprocess, Prepared, Preprocess,
    Request, Result, Signature, Tensor, Tensors,
};
use serde_json::Value;
use table_row::TableRow;

/// The plugin under one configuration.
pub(crate) struct Plugin {
    plugin: TableRow,
    #[allow(dead_code, reason = "not every test file looks at it")]
    pub(crate) description: Description,
}

/// A tensor of a model; -1 is a size that a request decides.
pub(crate) fn port(name: &str, dtype: &str, shape: &[i64]) -> Port {
    Port {
        name: name.into(),
        dtype: dtype.into(),
        shape: Some(shape.iter().map(|dim| u32::try_from(*dim).ok()).collect()),
    }
}

/// A model with these inputs and outputs.
pub(crate) fn model(inputs: &[Port], outputs: &[Port]) -> Signature {
    Signature {
        inputs: inputs.to_vec(),
        outputs: outputs.to_vec(),
    }
}

/// Four numbers in, one out.
#[allow(dead_code, reason = "not every test file uses it")]
pub(crate) fn regressor() -> Signature {
    model(
        &[port("X", "f32", &[-1, 4])],
        &[port("variable", "f32", &[-1, 1])],
    )
}

/// What `init` says of a configuration, with a config.json where there is one.
pub(crate) fn init(
    config: &Value,
    file: Option<&Value>,
    model: &Signature,
) -> std::result::Result<Plugin, String> {
    let asset = |file: &Value| Asset {
        name: "config.json".into(),
        data: file.to_string().into_bytes(),
    };
    let assets = Assets(file.map(asset).into_iter().collect());
    match TableRow::init(&config.to_string(), assets, model) {
        Ok((plugin, description)) => Ok(Plugin {
            plugin,
            description,
        }),
        Err(Error::Invalid(invalid)) => Err(invalid.to_string()),
        Err(Error::Internal(message)) => Err(format!("internal: {message}")),
    }
}

#[allow(dead_code, reason = "not every test file asks everything")]
impl Plugin {
    /// The answer to a body.
    pub(crate) fn ask(&self, body: &str) -> Result<Prepared> {
        Preprocess::run(
            &self.plugin,
            Request {
                content_type: "application/json".to_owned(),
                body: body.as_bytes().to_vec(),
            },
        )
    }

    /// The tensors that a table becomes.
    pub(crate) fn tensors(&self, inputs: &Value) -> Tensors {
        let body = serde_json::json!({"inputs": inputs}).to_string();
        self.ask(&body).expect("a right request").tensors
    }

    /// The floats of the only tensor, with its shape.
    pub(crate) fn floats(&self, inputs: &Value) -> (Vec<u32>, Vec<f32>) {
        let mut tensors = self.tensors(inputs).0;
        assert_eq!(tensors.len(), 1);
        let Tensor { shape, data } = tensors.remove(0).1;
        match data {
            Data::F32(list) => (shape, list),
            other => panic!("must be f32, not {}", other.dtype()),
        }
    }

    /// What a wrong table is answered: the field and the message.
    pub(crate) fn refusal(&self, inputs: &Value) -> String {
        self.refusal_of(&serde_json::json!({"inputs": inputs}).to_string())
    }

    /// The same of a body.
    pub(crate) fn refusal_of(&self, body: &str) -> String {
        match self.ask(body) {
            Err(Error::Invalid(invalid)) => invalid.to_string(),
            other => panic!("must be refused, not {other:?}"),
        }
    }

    /// The answer to a tensor of the model.
    pub(crate) fn answer(&self, name: &str, shape: &[u32], data: Data) -> Result<Value> {
        let tensor = Tensor {
            shape: shape.to_vec(),
            data,
        };
        let outputs = Tensors(vec![(name.to_owned(), tensor)]);
        let text = Postprocess::run(&self.plugin, outputs, b"", "{}")?;
        Ok(serde_json::from_str(&text).expect("JSON"))
    }

    /// Why a tensor of the model cannot be answered.
    pub(crate) fn fault(&self, name: &str, shape: &[u32], data: Data) -> String {
        match self.answer(name, shape, data) {
            Err(Error::Internal(message)) => message,
            other => panic!("must be the model's fault, not {other:?}"),
        }
    }
}
