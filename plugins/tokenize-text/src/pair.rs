//! How much of each text of a pair is kept, where both together are too long.
//! Must decide as the crate tokenizers does where it cuts the longest first.

/// The tokens that are kept of texts of `first` and `second` tokens, where there is room for fewer than both.
/// A text that has more than `room` tokens may be given as having `room + 1`, so long as it is still known which of
/// the two is longer.
pub(crate) fn longest_first(first: usize, second: usize, room: usize) -> (usize, usize) {
    let (shorter, longer) = (first.min(second), first.max(second));
    if first + second <= room {
        return (first, second);
    }
    let rest = room.saturating_sub(shorter);
    let (shorter, longer) = if rest > shorter {
        (shorter, rest.min(longer))
    } else {
        (room / 2, room - room / 2)
    };
    if first > second {
        (longer, shorter)
    } else {
        (shorter, longer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokenizers::{Encoding, Token, TruncationParams, truncate_encodings};

    #[test]
    fn both_texts_are_cut_as_the_crate_cuts_them() {
        let text = |tokens| {
            let token = Token::new(1, String::new(), (0, 0));
            Encoding::from_tokens(vec![token; tokens], 0)
        };
        for room in 0..12 {
            for first in 0..30 {
                for second in 0..30 {
                    let params = TruncationParams {
                        max_length: room,
                        ..TruncationParams::default()
                    };
                    let (a, b) =
                        truncate_encodings(text(first), Some(text(second)), &params).expect("cut");
                    let theirs = (a.len(), b.map_or(0, |b| b.len()));
                    assert_eq!(
                        longest_first(first, second, room),
                        theirs,
                        "{first} and {second} in {room}"
                    );
                }
            }
        }
    }
}
