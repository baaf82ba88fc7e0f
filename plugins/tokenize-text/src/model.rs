//! The vocabulary of a tokenizer.json, and how it cuts a word into tokens.
//! Knows no text, only words. Reads its JSON in one pass: a copy of a large vocabulary would stay in every instance.

use crate::unigram::Unigram;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use tokenizers::models::bpe::BPE;
use tokenizers::models::wordlevel::{WordLevel, WordLevelTrainer};
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::{Result, Token};

/// One of the models that the crate tokenizers knows.
#[derive(Debug)]
pub(crate) enum Model {
    WordPiece(WordPiece),
    WordLevel(WordLevel),
    Bpe(BPE),
    Unigram(Unigram),
}

impl Model {
    /// How far the longest token that `text` begins with reaches, where it begins inside of a word.
    /// `longest` is the length of the longest token there is.
    pub(crate) fn reach(&self, text: &str, longest: usize) -> usize {
        if let Self::Unigram(unigram) = self {
            return unigram.reach(text.as_bytes());
        }
        let end = text.floor_char_boundary(longest);
        let mut ends = text[..end].char_indices().map(|(at, _)| at).rev();
        let known = |end: &usize| *end > 0 && self.id(&text[..*end]).is_some();
        if known(&end) {
            return end;
        }
        ends.find(known).unwrap_or(0)
    }

    /// The bytes of its longest token.
    pub(crate) fn longest(&self) -> usize {
        let size = tokenizers::Model::get_vocab_size(self);
        // Numbers may be left out, so that the last is beyond the size; but not for long.
        let numbers = 0..u32::try_from(size.saturating_mul(2)).unwrap_or(u32::MAX);
        let tokens = numbers.filter_map(|id| self.token(id));
        tokens
            .take(size)
            .map(|token| token.len())
            .max()
            .unwrap_or(0)
    }

    /// Whether a token is the same text wherever in a word it stands.
    pub(crate) fn is_plain(&self) -> bool {
        match self {
            Self::WordPiece(_) | Self::WordLevel(_) => false,
            Self::Bpe(bpe) => {
                bpe.continuing_subword_prefix.is_none() && bpe.end_of_word_suffix.is_none()
            }
            Self::Unigram(_) => true,
        }
    }

    pub(crate) fn id(&self, token: &str) -> Option<u32> {
        match self {
            Self::WordPiece(model) => model.token_to_id(token),
            Self::WordLevel(model) => model.token_to_id(token),
            Self::Bpe(model) => model.token_to_id(token),
            Self::Unigram(model) => model.id_of(token),
        }
    }

    fn token(&self, id: u32) -> Option<String> {
        match self {
            Self::WordPiece(model) => model.id_to_token(id),
            Self::WordLevel(model) => model.id_to_token(id),
            Self::Bpe(model) => model.id_to_token(id),
            Self::Unigram(model) => model.piece(id).map(str::to_owned),
        }
    }

    /// What must not be as the file says it: a cache that every call would fill anew, and chance.
    fn settled(mut self) -> Self {
        if let Self::Bpe(bpe) = &mut self {
            bpe.resize_cache(0);
            bpe.dropout = None;
        }
        self
    }
}

use tokenizers::Model as _;

// The crate's trait, because its added tokens want to know the vocabulary.
impl tokenizers::Model for Model {
    type Trainer = WordLevelTrainer;

    fn tokenize(&self, word: &str) -> Result<Vec<Token>> {
        match self {
            Self::WordPiece(model) => model.tokenize(word),
            Self::WordLevel(model) => model.tokenize(word),
            Self::Bpe(model) => model.tokenize(word),
            Self::Unigram(model) => model.tokenize(word),
        }
    }

    fn token_to_id(&self, token: &str) -> Option<u32> {
        self.id(token)
    }

    fn id_to_token(&self, id: u32) -> Option<String> {
        self.token(id)
    }

    fn get_vocab(&self) -> HashMap<String, u32> {
        HashMap::new()
    }

    fn get_vocab_size(&self) -> usize {
        match self {
            Self::WordPiece(model) => model.get_vocab_size(),
            Self::WordLevel(model) => model.get_vocab_size(),
            Self::Bpe(model) => model.get_vocab_size(),
            Self::Unigram(model) => model.size(),
        }
    }

    fn save(&self, _folder: &Path, _name: Option<&str>) -> Result<Vec<PathBuf>> {
        Err("a plugin writes no files".into())
    }

    fn get_trainer(&self) -> WordLevelTrainer {
        WordLevelTrainer::default()
    }
}

impl<'de> Deserialize<'de> for Model {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Typed;
        impl<'de> Visitor<'de> for Typed {
            type Value = Model;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a model of the type WordPiece, WordLevel, BPE or Unigram")
            }
            fn visit_map<A: MapAccess<'de>>(
                self,
                mut map: A,
            ) -> std::result::Result<Model, A::Error> {
                let mut others = serde_json::Map::new();
                // The type comes first in every file that is written today.
                while let Some(key) = map.next_key::<String>()? {
                    if key == "type" && others.is_empty() {
                        let kind: String = map.next_value()?;
                        return of(&kind, MapAccessDeserializer::new(map));
                    }
                    others.insert(key, map.next_value()?);
                }
                let kind = kind_of(&others).to_owned();
                others.remove("type");
                of(&kind, Value::Object(others)).map_err(de::Error::custom)
            }
        }
        deserializer.deserialize_map(Typed).map(Model::settled)
    }
}

/// The rest of a model of this type.
fn of<'de, D: Deserializer<'de>>(kind: &str, rest: D) -> std::result::Result<Model, D::Error> {
    Ok(match kind {
        "WordPiece" => Model::WordPiece(WordPiece::deserialize(rest)?),
        "WordLevel" => Model::WordLevel(WordLevel::deserialize(rest)?),
        "BPE" => Model::Bpe(BPE::deserialize(rest)?),
        "Unigram" => Model::Unigram(Unigram::deserialize(rest)?),
        _ => {
            return Err(de::Error::unknown_variant(
                kind,
                &["WordPiece", "WordLevel", "BPE", "Unigram"],
            ));
        }
    })
}

/// Old files say no type.
fn kind_of(fields: &serde_json::Map<String, Value>) -> &str {
    if let Some(kind) = fields.get("type").and_then(Value::as_str) {
        return kind;
    }
    if fields.contains_key("merges") {
        "BPE"
    } else if fields.get("vocab").is_some_and(Value::is_array) {
        "Unigram"
    } else if fields.contains_key("max_input_chars_per_word") {
        "WordPiece"
    } else {
        "WordLevel"
    }
}
