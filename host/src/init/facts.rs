//! What is known of a model: its signature, and what the files beside it say.
//! Must not know what follows from any of it. Foreign files are read forgivingly: many hands write them.

use super::card::Card;
use super::choice::Choice;
use super::files::Files;
use super::kin::Pooling;
use super::{Error, Place};
use crate::model::{self, Port, Signature};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;

/// Everything that a guess may be made from.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) files: &'a Files,
    /// What the repo or folder is called, with what its base models are.
    names: Vec<String>,
    pub(super) signature: Signature,
    /// The operator behind each output.
    producers: HashMap<String, String>,
    pub(super) card: Card,
    /// `config.json`
    pub(super) config: Value,
    pub(super) tokenizer: Option<Tokenizer>,
    /// The one that is there and cannot be used.
    pub(super) unusable: Option<Unusable>,
    /// `sentence_bert_config.json`
    pub(super) sentences: Value,
    /// `config_sentence_transformers.json`
    pub(super) prompts: Value,
    /// What turns tokens into one vector, by this repo's own files.
    pub(super) pooling: Option<Pooling>,
    /// The same by those of a model that this one was made from.
    pub(super) kin: Option<(String, Pooling)>,
    /// What whoever asked should know of the files themselves.
    pub(super) notes: Vec<String>,
}

/// A `tokenizer.json`, without its vocabulary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tokenizer {
    /// Its path in the repo.
    pub(super) file: String,
    pub(super) bytes: usize,
    /// The length that it pads every text to.
    pub(super) pads_to: Option<u64>,
}

/// A `tokenizer.json` that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unusable {
    /// Its path in the repo.
    pub(super) file: String,
    pub(super) why: String,
}

#[derive(Deserialize)]
struct WrittenTokenizer {
    padding: Option<WrittenPadding>,
    model: WrittenModel,
}

/// The oldest files leave out the type.
#[derive(Deserialize)]
struct WrittenModel {
    #[serde(rename = "type")]
    kind: Option<String>,
}

const KINDS: [&str; 4] = ["WordPiece", "WordLevel", "BPE", "Unigram"];

#[derive(Deserialize)]
struct WrittenPadding {
    strategy: Value,
}

impl<'a> Facts<'a> {
    pub(super) fn read(
        place: &Place,
        files: &'a mut Files,
        choice: &Choice,
    ) -> Result<Facts<'a>, Error> {
        let file = model::File::read(&files.model).map_err(|error| unreadable(error, choice))?;
        let mut notes = files.set_broken_aside();
        let files: &Files = files;
        let json = |name: &str| json(files, name);
        let config = json("config.json");
        let modules = json("modules.json");
        let pooling = json("1_Pooling/config.json");
        let sentences = json("sentence_bert_config.json");
        let prompts = json("config_sentence_transformers.json");
        let (tokenizer, unusable) = match tokenizer(files).transpose() {
            Ok(tokenizer) => (tokenizer, None),
            Err(unusable) => (None, Some(unusable)),
        };
        if let Some(Unusable { file, why }) = &unusable {
            notes.push(format!("{file} was not used: {why}"));
        }
        let card = files.find("README.md");
        let card = card.map(|(_, bytes)| Card::read(bytes)).unwrap_or_default();
        if card.is_broken {
            notes.push("README.md begins with `---`, and there is no YAML up to another such line: its tags and examples were not used".to_owned());
        }
        let mut names = vec![place.name()];
        names.extend(card.base_models.iter().cloned());
        Ok(Facts {
            files,
            names,
            producers: producers(&file),
            signature: file.signature().clone(),
            card,
            config,
            tokenizer,
            unusable,
            sentences,
            prompts,
            pooling: Pooling::read(&modules, &pooling),
            kin: None,
            notes,
        })
    }

    /// The operator that makes an output, such as `Softmax`.
    pub(super) fn producer(&self, output: &Port) -> Option<&str> {
        self.producers.get(&output.name).map(String::as_str)
    }

    /// The class in transformers, such as `BertForSequenceClassification`.
    pub(super) fn architecture(&self) -> Option<&str> {
        self.config["architectures"][0].as_str()
    }

    /// Whether a cross-encoder's scores are its logits.
    pub(super) fn answers_logits(&self) -> bool {
        let config = &self.config;
        let written = [
            &config["sentence_transformers"]["activation_fn"],
            &config["sbert_ce_default_activation_function"],
        ];
        let mut names = written.iter().filter_map(|name| name.as_str());
        names.any(|name| name.ends_with("Identity"))
    }

    /// How many classes the files name.
    pub(super) fn class_count(&self) -> Option<usize> {
        let config = &self.config;
        let named = config["id2label"].as_object().map(serde_json::Map::len);
        let listed = config["label_names"].as_array().map(Vec::len);
        let counted = || usize::try_from(config["num_labels"].as_u64()?).ok();
        named.or(listed).or_else(counted)
    }

    /// The names of the classes, in no order.
    pub(super) fn classes(&self) -> Vec<&str> {
        let named = self.config["id2label"].as_object();
        let named = named.into_iter().flat_map(|names| names.values());
        named.filter_map(Value::as_str).collect()
    }

    /// Each word of each name, in lower case, with the name.
    pub(super) fn words(&self) -> Vec<(String, &str)> {
        let words = |name| {
            let parts = str::split(name, ['/', '-', '_', '.', ' ']);
            parts.map(move |part| (part.to_lowercase(), name))
        };
        self.names
            .iter()
            .flat_map(|name| words(name.as_str()))
            .collect()
    }

    /// Files that a tokenizer can be made from, where there is no `tokenizer.json`.
    pub(super) fn slow_tokenizer(&self) -> Option<&'static str> {
        let slow = [
            "vocab.txt",
            "sentencepiece.bpe.model",
            "spiece.model",
            "tokenizer.model",
            "vocab.json",
        ];
        slow.into_iter().find(|file| self.files.has(file))
    }
}

fn unreadable(error: model::Error, choice: &Choice) -> Error {
    Error::Model {
        file: choice.file.value.clone(),
        error,
        others: choice.others.clone(),
    }
}

fn producers(file: &model::File) -> HashMap<String, String> {
    let outputs = file.signature().outputs.iter();
    let producer = |port: &Port| {
        let operator = file.producer(&port.name)?.to_owned();
        Some((port.name.clone(), operator))
    };
    outputs.filter_map(producer).collect()
}

/// A file as JSON; null where there is none.
fn json(files: &Files, name: &str) -> Value {
    let found = files.find(name);
    let read = found.and_then(|(_, bytes)| serde_json::from_slice(bytes).ok());
    read.unwrap_or(Value::Null)
}

/// `None` where there is none.
fn tokenizer(files: &Files) -> Option<Result<Tokenizer, Unusable>> {
    let (file, bytes) = files.find("tokenizer.json")?;
    let unusable = |why: String| Unusable {
        file: file.to_owned(),
        why,
    };
    let read = |written: WrittenTokenizer| match written.model.kind {
        Some(kind) if !KINDS.contains(&kind.as_str()) => Err(unusable(format!(
            "its model is `{kind}`, and there are {}",
            KINDS.join(", ")
        ))),
        _ => Ok(Tokenizer {
            file: file.to_owned(),
            bytes: bytes.len(),
            pads_to: written
                .padding
                .and_then(|padding| padding.strategy["Fixed"].as_u64()),
        }),
    };
    let written = serde_json::from_slice(bytes);
    Some(
        written
            .map_err(|error| unusable(format!("it is not a tokenizer's file: {error}")))
            .and_then(read),
    )
}
