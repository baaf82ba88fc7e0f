//! The words of printable ASCII as BERT's normalizer and pre-tokenizer make them, at a tenth of what those take.
//! Must answer what they answer; a text that is anything else is left to them.

use crate::pipeline::Word;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::{
    AddedVocabulary, Encoding, NormalizedString, Normalizer as _, NormalizerWrapper,
    PreTokenizerWrapper, Token,
};

/// Recognizes texts that are plain, and splits them.
#[derive(Debug)]
pub(crate) struct Plain {
    lowercase: bool,
    /// The bytes of plain texts: those that print, spaces, and none that an added token begins with.
    takes: [bool; 256],
}

/// A plain text after the normalizer, and where its words are: in the original too, byte for byte.
#[derive(Debug)]
pub(crate) struct PlainText {
    normalized: String,
    words: Vec<(usize, usize)>,
}

impl Plain {
    /// `None` where the steps are not BERT's.
    pub(crate) fn new(
        normalizer: Option<&NormalizerWrapper>,
        pre_tokenizer: Option<&PreTokenizerWrapper>,
        added: &AddedVocabulary,
    ) -> Option<Self> {
        let Some(NormalizerWrapper::BertNormalizer(step)) = normalizer else {
            return None;
        };
        let Some(PreTokenizerWrapper::BertPreTokenizer(_)) = pre_tokenizer else {
            return None;
        };
        let mut takes = [false; 256];
        for byte in (b' '..=b'~').chain(*b"\t\n\r") {
            takes[usize::from(byte)] = true;
        }
        for token in added.get_vocab().keys() {
            for first in firsts(token, step)? {
                takes[usize::from(first)] = false;
            }
        }
        Some(Self {
            lowercase: step.lowercase,
            takes,
        })
    }

    /// `None` where the text is not plain.
    pub(crate) fn split(&self, text: &str) -> Option<PlainText> {
        if !text.bytes().all(|byte| self.takes[usize::from(byte)]) {
            return None;
        }
        let normalized = match self.lowercase {
            true => text.to_ascii_lowercase(),
            false => text.to_owned(),
        };
        let mut words = Vec::with_capacity(text.len() / 4);
        let mut start = 0;
        for (at, byte) in text.bytes().enumerate() {
            let punctuation = byte.is_ascii_punctuation();
            if punctuation || byte.is_ascii_whitespace() {
                if start < at {
                    words.push((start, at));
                }
                if punctuation {
                    words.push((at, at + 1));
                }
                start = at + 1;
            }
        }
        if start < text.len() {
            words.push((start, text.len()));
        }
        Some(PlainText { normalized, words })
    }
}

/// The bytes that a text may show where this added token begins. `None` where that is not a matter of ASCII.
fn firsts(token: &str, step: &BertNormalizer) -> Option<Vec<u8>> {
    let mut normalized = NormalizedString::from(token);
    step.normalize(&mut normalized).ok()?;
    let mut bytes = Vec::new();
    for text in [token, normalized.get()] {
        let first = *text.as_bytes().first()?;
        if !first.is_ascii() {
            return None;
        }
        bytes.extend([first.to_ascii_lowercase(), first.to_ascii_uppercase()]);
    }
    Some(bytes)
}

impl PlainText {
    pub(crate) fn words(&self) -> Vec<Word<'_>> {
        let words = self.words.iter();
        words
            .map(|(start, end)| (&self.normalized[*start..*end], (*start, *end), &None))
            .collect()
    }

    /// Each word with its tokens; words behind the last of them have none.
    pub(crate) fn joined(self, made: Vec<Vec<Token>>, kind: u32) -> Encoding {
        let count = made.iter().map(Vec::len).sum();
        let mut tokens = Vec::with_capacity(count);
        let mut words = Vec::with_capacity(count);
        for (word, ((start, _), of_word)) in (0..).zip(self.words.into_iter().zip(made)) {
            for mut token in of_word {
                token.offsets.0 += start;
                token.offsets.1 += start;
                tokens.push(token);
                words.push(Some(word));
            }
        }
        let mut encoding = Encoding::from_tokens(tokens, kind);
        encoding.get_word_ids_mut().copy_from_slice(&words);
        encoding
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
    use tokenizers::{
        AddedToken, OffsetReferential, OffsetType, PreTokenizer as _, models::wordlevel::WordLevel,
    };

    fn added(contents: &[&str]) -> AddedVocabulary {
        let tokens: Vec<_> = contents
            .iter()
            .map(|content| AddedToken::from(*content, false))
            .collect();
        let mut added = AddedVocabulary::new();
        let normalizer = BertNormalizer::default();
        added.add_tokens(&tokens, &WordLevel::default(), Some(&normalizer));
        added
    }

    fn plain(step: BertNormalizer, contents: &[&str]) -> Option<Plain> {
        Plain::new(
            Some(&step.into()),
            Some(&BertPreTokenizer.into()),
            &added(contents),
        )
    }

    #[test]
    fn plain_texts_are_split_as_berts_steps_split_them() {
        let texts = [
            "",
            " ",
            "It's a test,  isn't it?\r\n\tYES_or-No! $5.00 + 3 = 8 ^^ `~` {x} <b> | \\",
            "a",
            " lead and trail \n",
            "!!!",
        ];
        for step in [
            BertNormalizer::default(),
            BertNormalizer::new(true, true, None, false),
            BertNormalizer::new(false, false, Some(false), true),
        ] {
            let plain = plain(step, &["[MASK]"]).expect("BERT's steps");
            for text in texts {
                let mut right = added(&[]).extract_and_normalize(Some(&step), text);
                BertPreTokenizer.pre_tokenize(&mut right).expect("split");
                let right: Vec<_> = right
                    .get_splits(OffsetReferential::Original, OffsetType::Byte)
                    .into_iter()
                    .map(|(word, offsets, _)| (word.to_owned(), offsets))
                    .collect();
                let split = plain.split(text).expect("a plain text");
                let words: Vec<_> = split
                    .words()
                    .into_iter()
                    .map(|(word, offsets, _)| (word.to_owned(), offsets))
                    .collect();
                assert_eq!(words, right, "{text:?}");
            }
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_berts_steps() {
        let plain_with = |contents: &[&str]| plain(BertNormalizer::default(), contents);
        let plain = plain_with(&["[MASK]", "orange juice"]).expect("BERT's steps");
        for text in ["é", "a\0b", "\u{7f}", "\u{b}", "[CLS]", "x o", "x O"] {
            assert!(plain.split(text).is_none(), "{text:?}");
        }
        assert!(plain.split("x y").is_some());
        assert!(plain_with(&["été"]).is_none());
    }
}
