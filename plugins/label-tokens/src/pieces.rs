//! The tokens of one text that can belong to an entity, each with its scores.
//! Knows no labels and no strategy.

use modelhost_plugin::scores::softmax;
use modelhost_plugin::text::Row;
use serde::Deserialize;

/// What makes a token the continuation of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Words {
    /// That the tokenizer has split it off the word of the token before it.
    Tokenizer,
    /// That there is no space before it: what transformers does where tokens do not mark continuations.
    Spaces,
}

/// One token of the caller's text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece<'a> {
    /// Its place among all tokens of the row, padding left out.
    pub(crate) index: usize,
    /// In bytes of the text.
    pub(crate) start: usize,
    /// In bytes of the text.
    pub(crate) end: usize,
    /// One a class.
    pub(crate) scores: &'a [f32],
    /// Whether it goes on with the word of the piece before it.
    pub(crate) continues: bool,
}

/// The scores of a row's tokens; `None` where a logit is no number. `logits` begins with the row's first token.
pub(crate) fn scores(row: &Row, logits: &[f32], classes: usize) -> Option<Vec<f32>> {
    let mut scores = Vec::with_capacity(row.tokens.len() * classes);
    for logits in logits.chunks_exact(classes).take(row.tokens.len()) {
        scores.extend(softmax(logits)?);
    }
    Some(scores)
}

/// The row's tokens without special ones and without those of a pair's second text.
pub(crate) fn pieces<'a>(
    row: &Row,
    scores: &'a [f32],
    classes: usize,
    words: Words,
) -> Vec<Piece<'a>> {
    let text = row.text.as_bytes();
    let is_space = |at: usize| text.get(at) == Some(&b' ');
    let mut last_word = None;
    let own = row.tokens.iter().zip(scores.chunks_exact(classes));
    let own = own.enumerate().filter_map(|(index, (token, scores))| {
        if token.special || token.second {
            return None;
        }
        let start = token.start as usize;
        let continues = match words {
            Words::Tokenizer => token.word.is_some() && token.word == last_word,
            Words::Spaces => start > 0 && !is_space(start - 1) && !is_space(start),
        };
        last_word = token.word;
        Some(Piece {
            index,
            start,
            end: token.end as usize,
            scores,
            continues,
        })
    });
    own.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use modelhost_plugin::text::Token;

    fn token(start: u32, end: u32, word: u32) -> Token {
        Token {
            start,
            end,
            word: Some(word),
            ..Token::default()
        }
    }

    fn row() -> Row {
        let special = Token {
            special: true,
            ..Token::default()
        };
        let second = Token {
            second: true,
            ..token(0, 2, 0)
        };
        Row {
            text: "ab cd.".into(),
            tokens: vec![
                special,
                token(0, 1, 0),
                token(1, 2, 0),
                token(3, 5, 1),
                token(5, 6, 2),
                special,
                second,
            ],
            skip: 0,
        }
    }

    #[test]
    fn special_tokens_and_the_second_text_are_no_pieces() {
        let scores = [0.0; 14];
        let pieces = pieces(&row(), &scores, 2, Words::Tokenizer);
        let indices: Vec<usize> = pieces.iter().map(|piece| piece.index).collect();
        assert_eq!(indices, [1, 2, 3, 4]);
    }

    #[test]
    fn a_word_ends_where_the_tokenizer_splits_or_only_at_spaces() {
        let scores = [0.0; 14];
        let continues = |words| -> Vec<bool> {
            let row = row();
            let pieces = pieces(&row, &scores, 2, words);
            pieces.iter().map(|piece| piece.continues).collect()
        };
        assert_eq!(continues(Words::Tokenizer), [false, true, false, false]);
        assert_eq!(continues(Words::Spaces), [false, true, false, true]);
    }

    #[test]
    fn scores_are_those_of_the_rows_tokens_and_not_of_padding() {
        let row = Row {
            tokens: vec![token(0, 1, 0)],
            ..row()
        };
        assert_eq!(scores(&row, &[0.0, 0.0, 1.0, 5.0], 2), Some(vec![0.5, 0.5]));
        assert_eq!(scores(&row, &[f32::NAN, 0.0], 2), None);
    }
}
