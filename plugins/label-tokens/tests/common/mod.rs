//! The plugin as the host drives it: configured once, then asked with logits.
#![allow(dead_code, reason = "not every test file asks everything")]

use label_tokens::LabelTokens;
use modelhost_plugin::text::{Form, Row, Texts, Token};
use modelhost_plugin::{
    Assets, Description, Plugin as _, Port, Postprocess, Result, Signature, Tensor, Tensors,
};
use serde_json::{Value, json};

/// A model with one output `logits`, `[rows, tokens, classes]`.
pub(crate) fn signature(classes: Option<u32>) -> Signature {
    Signature {
        inputs: Vec::new(),
        outputs: vec![Port {
            name: "logits".into(),
            dtype: "f32".into(),
            shape: Some(vec![None, None, classes]),
        }],
    }
}

/// The plugin under one configuration that has labels.
pub(crate) struct Model {
    plugin: LabelTokens,
    pub(crate) description: Description,
    classes: usize,
}

impl Model {
    /// Panics where the configuration is refused.
    pub(crate) fn new(config: Value) -> Self {
        let classes = config["labels"].as_array().expect("labels").len();
        let (plugin, description) =
            LabelTokens::init(&config.to_string(), Assets::default(), &signature(None))
                .expect("a right configuration");
        Self {
            plugin,
            description,
            classes,
        }
    }

    /// The answer for one text.
    pub(crate) fn ask(&self, rows: &[Row], logits: &[f32], parameters: &Value) -> Value {
        self.answer(Form::Single, rows, logits, parameters)
    }

    /// The answer for a list of texts.
    pub(crate) fn ask_batch(&self, rows: &[Row], logits: &[f32], parameters: &Value) -> Value {
        self.answer(Form::Batch, rows, logits, parameters)
    }

    fn answer(&self, form: Form, rows: &[Row], logits: &[f32], parameters: &Value) -> Value {
        let tokens = logits.len() / (rows.len() * self.classes).max(1);
        let logits = Tensor::f32(&[rows.len(), tokens, self.classes], logits.to_vec());
        let texts = Texts {
            form,
            rows: rows.to_vec(),
        };
        let text = self
            .run(logits, &texts.to_context(), &parameters.to_string())
            .expect("an answer");
        serde_json::from_str(&text).expect("JSON")
    }

    /// As the host calls it.
    pub(crate) fn run(&self, logits: Tensor, context: &[u8], parameters: &str) -> Result<String> {
        let outputs = Tensors(vec![("logits".into(), logits)]);
        self.plugin.run(outputs, context, parameters)
    }
}

/// The entities of an answer for one text.
pub(crate) fn entities(answer: &Value) -> Vec<Value> {
    answer.as_array().expect("a list").clone()
}

pub(crate) const LABELS: [&str; 4] = ["O", "B-PER", "I-PER", "B-LOC"];

pub(crate) fn model() -> Model {
    Model::new(json!({"labels": LABELS}))
}

/// A row of the words of `text`, each one token.
pub(crate) fn words(text: &str) -> Row {
    let tokens = text.split(' ').enumerate().map(|(i, word)| {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        token(start, start + word.len(), i as u32)
    });
    Row {
        text: text.into(),
        tokens: tokens.collect(),
        skip: 0,
    }
}

pub(crate) fn token(start: usize, end: usize, word: u32) -> Token {
    Token {
        start: start as u32,
        end: end as u32,
        word: Some(word),
        ..Token::default()
    }
}

/// Logits that are sure of one class a token.
pub(crate) fn sure(classes: &[usize]) -> Vec<f32> {
    let mut logits = vec![0.0; classes.len() * LABELS.len()];
    for (token, class) in classes.iter().enumerate() {
        logits[token * LABELS.len() + class] = 90.0;
    }
    logits
}
