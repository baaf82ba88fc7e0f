//! The tokens of one text, as many as there is room for, from no more of the text than that takes.
//! Knows no model and no request. What it answers is exactly what the whole text's tokens would be, cut afterwards.
//!
//! The text is cut first, to a part that is likely to hold enough tokens. Of the part's words only those count that
//! the rest of the text cannot change: a word is *settled* when two more words and [`Encoder::margin`] bytes stand
//! between it and the cut. Where they do not give enough tokens, the part grows fourfold, up to `max_chars`.
//! Of a word so long that it is never settled, the tokens before a seam count (see `seam`).

use crate::cut::{self, Side};
use crate::model::Model;
use crate::pipeline::{Pipeline, Word};
use crate::seam::Seams;
use modelhost_plugin::Result;
use tokenizers::{Encoding, Token, TruncationDirection};

/// Words that must stand between a settled word and the cut: what a pattern matches may reach into the next one.
const WORDS_APART: usize = 2;

/// Bytes that must stand there, beside twice those of the longest added token.
const BYTES_APART: usize = 64;

/// How many bytes a token takes, at first guess.
const BYTES_PER_TOKEN: usize = 6;

/// How many bytes are counted where all tokens of a text are asked for: so many a token that there is room for,
/// and never fewer than the least.
const COUNTED_PER_TOKEN: usize = 32;
const LEAST_COUNTED: usize = 64 << 10;

/// Cuts and encodes texts.
#[derive(Debug)]
pub(crate) struct Encoder {
    pub(crate) pipeline: Pipeline,
    seams: Option<Seams>,
    margin: usize,
    /// Whether some step looks so far ahead that no word is settled before the end.
    far: bool,
    /// No more characters of a text are looked at.
    max_chars: usize,
    /// Whether anyone wants to know where the tokens are.
    offsets: bool,
}

/// The tokens of a text, or of as much of it as there is room for.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) encoding: Encoding,
    /// Where in the text the offsets count from.
    pub(crate) from: usize,
    /// Whether the text has more tokens than there is room for.
    pub(crate) more: bool,
}

/// The number of a text's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    Exactly(usize),
    /// The text is so long that nobody counted to its end.
    AtLeast(usize),
}

/// The tokens of a part's words, as many as were wanted.
#[derive(Default)]
struct Made {
    /// Of each word that had none, in order.
    tokens: Vec<Vec<Token>>,
    /// All of them, with those that words had before.
    count: usize,
}

impl Encoder {
    pub(crate) fn new(pipeline: Pipeline, max_chars: usize, offsets: bool) -> Self {
        Self {
            seams: Seams::new(&pipeline.model),
            margin: BYTES_APART + 2 * pipeline.longest_added(),
            far: pipeline.looks_far(),
            pipeline,
            max_chars,
            offsets,
        }
    }

    /// The first (or last) `room` tokens of `text`.
    pub(crate) fn encode(&self, text: &str, room: usize, side: Side, kind: u32) -> Result<Encoded> {
        let seen = cut::within(text, self.max_chars, side);
        let mut bytes = room.saturating_mul(BYTES_PER_TOKEN) + 8 * self.margin;
        let mut tried = 0;
        loop {
            let (part, whole) = match self.part(seen, bytes, side) {
                // A longer part that ends with a run of spaces is the same part again.
                Some((part, whole)) if whole || part.len() > tried => (part, whole),
                _ => {
                    bytes = bytes.saturating_mul(4);
                    continue;
                }
            };
            tried = part.len();
            let split = self.pipeline.split(part)?;
            let words = split.words();
            let made = match side {
                Side::Right => self.first(&words, whole, room + 1)?,
                Side::Left => self.last(&words, whole, room + 1)?,
            };
            let more = made.count > room;
            if !more && !whole {
                bytes = bytes.saturating_mul(4);
                continue;
            }
            let mut encoding = split.joined(made.tokens, kind, self.offsets)?;
            encoding.truncate(room, 0, side.into());
            encoding.set_overflowing(Vec::new());
            let from = match side {
                Side::Right => 0,
                Side::Left => text.len() - part.len(),
            };
            return Ok(Encoded {
                encoding,
                from,
                more: more || seen.len() < text.len(),
            });
        }
    }

    /// How many tokens `text` has, which is known to have more than `room`.
    pub(crate) fn count(&self, text: &str, room: usize) -> Result<Count> {
        let seen = cut::within(text, self.max_chars, Side::Right);
        let mut bytes = room.saturating_mul(COUNTED_PER_TOKEN).max(LEAST_COUNTED);
        loop {
            let Some((part, whole)) = self.part(seen, bytes, Side::Right) else {
                bytes = bytes.saturating_mul(4);
                continue;
            };
            let split = self.pipeline.split(part)?;
            let made = self.first(&split.words(), whole, usize::MAX)?;
            if whole && seen.len() == text.len() {
                return Ok(Count::Exactly(made.count));
            }
            if whole || made.count > room {
                return Ok(Count::AtLeast(made.count));
            }
            bytes = bytes.saturating_mul(4);
        }
    }

    /// About so many bytes of the text, and whether they are all of it.
    fn part<'a>(&self, seen: &'a str, bytes: usize, side: Side) -> Option<(&'a str, bool)> {
        if self.far || seen.len() <= bytes {
            return Some((seen, true));
        }
        cut::part(seen, bytes, side).map(|part| (part, false))
    }

    /// The tokens of the first words, until there are `enough`.
    fn first(&self, words: &[Word<'_>], whole: bool, enough: usize) -> Result<Made> {
        let settled = match whole {
            true => words.len(),
            false => self.settled_before_cut(words),
        };
        let mut made = Made::default();
        for word in &words[..settled] {
            if made.count >= enough {
                return Ok(made);
            }
            made.add(word, || self.pipeline.tokenize(word.0))?;
        }
        if made.count < enough
            && let Some((unsettled, behind)) = words[settled..].split_first()
        {
            let apart: usize = behind.iter().map(|word| word.0.len()).sum();
            let most = unsettled.0.len() - self.margin.saturating_sub(apart).min(unsettled.0.len());
            if let Some(seam) = self.seam(|seams, model| seams.last(model, unsettled.0, most)) {
                made.add(unsettled, || self.pipeline.tokenize(&unsettled.0[..seam]))?;
            }
        }
        Ok(made)
    }

    /// The tokens of the last words, until there are `enough`.
    fn last(&self, words: &[Word<'_>], whole: bool, enough: usize) -> Result<Made> {
        let unsettled = match whole {
            true => 0,
            false => self.unsettled_behind_cut(words),
        };
        let mut made = Made::default();
        let mut before = words.len();
        for word in words[unsettled..].iter().rev() {
            if made.count >= enough {
                break;
            }
            made.add(word, || self.pipeline.tokenize(word.0))?;
            before -= 1;
        }
        // A word without tokens of its own for each that is left out, so that the others keep their places.
        let bare = words[..before].iter().filter(|word| word.2.is_none());
        made.tokens.extend(bare.map(|_| Vec::new()));
        made.tokens.reverse();
        Ok(made)
    }

    /// How many words the rest of the text cannot change, where the text is cut behind the last of them.
    fn settled_before_cut(&self, words: &[Word<'_>]) -> usize {
        let mut apart = 0;
        for (behind, word) in words.iter().rev().enumerate() {
            if behind >= WORDS_APART && apart >= self.margin {
                return words.len() - behind;
            }
            apart += word.0.len();
        }
        0
    }

    /// How many words the rest of the text may change, where the text is cut before the first of them.
    fn unsettled_behind_cut(&self, words: &[Word<'_>]) -> usize {
        let mut apart = 0;
        for (before, word) in words.iter().enumerate() {
            if before >= WORDS_APART && apart >= self.margin {
                return before;
            }
            // Digits do not count: patterns that take three at a time go on as they began.
            let chars = word.0.chars().filter(|char| !char.is_numeric());
            apart += chars.map(char::len_utf8).sum::<usize>();
        }
        words.len()
    }

    fn seam(&self, find: impl FnOnce(&Seams, &Model) -> Option<usize>) -> Option<usize> {
        find(self.seams.as_ref()?, &self.pipeline.model)
    }
}

impl Made {
    fn add(&mut self, word: &Word<'_>, tokens: impl FnOnce() -> Result<Vec<Token>>) -> Result<()> {
        match word.2 {
            Some(tokens) => self.count += tokens.len(),
            None => {
                let tokens = tokens()?;
                self.count += tokens.len();
                self.tokens.push(tokens);
            }
        }
        Ok(())
    }
}

impl From<Side> for TruncationDirection {
    fn from(side: Side) -> Self {
        match side {
            Side::Left => Self::Left,
            Side::Right => Self::Right,
        }
    }
}
