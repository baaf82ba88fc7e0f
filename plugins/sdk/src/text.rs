//! What a preprocess stage tells a postprocess stage about texts, in the context.
//! Knows neither stage: any plugin that writes this works with any that reads it.

use crate::bytes::{Reader, Writer};
use crate::error::{Error, Result};

/// One request: in which form its texts came, and what each row of the batch was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// What kind of answer the caller expects.
    pub form: Form,
    /// One entry a row of the batch, in its order.
    pub rows: Vec<Row>,
}

/// In which form the texts came, and so in which form the answer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One text, or one pair: the answer is that of one row.
    Single,
    /// A list of texts or pairs: the answer is a list, one entry a row.
    Batch,
    /// A source sentence, which is row 0, and sentences to compare with it: the answer is a list, one score a
    /// row after row 0. Every row is one text; the stage behind compares rows.
    Similarity,
    /// The same request where the model reads pairs: every row is the pair of the source and one sentence, in
    /// the sentences' order. The answer is a list, one score a row, and row 0 is a sentence like the others.
    Ranking,
}

/// One row of the batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// The text as it came, as far as it was looked at; of a pair, the first. Empty where only the tokens matter.
    pub text: String,
    /// One entry a token, padding left out; the first is the row's position `skip`.
    pub tokens: Vec<Token>,
    /// Padding tokens before the first: 0 unless padding goes on the left.
    pub skip: u32,
}

/// One token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Token {
    /// Where it begins, in bytes of the text. Of a first text that is not empty, always between two characters.
    pub start: u32,
    /// Where it ends, in bytes of the text, never before `start`.
    pub end: u32,
    /// Which word it is a piece of, as the tokenizer splits words.
    pub word: Option<u32>,
    /// Whether it is no part of the caller's text: the tokenizer put it there (`[CLS]`, `</s>`), or the
    /// configuration did (a prefix). It begins and ends at 0.
    pub special: bool,
    /// Whether it belongs to the second text of a pair.
    pub second: bool,
}

/// The first byte of every context. Of JSON it would be a control character, so neither is taken for the other.
const VERSION: u8 = 1;

const SPECIAL: u8 = 1;
const SECOND: u8 = 2;
const IN_WORD: u8 = 4;

/// How the tokens of a row are written: one byte each, or with their place in the text.
const BARE: u8 = 0;
const PLACED: u8 = 1;

/// Bytes of a token that is written with its place.
const TOKEN: usize = 13;
/// Bytes of a row without text and tokens.
const ROW: usize = 13;

impl Texts {
    /// For [`Prepared::context`](crate::Prepared).
    ///
    /// Little-endian. A version byte (1), the form (0 to 3, as [`Form`] lists them), a u32 number of rows, then each
    /// row: `skip` as u32, the text's length as u32 and its UTF-8, the number of tokens as u32, a byte 0 or 1.
    /// Where that is 0, a token is a byte of flags (1 special, 2 second, 4 in a word). Where it is 1, a token is
    /// `start`, `end` and `word` as u32 and that byte.
    pub fn to_context(&self) -> Vec<u8> {
        let rows = self.rows.iter();
        let size: usize = rows
            .map(|row| ROW + row.text.len() + row.tokens.len() * TOKEN)
            .sum();
        let mut out = Writer::with_capacity(6 + size);
        out.u8(VERSION);
        out.u8(self.form.code());
        out.length(self.rows.len());
        for row in &self.rows {
            row.write(&mut out);
        }
        out.finish()
    }

    /// From the `context` of a postprocess stage.
    pub fn from_context(context: &[u8]) -> Result<Self> {
        Self::read(context).map_err(|why| {
            Error::internal(format!(
                "the context is not that of texts ({why}); use a preprocess plugin that writes one, such as tokenize-text"
            ))
        })
    }

    fn read(context: &[u8]) -> std::result::Result<Self, String> {
        let mut input = Reader::new(context);
        match input.u8()? {
            VERSION => {}
            version => {
                return Err(format!(
                    "its first byte is {version}, which must be {VERSION}"
                ));
            }
        }
        let form = Form::of(input.u8()?)?;
        let rows = input.length(ROW)?;
        let rows = (0..rows).map(|_| Row::read(&mut input));
        let rows = rows.collect::<std::result::Result<_, String>>()?;
        input.end()?;
        Ok(Self { form, rows })
    }
}

impl Form {
    fn code(self) -> u8 {
        match self {
            Self::Single => 0,
            Self::Batch => 1,
            Self::Similarity => 2,
            Self::Ranking => 3,
        }
    }

    fn of(code: u8) -> std::result::Result<Self, String> {
        Ok(match code {
            0 => Self::Single,
            1 => Self::Batch,
            2 => Self::Similarity,
            3 => Self::Ranking,
            _ => return Err(format!("there is no form {code}")),
        })
    }
}

impl Row {
    fn write(&self, out: &mut Writer) {
        out.u32(self.skip);
        out.length(self.text.len());
        out.bytes(self.text.as_bytes());
        out.length(self.tokens.len());
        let placed = |token: &Token| token.end != 0 || token.start != 0 || token.word.is_some();
        if !self.tokens.iter().any(placed) {
            out.u8(BARE);
            for token in &self.tokens {
                out.u8(token.flags());
            }
            return;
        }
        out.u8(PLACED);
        for token in &self.tokens {
            let mut bytes = [0; TOKEN];
            bytes[0..4].copy_from_slice(&token.start.to_le_bytes());
            bytes[4..8].copy_from_slice(&token.end.to_le_bytes());
            bytes[8..12].copy_from_slice(&token.word.unwrap_or(0).to_le_bytes());
            bytes[12] = token.flags();
            out.bytes(&bytes);
        }
    }

    fn read(input: &mut Reader<'_>) -> std::result::Result<Self, String> {
        let skip = input.u32()?;
        let text = input.length(1)?;
        let text = std::str::from_utf8(input.take(text)?).map_err(|error| error.to_string())?;
        let tokens = input.length(1)?;
        let tokens: Vec<Token> = match input.u8()? {
            BARE => {
                let flags = input.take(tokens)?;
                flags.iter().map(|flags| Token::bare(*flags)).collect()
            }
            PLACED => (0..tokens)
                .map(|_| Token::placed(input, text))
                .collect::<std::result::Result<_, String>>()?,
            kind => return Err(format!("there are no tokens of kind {kind}")),
        };
        Ok(Self {
            text: text.to_owned(),
            tokens,
            skip,
        })
    }
}

impl Token {
    fn flags(self) -> u8 {
        let flag = |set: bool, flag| if set { flag } else { 0 };
        flag(self.special, SPECIAL) | flag(self.second, SECOND) | flag(self.word.is_some(), IN_WORD)
    }

    fn bare(flags: u8) -> Self {
        Self {
            special: flags & SPECIAL != 0,
            second: flags & SECOND != 0,
            ..Self::default()
        }
    }

    fn placed(input: &mut Reader<'_>, text: &str) -> std::result::Result<Self, String> {
        let (start, end, word) = (input.u32()?, input.u32()?, input.u32()?);
        let flags = input.u8()?;
        let token = Self {
            start,
            end,
            word: (flags & IN_WORD != 0).then_some(word),
            ..Self::bare(flags)
        };
        let lies_in = |text: &str| text.get(start as usize..end as usize).is_some();
        if start > end || !(token.second || text.is_empty() || lies_in(text)) {
            return Err(format!("a token from {start} to {end} is not in its text"));
        }
        Ok(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> Texts {
        let token = |start, end, word, special, second| Token {
            start,
            end,
            word,
            special,
            second,
        };
        let placed = Row {
            text: "naïve".into(),
            tokens: vec![
                token(0, 0, None, true, false),
                token(0, 4, Some(0), false, false),
                token(4, 6, Some(u32::MAX), false, false),
                token(7, 90, Some(1), false, true),
            ],
            skip: 3,
        };
        let bare = Row {
            tokens: vec![
                token(0, 0, None, true, false),
                token(0, 0, None, false, true),
            ],
            ..Row::default()
        };
        Texts {
            form: Form::Batch,
            rows: vec![placed, bare, Row::default()],
        }
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        for form in [Form::Single, Form::Batch, Form::Similarity, Form::Ranking] {
            let texts = Texts { form, ..texts() };
            assert_eq!(Texts::from_context(&texts.to_context()), Ok(texts));
        }
    }

    #[test]
    fn a_token_is_one_byte_where_places_do_not_matter() {
        let row = Row {
            tokens: vec![Token::default(); 1000],
            ..Row::default()
        };
        let texts = Texts {
            form: Form::Single,
            rows: vec![row],
        };
        assert_eq!(texts.to_context().len(), 6 + ROW + 1000);
    }

    #[test]
    fn another_plugins_context_is_refused_with_what_to_do() {
        let contexts: [&[u8]; 6] = [
            b"",
            b"{}",
            br#"{"horizon":1,"items":[]}"#,
            &[2, 0, 0, 0, 0, 0],
            &[1, 9, 0, 0, 0, 0],
            &[1, 0, 255, 255, 255, 255],
        ];
        for context in contexts {
            let error = Texts::from_context(context).expect_err("not texts");
            assert!(error.to_string().contains("tokenize-text"), "{error}");
        }
    }

    #[test]
    fn a_context_with_a_byte_less_or_more_is_refused() {
        let whole = texts().to_context();
        for length in 0..whole.len() {
            assert!(Texts::from_context(&whole[..length]).is_err(), "{length}");
        }
        assert!(Texts::from_context(&[whole, vec![0]].concat()).is_err());
    }

    #[test]
    fn no_change_of_a_byte_makes_a_reader_panic_or_a_slice_miss() {
        let whole = texts().to_context();
        for at in 0..whole.len() {
            for value in 0..=u8::MAX {
                let mut changed = whole.clone();
                changed[at] = value;
                let Ok(texts) = Texts::from_context(&changed) else {
                    continue;
                };
                for row in texts.rows.iter().filter(|row| !row.text.is_empty()) {
                    for token in row.tokens.iter().filter(|token| !token.second) {
                        assert!(
                            row.text
                                .get(token.start as usize..token.end as usize)
                                .is_some()
                        );
                    }
                }
            }
        }
    }
}
