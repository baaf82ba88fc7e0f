//! The rows of a request as tensors, and what the next stage must know about them.
//! Knows no tokenizer: rows come with their tokens.

use crate::cut::Side;
use crate::ports::{Input, Role};
use crate::settings::{Pad, Settings};
use modelhost_plugin::text::{Form, Row, Texts, Token};
use modelhost_plugin::{Prepared, Tensor, Tensors};
use tokenizers::Encoding;

/// One row with its special tokens, ready to be padded.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) encoding: Encoding,
    /// What the offsets of the first text point into, and of the second.
    pub(crate) texts: [Place<'a>; 2],
}

/// How the offsets of a text's tokens lead to where they are in it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place<'a> {
    pub(crate) text: &'a str,
    /// What is added to them …
    pub(crate) from: usize,
    /// … and then taken away: the bytes that the configuration put before the text.
    pub(crate) prefix: usize,
}

/// The tensors, and the context.
pub(crate) fn prepared(form: Form, lines: &[Line<'_>], settings: &Settings) -> Prepared {
    let longest = lines.iter().map(|line| line.encoding.len()).max();
    let length = settings.row_length(longest.unwrap_or(0));
    let inputs = settings.inputs.inputs.iter();
    let tensors: Tensors = inputs
        .map(|input| tensor(input, lines, length, settings))
        .collect();
    let rows = lines.iter().map(|line| {
        let skip = match settings.pad.side {
            Side::Left => length - line.encoding.len(),
            Side::Right => 0,
        };
        line.row(skip, settings.config.offsets)
    });
    let texts = Texts {
        form,
        rows: rows.collect(),
    };
    Prepared {
        tensors,
        context: texts.to_context(),
    }
}

fn tensor(
    input: &Input,
    lines: &[Line<'_>],
    length: usize,
    settings: &Settings,
) -> (String, Tensor) {
    let Pad { id, kind, side } = settings.pad;
    let mut values = Vec::with_capacity(lines.len() * length);
    for Line { encoding, .. } in lines {
        let padding = length - encoding.len();
        let before = values.len() + if side == Side::Left { padding } else { 0 };
        let filler = match input.role {
            Role::Ids => id,
            Role::Types => kind,
            Role::Mask => 0,
            // Models after RoBERTa give padding the position before the first; others are never asked about it.
            Role::Positions => index(settings.first_position.saturating_sub(1)),
        };
        values.resize(before, filler);
        match input.role {
            Role::Ids => values.extend_from_slice(encoding.get_ids()),
            Role::Types => values.extend_from_slice(encoding.get_type_ids()),
            Role::Mask => values.resize(before + encoding.len(), 1),
            Role::Positions => {
                values.extend((0..encoding.len()).map(|at| index(settings.first_position + at)));
            }
        }
        if side == Side::Right {
            values.resize(before + length, filler);
        }
    }
    input.tensor(lines.len(), values.into_iter())
}

impl Line<'_> {
    fn row(&self, skip: usize, offsets: bool) -> Row {
        let specials = self.encoding.get_special_tokens_mask().iter();
        let mut tokens: Vec<Token> = specials
            .map(|special| Token {
                special: *special != 0,
                ..Token::default()
            })
            .collect();
        if self.encoding.n_sequences() > 1 {
            for (token, sequence) in tokens.iter_mut().zip(self.encoding.get_sequence_ids()) {
                token.second = sequence == Some(1);
            }
        }
        if offsets {
            let words = self.encoding.get_word_ids().iter();
            let places = self.encoding.get_offsets().iter().zip(words);
            for (token, (offsets, word)) in tokens.iter_mut().zip(places) {
                self.place(token, *offsets, *word);
            }
        }
        let firsts = tokens.iter().filter(|token| !token.second);
        let end = firsts.map(|token| token.end as usize).max().unwrap_or(0);
        Row {
            text: self.texts[0].text[..end].to_owned(),
            tokens,
            skip: index(skip),
        }
    }

    /// Puts a token where it is in its text. One that is in the prefix is no token of the text.
    fn place(&self, token: &mut Token, offsets: (usize, usize), word: Option<u32>) {
        if token.special {
            return;
        }
        let place = self.texts[usize::from(token.second)];
        let end = place.of(offsets.1);
        if end == 0 && place.prefix > 0 {
            token.special = true;
            return;
        }
        let end = place.text.ceil_char_boundary(end);
        let start = place.text.floor_char_boundary(place.of(offsets.0));
        token.start = index(start.min(end));
        token.end = index(end);
        token.word = word;
    }
}

impl Place<'_> {
    fn of(self, offset: usize) -> usize {
        (self.from + offset)
            .saturating_sub(self.prefix)
            .min(self.text.len())
    }
}

/// What fits into memory of 32 bits is counted by 32 bits.
fn index(at: usize) -> u32 {
    u32::try_from(at).expect("lengths are bounded")
}
