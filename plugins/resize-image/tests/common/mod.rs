//! The plugin as the host drives it: configured once, then sent pictures.

use modelhost_plugin::{
    Asset, Assets, Data, Description, Error, Plugin as _, Port, Prepared, Preprocess, Request,
    Result, Signature, Tensor,
};
use resize_image::ResizeImage;
use serde_json::Value;
use std::path::PathBuf;

/// The plugin under one configuration.
pub(crate) struct Plugin {
    plugin: ResizeImage,
    #[allow(dead_code, reason = "not every test file looks at it")]
    pub(crate) description: Description,
}

/// A file of `tests/data`.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What `tests/data/make.py` wrote.
#[allow(dead_code, reason = "not every test file compares")]
pub(crate) fn expected(section: &str) -> Value {
    let mut all: Value = serde_json::from_slice(&fixture("expected.json")).expect("JSON");
    all[section].take()
}

/// A model with one input.
pub(crate) fn model(dtype: &str, shape: &[i64]) -> Signature {
    let dims = shape.iter().map(|dim| u32::try_from(*dim).ok()).collect();
    let port = Port {
        name: "pixel_values".into(),
        dtype: dtype.into(),
        shape: Some(dims),
    };
    Signature {
        inputs: vec![port],
        outputs: Vec::new(),
    }
}

/// Files that the manifest grants, by name.
pub(crate) fn granted(files: &[(&str, &Value)]) -> Assets {
    let asset = |(name, content): &(&str, &Value)| Asset {
        name: (*name).to_owned(),
        data: content.to_string().into_bytes(),
    };
    Assets(files.iter().map(asset).collect())
}

/// What `init` says.
pub(crate) fn init(
    config: &Value,
    files: &[(&str, &Value)],
    model: &Signature,
) -> std::result::Result<Plugin, String> {
    match ResizeImage::init(&config.to_string(), granted(files), model) {
        Ok((plugin, description)) => Ok(Plugin {
            plugin,
            description,
        }),
        Err(Error::Invalid(invalid)) => Err(invalid.to_string()),
        Err(internal) => panic!("must not be the plugin's fault: {internal}"),
    }
}

#[allow(dead_code, reason = "not every test file asks everything")]
impl Plugin {
    /// A plugin that hands pixels over as they are, unless `config` says more.
    pub(crate) fn of_pixels(config: &Value) -> Self {
        init(config, &[], &model("u8", &[-1, -1, -1, -1])).expect("a right configuration")
    }

    /// The answer to a body of this type.
    pub(crate) fn ask(&self, content_type: &str, body: &[u8]) -> Result<Prepared> {
        self.plugin.run(Request {
            content_type: content_type.to_owned(),
            body: body.to_vec(),
        })
    }

    /// The tensor that a picture becomes.
    pub(crate) fn tensor(&self, picture: &[u8]) -> Tensor {
        let prepared = self.ask("image/*", picture).expect("a right picture");
        prepared.tensors.0.into_iter().next().expect("a tensor").1
    }

    /// Shape and bytes of a tensor of u8.
    pub(crate) fn pixels(&self, picture: &[u8]) -> (Vec<u32>, Vec<u8>) {
        let Tensor { shape, data } = self.tensor(picture);
        match data {
            Data::U8(pixels) => (shape, pixels),
            other => panic!("must be u8, not {}", other.dtype()),
        }
    }

    /// What a wrong request is answered: the field and the message.
    pub(crate) fn refusal(&self, content_type: &str, body: &[u8]) -> String {
        match self.ask(content_type, body) {
            Err(Error::Invalid(invalid)) => invalid.to_string(),
            Err(internal) => panic!("must not be the plugin's fault: {internal}"),
            Ok(prepared) => panic!("must be refused, not {:?}", prepared.tensors.0[0].1.shape),
        }
    }
}

/// FNV-1a, as `make.py` computes it.
#[allow(dead_code, reason = "not every test file compares")]
pub(crate) fn fnv(bytes: &[u8]) -> String {
    let step = |value: u64, byte: &u8| (value ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    format!("{:016x}", bytes.iter().fold(0xcbf2_9ce4_8422_2325, step))
}
