//! What the model's other files say: as written, and forgiving, because they are written by many hands.
//! Decides nothing.

use modelhost_plugin::{Assets, Error, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The optional files of a repository; each is empty where it was not granted.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) tokenizer: TokenizerConfig,
    pub(crate) model: ModelConfig,
    pub(crate) sentences: SentenceConfig,
}

/// `tokenizer_config.json`
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TokenizerConfig {
    model_max_length: Value,
    padding_side: Value,
    truncation_side: Value,
    pad_token: Value,
}

/// `config.json`
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ModelConfig {
    model_type: Value,
    max_position_embeddings: Value,
    pad_token_id: Value,
}

/// `sentence_bert_config.json`
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SentenceConfig {
    max_seq_length: Value,
}

/// Where the authors wrote "no limit", it is a number beyond this.
const NO_LIMIT: f64 = 1e6;

impl Files {
    pub(crate) fn new(assets: &Assets) -> Result<Self> {
        Ok(Self {
            tokenizer: read(assets, "tokenizer_config.json")?,
            model: read(assets, "config.json")?,
            sentences: read(assets, "sentence_bert_config.json")?,
        })
    }
}

fn read<T: DeserializeOwned + Default>(assets: &Assets, name: &str) -> Result<T> {
    let Some(bytes) = assets.find(name) else {
        return Ok(T::default());
    };
    serde_json::from_slice(bytes)
        .map_err(|error| Error::internal(format!("{name} cannot be used: {error}")))
}

impl TokenizerConfig {
    pub(crate) fn max_length(&self) -> Option<usize> {
        length(&self.model_max_length)
    }

    pub(crate) fn pads_left(&self) -> Option<bool> {
        is_left(&self.padding_side)
    }

    pub(crate) fn truncates_left(&self) -> Option<bool> {
        is_left(&self.truncation_side)
    }

    /// A token's text stands alone or in an object.
    pub(crate) fn pad_token(&self) -> Option<&str> {
        let token = &self.pad_token;
        token.as_str().or_else(|| token.get("content")?.as_str())
    }
}

impl ModelConfig {
    pub(crate) fn pad_id(&self) -> Option<u32> {
        u32::try_from(self.pad_token_id.as_u64()?).ok()
    }

    /// The first position of a text. Models after RoBERTa number positions from behind the id of the padding token.
    pub(crate) fn first_position(&self) -> usize {
        let after_roberta = [
            "roberta",
            "roberta-prelayernorm",
            "xlm-roberta",
            "xlm-roberta-xl",
            "camembert",
            "mpnet",
            "longformer",
            "data2vec-text",
            "ibert",
            "luke",
            "mluke",
            "xmod",
            "esm",
        ];
        let kind = self.model_type.as_str().unwrap_or_default();
        match after_roberta.contains(&kind) {
            true => self.pad_id().map_or(2, |id| id as usize + 1),
            false => 0,
        }
    }

    /// How many positions a text may take.
    pub(crate) fn positions(&self) -> Option<usize> {
        let all = length(&self.max_position_embeddings)?;
        all.checked_sub(self.first_position())
            .filter(|left| *left > 0)
    }
}

impl SentenceConfig {
    pub(crate) fn max_length(&self) -> Option<usize> {
        length(&self.max_seq_length)
    }
}

fn length(value: &Value) -> Option<usize> {
    let length = value.as_f64()?;
    // A whole number below a million fits.
    (1.0..NO_LIMIT).contains(&length).then_some(length as usize)
}

fn is_left(side: &Value) -> Option<bool> {
    match side.as_str()? {
        "left" => Some(true),
        "right" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use modelhost_plugin::Asset;

    fn files(name: &str, text: &str) -> Result<Files> {
        Files::new(&Assets(vec![Asset {
            name: name.into(),
            data: text.as_bytes().to_vec(),
        }]))
    }

    #[test]
    fn models_after_roberta_have_fewer_positions_than_they_say() {
        let positions = |text| files("config.json", text).expect("JSON").model.positions();
        let roberta =
            r#"{"model_type": "xlm-roberta", "max_position_embeddings": 514, "pad_token_id": 1}"#;
        assert_eq!(positions(roberta), Some(512));
        let bert = r#"{"model_type": "bert", "max_position_embeddings": 512, "pad_token_id": 0}"#;
        assert_eq!(positions(bert), Some(512));
        assert_eq!(positions("{}"), None);
    }

    #[test]
    fn a_length_without_sense_is_none() {
        let length = |text| files("tokenizer_config.json", text).map(|f| f.tokenizer.max_length());
        assert_eq!(
            length(r#"{"model_max_length": 1000000000000000019884624838656}"#),
            Ok(None)
        );
        assert_eq!(length(r#"{"model_max_length": "512"}"#), Ok(None));
        assert_eq!(length(r#"{"model_max_length": 384}"#), Ok(Some(384)));
    }

    #[test]
    fn a_pad_token_is_a_text_or_an_object() {
        for text in [
            r#"{"pad_token": "<pad>"}"#,
            r#"{"pad_token": {"content": "<pad>", "lstrip": false}}"#,
        ] {
            let files = files("tokenizer_config.json", text).expect("JSON");
            assert_eq!(files.tokenizer.pad_token(), Some("<pad>"));
        }
    }

    #[test]
    fn a_broken_file_is_named() {
        let error = files("config.json", "{").expect_err("no JSON");
        assert!(
            error.to_string().starts_with("config.json cannot be used:"),
            "{error}"
        );
    }
}
