//! The steps of a tokenizer.json, one by one: added tokens, normalizer, words, tokens, special tokens.
//! Knows no lengths: its own truncation and padding are read by others and obeyed by nobody here.

use crate::model::Model;
use crate::plain::{Plain, PlainText};
use modelhost_plugin::{Error, Result};
use serde::Deserialize;
use serde_json::Value;
use std::cell::RefCell;
use tokenizers::{
    AddedToken, AddedVocabulary, Encoding, NormalizerWrapper, OffsetReferential, OffsetType,
    PaddingParams, PostProcessor, PostProcessorWrapper, PreTokenizedString, PreTokenizer as _,
    PreTokenizerWrapper, Token,
};

/// The file as it is written, as far as it is read. A decoder is never needed.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
    normalizer: Option<NormalizerWrapper>,
    pre_tokenizer: Option<PreTokenizerWrapper>,
    post_processor: Option<PostProcessorWrapper>,
    model: Model,
    truncation: Option<Truncation>,
    padding: Option<PaddingParams>,
}

#[derive(Deserialize)]
struct Truncation {
    max_length: usize,
}

/// The steps.
#[derive(Debug)]
pub(crate) struct Pipeline {
    added: AddedVocabulary,
    normalizer: Option<NormalizerWrapper>,
    pre_tokenizer: Option<PreTokenizerWrapper>,
    pub(crate) model: Model,
    post_processor: Option<PostProcessorWrapper>,
    plain: Option<Plain>,
    /// What the file says about lengths, for others to decide.
    pub(crate) truncation: Option<usize>,
    pub(crate) padding: Option<PaddingParams>,
}

/// A text that is split into words.
#[derive(Debug)]
pub(crate) enum Split {
    Plain(PlainText),
    Other(PreTokenizedString),
}

/// A word: its text after the normalizer, where it was in the original, and its tokens where it has some already.
pub(crate) type Word<'a> = (&'a str, (usize, usize), &'a Option<Vec<Token>>);

impl Pipeline {
    pub(crate) fn new(json: &[u8]) -> Result<Self> {
        let file: File = serde_json::from_slice(json)
            .map_err(|error| Error::internal(format!("tokenizer.json cannot be used: {error}")))?;
        let mut added = AddedVocabulary::new();
        added.add_tokens(&file.added_tokens, &file.model, file.normalizer.as_ref());
        let plain = Plain::new(
            file.normalizer.as_ref(),
            file.pre_tokenizer.as_ref(),
            &added,
        );
        Ok(Self {
            plain,
            added,
            normalizer: file.normalizer,
            pre_tokenizer: file.pre_tokenizer,
            model: file.model,
            post_processor: file.post_processor,
            truncation: file.truncation.map(|truncation| truncation.max_length),
            padding: file.padding,
        })
    }

    /// The words of a text, without tokens but for the added ones.
    pub(crate) fn split(&self, text: &str) -> Result<Split> {
        if let Some(plain) = self.plain.as_ref().and_then(|plain| plain.split(text)) {
            return Ok(Split::Plain(plain));
        }
        let mut words = self
            .added
            .extract_and_normalize(self.normalizer.as_ref(), text);
        if let Some(step) = &self.pre_tokenizer {
            step.pre_tokenize(&mut words).map_err(failed)?;
        }
        Ok(Split::Other(words))
    }

    pub(crate) fn tokenize(&self, word: &str) -> Result<Vec<Token>> {
        tokenizers::Model::tokenize(&self.model, word).map_err(failed)
    }

    /// One text or two with their special tokens.
    pub(crate) fn finish(
        &self,
        first: Encoding,
        second: Option<Encoding>,
        specials: bool,
    ) -> Result<Encoding> {
        let Some(step) = &self.post_processor else {
            let both = std::iter::once(first).chain(second).collect();
            let mut joined =
                <dyn PostProcessor>::default_process(both, specials).map_err(failed)?;
            return joined
                .pop()
                .ok_or_else(|| Error::internal("the tokenizer joined two texts to none"));
        };
        step.process(first, second, specials).map_err(failed)
    }

    /// How many tokens `finish` adds.
    pub(crate) fn specials(&self, pair: bool) -> usize {
        let step = self.post_processor.as_ref();
        step.map_or(0, |step| step.added_tokens(pair))
    }

    /// What a text of these tokens is; they have no places in it. An error is the id that is no token.
    pub(crate) fn made_of(&self, ids: &[u32]) -> std::result::Result<Encoding, u32> {
        let token = |id: &u32| {
            let added = self.added.simple_id_to_token(*id);
            added
                .or_else(|| tokenizers::Model::id_to_token(&self.model, *id))
                .ok_or(*id)
        };
        let tokens: Vec<String> = ids
            .iter()
            .map(token)
            .collect::<std::result::Result<_, _>>()?;
        let special = |token: &String| u32::from(self.added.is_special_token(token));
        let count = ids.len();
        Ok(Encoding::new(
            ids.to_vec(),
            vec![0; count],
            tokens.clone(),
            vec![None; count],
            vec![(0, 0); count],
            tokens.iter().map(special).collect(),
            vec![1; count],
            Vec::new(),
            Default::default(),
        ))
    }

    pub(crate) fn id(&self, token: &str) -> Option<u32> {
        self.added.token_to_id(token, &self.model)
    }

    /// The bytes of the longest added token.
    pub(crate) fn longest_added(&self) -> usize {
        let tokens = self.added.get_vocab().keys();
        tokens.map(String::len).max().unwrap_or(0)
    }

    /// Whether a step may look so far ahead that no part of a text tells how the part before it is split.
    pub(crate) fn looks_far(&self) -> bool {
        let steps = [
            serde_json::to_value(&self.normalizer),
            serde_json::to_value(&self.pre_tokenizer),
        ];
        // What cannot be written as JSON cannot be looked into.
        steps
            .into_iter()
            .any(|step| step.map_or(true, |step| looks_far(&step)))
    }
}

impl Split {
    pub(crate) fn words(&self) -> Vec<Word<'_>> {
        match self {
            Self::Plain(plain) => plain.words(),
            Self::Other(words) => words.get_splits(OffsetReferential::Original, OffsetType::Byte),
        }
    }

    /// The tokens of the text: `made` are those of the words without, in their order. Words behind the last of
    /// them have none.
    pub(crate) fn joined(
        self,
        made: Vec<Vec<Token>>,
        kind: u32,
        offsets: bool,
    ) -> Result<Encoding> {
        let mut words = match self {
            Self::Plain(plain) => return Ok(plain.joined(made, kind)),
            Self::Other(words) => words,
        };
        let made = RefCell::new(made.into_iter());
        let next = |_: &_| Ok(made.borrow_mut().next().unwrap_or_default());
        words.tokenize(next).map_err(failed)?;
        let offsets = match offsets {
            true => OffsetType::Byte,
            false => OffsetType::None,
        };
        words.into_encoding(None, kind, offsets).map_err(failed)
    }
}

/// Looks for the regular expressions in a step, and for the one step that counts from the beginning.
fn looks_far(step: &Value) -> bool {
    match step {
        Value::Object(fields) => {
            let counts = fields.get("type").and_then(Value::as_str) == Some("FixedLength");
            let pattern = fields.get("Regex").and_then(Value::as_str);
            counts || pattern.is_some_and(pattern_looks_far) || fields.values().any(looks_far)
        }
        Value::Array(steps) => steps.iter().any(looks_far),
        _ => false,
    }
}

/// `(?!\S)`, which most have, looks one character behind a run of spaces; anything else might look anywhere.
fn pattern_looks_far(pattern: &str) -> bool {
    let pattern = pattern.replace(r"(?!\S)", "");
    ["(?=", "(?!", ".*", ".+", "$", r"\z", r"\Z"]
        .iter()
        .any(|far| pattern.contains(far))
}

fn failed(error: tokenizers::Error) -> Error {
    Error::internal(format!("the tokenizer failed on a text: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_known_tokenizers_look_near_and_others_far() {
        let near = [
            r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
            r"(?i:'s|'t)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
            " {2,}",
        ];
        for pattern in near {
            assert!(!pattern_looks_far(pattern), "{pattern}");
        }
        for pattern in [r"\d{1,3}(?=(?:\d{3})*\b)", r#"".*?""#, r"\s+$"] {
            assert!(pattern_looks_far(pattern), "{pattern}");
        }
    }
}
