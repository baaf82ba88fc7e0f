//! The Unigram model: the most likely way to cut a word into pieces.
//! Must answer what the crate tokenizers answers, to the last bit of every score, in a twentieth of its memory.

use crate::trie::Trie;
use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use tokenizers::{Result, Token};

/// An unknown character is less likely than the least likely piece, by this.
const UNKNOWN_PENALTY: f64 = 10.0;

#[derive(Deserialize)]
struct Written {
    vocab: Pieces,
    unk_id: Option<u32>,
    #[serde(default)]
    byte_fallback: bool,
}

/// A vocabulary with scores, ready to cut words.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Unigram {
    pieces: Pieces,
    trie: Trie,
    unknown: Option<u32>,
    unknown_score: f64,
    /// The pieces `<0x00>` to `<0xFF>`, where an unknown character is written as its bytes.
    bytes: Option<Box<[Option<u32>; 256]>>,
}

/// All pieces in one string.
#[derive(Debug, Default)]
struct Pieces {
    text: String,
    ends: Vec<u32>,
    scores: Vec<f64>,
}

/// The best way to a place in a word: its last piece.
#[derive(Debug, Clone, Copy)]
struct Best {
    score: f64,
    start: u32,
    id: u32,
}

/// No way leads here yet.
const NOWHERE: u32 = u32::MAX;

impl Pieces {
    fn get(&self, id: u32) -> Option<&str> {
        let end = *self.ends.get(id as usize)?;
        let before = (id as usize).checked_sub(1);
        let start = before.map_or(0, |before| self.ends[before]);
        Some(&self.text[start as usize..end as usize])
    }
}

impl TryFrom<Written> for Unigram {
    type Error = String;

    fn try_from(written: Written) -> std::result::Result<Self, String> {
        let Written {
            vocab: pieces,
            unk_id: unknown,
            byte_fallback,
        } = written;
        let count = u32::try_from(pieces.ends.len()).map_err(|error| error.to_string())?;
        if unknown.is_some_and(|id| id >= count) {
            return Err("the `unk_id` is larger than vocabulary size".into());
        }
        let trie = Trie::new(count, |id| {
            pieces.get(id).expect("numbered below count").as_bytes()
        });
        let least = pieces.scores.iter().copied().fold(f64::INFINITY, f64::min);
        let byte = |byte: usize| trie.get(format!("<0x{byte:02X}>").as_bytes());
        let bytes = byte_fallback.then(|| Box::new(std::array::from_fn(byte)));
        Ok(Self {
            pieces,
            trie,
            unknown,
            unknown_score: least - UNKNOWN_PENALTY,
            bytes,
        })
    }
}

impl Unigram {
    pub(crate) fn id_of(&self, piece: &str) -> Option<u32> {
        self.trie.get(piece.as_bytes())
    }

    pub(crate) fn piece(&self, id: u32) -> Option<&str> {
        self.pieces.get(id)
    }

    pub(crate) fn size(&self) -> usize {
        self.pieces.ends.len()
    }

    /// How far the longest piece that `text` begins with reaches; 0 where there is none.
    pub(crate) fn reach(&self, text: &[u8]) -> usize {
        self.trie
            .prefixes(text)
            .last()
            .map_or(0, |(length, _)| length)
    }

    /// The pieces of a word.
    pub(crate) fn tokenize(&self, word: &str) -> Result<Vec<Token>> {
        let mut tokens = Vec::new();
        for (start, end) in self.cuts(word)? {
            self.push(&mut tokens, &word[start..end], start)?;
        }
        Ok(tokens)
    }

    fn push(&self, tokens: &mut Vec<Token>, piece: &str, start: usize) -> Result<()> {
        let offsets = (start, start + piece.len());
        if let Some(id) = self.trie.get(piece.as_bytes()) {
            tokens.push(Token::new(id, piece.to_owned(), offsets));
            return Ok(());
        }
        if let Some(known) = &self.bytes {
            let ids = piece.bytes().map(|byte| known[byte as usize]);
            if let Some(ids) = ids.collect::<Option<Vec<u32>>>() {
                tokens.extend(ids.into_iter().map(|id| {
                    let piece = self.pieces.get(id).expect("the trie knows pieces only");
                    Token::new(id, piece.to_owned(), offsets)
                }));
                return Ok(());
            }
        }
        let unknown = self.unknown.ok_or_else(no_unknown)?;
        tokens.push(Token::new(unknown, piece.to_owned(), offsets));
        Ok(())
    }

    /// Where the pieces begin and end; unknown characters side by side are one.
    fn cuts(&self, word: &str) -> Result<Vec<(usize, usize)>> {
        let best = self.best(word)?;
        let mut cuts: Vec<(usize, usize)> = Vec::new();
        let mut joins = false;
        let mut end = word.len();
        while end > 0 {
            let Best { start, id, .. } = best[end];
            let start = start as usize;
            let unknown = Some(id) == self.unknown;
            match cuts.last_mut() {
                Some(after) if unknown && joins => after.0 = start,
                _ => cuts.push((start, end)),
            }
            joins = unknown;
            end = start;
        }
        cuts.reverse();
        Ok(cuts)
    }

    /// The best way to each place of the word, from its beginning on.
    fn best(&self, word: &str) -> Result<Vec<Best>> {
        let nowhere = Best {
            score: 0.0,
            start: NOWHERE,
            id: 0,
        };
        let mut best = vec![nowhere; word.len() + 1];
        for (at, char) in word.char_indices() {
            let here = best[at].score;
            let start = u32::try_from(at)?;
            let mut offer = |end: usize, id: u32, score: f64| {
                let score = score + here;
                let there = &mut best[end];
                if there.start == NOWHERE || score > there.score {
                    *there = Best { score, start, id };
                }
            };
            let mut known = false;
            for (length, id) in self.trie.prefixes(&word.as_bytes()[at..]) {
                offer(at + length, id, self.pieces.scores[id as usize]);
                known |= length == char.len_utf8();
            }
            if !known {
                let unknown = self.unknown.ok_or_else(no_unknown)?;
                offer(at + char.len_utf8(), unknown, self.unknown_score);
            }
        }
        Ok(best)
    }
}

fn no_unknown() -> tokenizers::Error {
    "there is a character that the vocabulary lacks, and no `unk_id` to stand for it".into()
}

impl<'de> Deserialize<'de> for Pieces {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Pieces;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of pieces with their scores")
            }
            fn visit_seq<A: SeqAccess<'de>>(
                self,
                mut list: A,
            ) -> std::result::Result<Pieces, A::Error> {
                let mut pieces = Pieces::default();
                while let Some((piece, score)) = list.next_element::<(Cow<'de, str>, f64)>()? {
                    pieces.text.push_str(&piece);
                    pieces
                        .ends
                        .push(u32::try_from(pieces.text.len()).map_err(de::Error::custom)?);
                    pieces.scores.push(score);
                }
                Ok(pieces)
            }
        }
        deserializer.deserialize_seq(List)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tokenizers::{Model, models::unigram};

    /// The crate's model and this one, of the same vocabulary.
    fn both(vocab: &[(&str, f64)], bytes: bool) -> (unigram::Unigram, Unigram) {
        let mut vocab: Vec<(String, f64)> = vocab
            .iter()
            .map(|(piece, score)| ((*piece).to_owned(), *score))
            .collect();
        if bytes {
            vocab.extend((0..256).map(|byte| (format!("<0x{byte:02X}>"), 0.0)));
        }
        let json = json!({"unk_id": 0, "vocab": vocab, "byte_fallback": bytes});
        let theirs = unigram::Unigram::from(vocab, Some(0), bytes).expect("a vocabulary");
        (theirs, serde_json::from_value(json).expect("a vocabulary"))
    }

    #[test]
    fn every_word_is_cut_as_the_crate_cuts_it() {
        let pieces = [
            ("<unk>", 0.0),
            ("a", -1.1),
            ("aa", -1.7),
            ("aaa", -2.9),
            ("b", -2.2),
            ("ab", -2.2),
            ("ba", -3.3),
            ("é", -4.0),
            ("▁", -1.0),
            ("▁a", -1.5),
            ("哈", -2.5),
            ("哈哈", -3.1),
            ("b", -0.3),
        ];
        let letters = ["a", "b", "é", "▁", "哈", "x", "𝄞", "<unk>", "a", "b"];
        for bytes in [false, true] {
            let (theirs, ours) = both(&pieces, bytes);
            let mut state = 7_u32;
            for _ in 0..20_000 {
                let mut word = String::new();
                for _ in 0..=state % 23 {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    word.push_str(letters[(state >> 16) as usize % letters.len()]);
                }
                assert_eq!(
                    ours.tokenize(&word).expect("cut"),
                    theirs.tokenize(&word).expect("cut"),
                    "{word}"
                );
            }
        }
    }

    #[test]
    fn an_unknown_character_without_a_piece_for_it_is_an_error() {
        let ours: Unigram =
            serde_json::from_value(json!({"vocab": [["a", 0.0]]})).expect("a vocabulary");
        assert!(ours.tokenize("ab").is_err());
        let lying = json!({"vocab": [["a", 0.0]], "unk_id": 1});
        assert!(serde_json::from_value::<Unigram>(lying).is_err());
    }
}
