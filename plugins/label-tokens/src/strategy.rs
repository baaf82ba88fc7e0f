//! How the scores of tokens become entities: the steps of transformers' TokenClassificationPipeline.
//! Knows no JSON and no text, only where pieces of it begin and end.

use crate::pieces::Piece;
use modelhost_plugin::labels::Labels;
use modelhost_plugin::scores::best;
use serde::Deserialize;

/// Hugging Face's `aggregation_strategy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Strategy {
    /// Every token is an entity.
    None,
    /// Tokens in a row with the same label are one entity.
    Simple,
    /// The same with words, each with the label of its first token.
    First,
    /// The same with words, each with the label of the greatest mean score.
    Average,
    /// The same with words, each with the label of its surest token.
    Max,
}

impl Strategy {
    /// As a manifest and a request spell it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Simple => "simple",
            Self::First => "first",
            Self::Average => "average",
            Self::Max => "max",
        }
    }
}

/// A stretch of text with one class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Span {
    pub(crate) class: usize,
    pub(crate) score: f32,
    /// Of the first token.
    pub(crate) index: usize,
    /// In bytes of the text.
    pub(crate) start: usize,
    /// In bytes of the text.
    pub(crate) end: usize,
}

/// Every token, or every word where the strategy is one of words.
pub(crate) fn spans(pieces: &[Piece<'_>], strategy: Strategy) -> Vec<Span> {
    if matches!(strategy, Strategy::None | Strategy::Simple) {
        return pieces
            .iter()
            .map(|piece| span(&[*piece], strategy))
            .collect();
    }
    let words = pieces.chunk_by(|_, next| next.continues);
    words.map(|word| span(word, strategy)).collect()
}

fn span(word: &[Piece<'_>], strategy: Strategy) -> Span {
    let (first, last) = (word[0], word[word.len() - 1]);
    let (class, score) = match strategy {
        Strategy::None | Strategy::Simple | Strategy::First => sure(first.scores),
        Strategy::Max => {
            let surer = |a: (usize, f32), b: (usize, f32)| if b.1 > a.1 { b } else { a };
            let sure = word.iter().map(|piece| sure(piece.scores));
            sure.reduce(surer).unwrap_or_default()
        }
        Strategy::Average => sure(&mean(word)),
    };
    Span {
        class,
        score,
        index: first.index,
        start: first.start,
        end: last.end,
    }
}

fn sure(scores: &[f32]) -> (usize, f32) {
    let class = best(scores);
    (class, scores[class])
}

fn mean(word: &[Piece<'_>]) -> Vec<f32> {
    let mut mean = vec![0.0; word[0].scores.len()];
    for piece in word {
        for (sum, score) in mean.iter_mut().zip(piece.scores) {
            *sum += score;
        }
    }
    for sum in &mut mean {
        *sum /= word.len() as f32;
    }
    mean
}

/// Spans in a row whose labels say that they are one entity, joined; the score is their mean.
pub(crate) fn joined(spans: &[Span], labels: &Labels) -> Vec<Span> {
    let continues = |last: &Span, next: &Span| {
        let (last, next) = (labels.name(last.class), labels.name(next.class));
        let (begins, tag) = tag(&next);
        !begins && tag == self::tag(&last).1
    };
    let groups = spans.chunk_by(continues);
    groups
        .map(|group| {
            let total: f64 = group.iter().map(|span| f64::from(span.score)).sum();
            Span {
                score: (total / group.len() as f64) as f32,
                end: group[group.len() - 1].end,
                ..group[0]
            }
        })
        .collect()
}

/// Whether a label says that an entity begins, and of which kind: (true, `PER`) for `B-PER`.
///
/// Only `B-` and `I-` are prefixes; every other label is a kind, and goes on with itself.
fn tag(label: &str) -> (bool, &str) {
    match (label.strip_prefix("B-"), label.strip_prefix("I-")) {
        (Some(tag), _) => (true, tag),
        (None, Some(tag)) => (false, tag),
        (None, None) => (false, label),
    }
}

/// What an entity of this label is called: what is behind the first `-`, else all of it.
pub(crate) fn group_name(label: &str) -> &str {
    label.split_once('-').map_or(label, |(_, name)| name)
}
