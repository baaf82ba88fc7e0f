//! From the embeddings of a text's tokens to one vector.
//! Knows no texts and no files.

use serde::Deserialize;

/// How tokens become one vector, in the words of sentence-transformers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    /// The first token.
    Cls,
    /// In each place the greatest number of all tokens.
    Max,
    /// The mean of the tokens.
    Mean,
    /// Their sum, divided by the square root of their number.
    MeanSqrtLenTokens,
    /// The mean where token n counts n times.
    #[serde(rename = "weightedmean")]
    WeightedMean,
    /// The last token.
    #[serde(alias = "lasttoken")]
    Last,
}

/// The embeddings of one text's tokens, `width` numbers each, without padding.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tokens<'a> {
    pub(crate) data: &'a [f32],
    pub(crate) width: usize,
}

impl Tokens<'_> {
    /// One vector a mode, one behind the other; all 0 where there are no tokens.
    pub(crate) fn pool(self, modes: &[Mode]) -> Vec<f32> {
        let mut pooled = Vec::with_capacity(modes.len() * self.width);
        for mode in modes {
            pooled.extend(self.one(*mode));
        }
        pooled
    }

    fn one(self, mode: Mode) -> Vec<f32> {
        let mut tokens = self.data.chunks_exact(self.width);
        let count = tokens.len() as f32;
        match mode {
            _ if tokens.len() == 0 => vec![0.0; self.width],
            Mode::Cls => self.data[..self.width].to_vec(),
            Mode::Last => self.data[self.data.len() - self.width..].to_vec(),
            Mode::Max => {
                let first = tokens.next().unwrap_or_default().to_vec();
                tokens.fold(first, |mut greatest, token| {
                    // Not f32::max, which would drop a NaN instead of showing it.
                    for (most, x) in greatest.iter_mut().zip(token) {
                        if *x > *most || x.is_nan() {
                            *most = *x;
                        }
                    }
                    greatest
                })
            }
            Mode::Mean => self.sum(|_| 1.0, count),
            Mode::MeanSqrtLenTokens => self.sum(|_| 1.0, count.sqrt()),
            Mode::WeightedMean => self.sum(|n| (n + 1) as f32, count * (count + 1.0) / 2.0),
        }
    }

    /// The weighted sum in token order, divided.
    fn sum(self, weight: impl Fn(usize) -> f32, divisor: f32) -> Vec<f32> {
        let mut sum = vec![0.0; self.width];
        for (n, token) in self.data.chunks_exact(self.width).enumerate() {
            let weight = weight(n);
            for (sum, x) in sum.iter_mut().zip(token) {
                *sum += weight * x;
            }
        }
        for sum in &mut sum {
            *sum /= divisor;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKENS: Tokens<'_> = Tokens {
        data: &[1.0, -1.0, 3.0, -5.0, 2.0, 0.0, 0.0, 2.0],
        width: 2,
    };

    #[test]
    fn each_mode_is_that_of_sentence_transformers() {
        assert_eq!(TOKENS.pool(&[Mode::Cls]), [1.0, -1.0]);
        assert_eq!(TOKENS.pool(&[Mode::Last]), [0.0, 2.0]);
        assert_eq!(TOKENS.pool(&[Mode::Max]), [3.0, 2.0]);
        assert_eq!(TOKENS.pool(&[Mode::Mean]), [1.5, -1.0]);
        assert_eq!(TOKENS.pool(&[Mode::MeanSqrtLenTokens]), [3.0, -2.0]);
        assert_eq!(TOKENS.pool(&[Mode::WeightedMean]), [1.3, -0.3]);
    }

    #[test]
    fn several_modes_stand_one_behind_the_other() {
        assert_eq!(
            TOKENS.pool(&[Mode::Mean, Mode::Cls]),
            [1.5, -1.0, 1.0, -1.0]
        );
    }

    #[test]
    fn no_tokens_are_all_zeros() {
        let none = Tokens {
            data: &[],
            width: 3,
        };
        for mode in [Mode::Cls, Mode::Last, Mode::Max, Mode::Mean] {
            assert_eq!(none.pool(&[mode]), [0.0; 3]);
        }
    }
}
