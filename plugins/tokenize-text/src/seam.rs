//! Places inside of a word that no token spans, so that each side has its tokens whatever the other side is.
//! Knows the vocabulary and nothing of how a model chooses among its tokens.

use crate::model::Model;

/// How far from the wanted place to look for one, beside what the longest token takes.
const WINDOW: usize = 256;

/// Finds seams in words that are too long to be looked at as a whole.
#[derive(Debug)]
pub(crate) struct Seams {
    /// Bytes of the longest token.
    longest: usize,
}

impl Seams {
    /// `None` where a token's text depends on its place in the word, or a word's tokens on all of it.
    pub(crate) fn new(model: &Model) -> Option<Self> {
        model.is_plain().then(|| Self {
            longest: model.longest(),
        })
    }

    /// The last seam up to `most`, so long as something that is longer than any token lies before it.
    pub(crate) fn last(&self, model: &Model, word: &str, most: usize) -> Option<usize> {
        let most = word.floor_char_boundary(most);
        let least = most.saturating_sub(WINDOW).max(self.longest + 1);
        self.all(model, word, least, most).last()
    }

    /// The seams from `least` to `most`, in order.
    fn all<'a>(
        &self,
        model: &'a Model,
        word: &'a str,
        least: usize,
        most: usize,
    ) -> impl Iterator<Item = usize> + use<'a> {
        let longest = self.longest;
        let start = word.floor_char_boundary(least.saturating_sub(longest + 1));
        // Where the tokens end that begin before the place, and whether the character before it is a token.
        let (mut reached, mut known) = (0, false);
        let rest = &word[start..];
        rest.char_indices()
            .map(move |(at, char)| (start + at, char))
            .take_while(move |(at, _)| *at <= most)
            .filter_map(move |(at, char)| {
                let before = known && reached <= at;
                let end = at + char.len_utf8();
                known = model.id(&word[at..end]).is_some();
                reached = reached.max(at + model.reach(&word[at..], longest));
                (before && known && at >= least).then_some(at)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn model() -> Model {
        let model = json!({
            "type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, "ab": 3, "bc": 4}, "merges": ["a b", "b c"],
        });
        serde_json::from_value(model).expect("a model")
    }

    #[test]
    fn a_seam_lies_between_known_characters_that_no_token_joins() {
        let (model, word) = (model(), "abcabcaabxacc");
        let seams = Seams::new(&model).expect("a plain model");
        let all: Vec<_> = seams.all(&model, word, 0, word.len()).collect();
        assert_eq!(all, [3, 6, 7, 11, 12]);
        assert_eq!(seams.last(&model, word, 11), Some(11));
        assert_eq!(seams.last(&model, word, 10), Some(7));
        assert_eq!(seams.last(&model, word, 2), None);
    }

    #[test]
    fn a_model_that_marks_the_ends_of_words_has_none() {
        let marked =
            json!({"type": "BPE", "vocab": {"a": 0}, "merges": [], "end_of_word_suffix": "</w>"});
        let marked: Model = serde_json::from_value(marked).expect("a model");
        assert!(Seams::new(&marked).is_none());
    }
}
