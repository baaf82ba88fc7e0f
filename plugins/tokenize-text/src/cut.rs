//! Where a text may be cut so that what is left is normalized as it would be in the whole.
//! Knows Unicode and no tokenizer; whether the cut is far enough from what is needed is for others.

use unicode_normalization_alignments::char::is_combining_mark;

/// The end of a text that is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// At most `chars` characters of `text`; what lies beyond is never looked at.
pub(crate) fn within(text: &str, chars: usize, side: Side) -> &str {
    if text.len() <= chars {
        return text;
    }
    match side {
        Side::Right => match text.char_indices().nth(chars) {
            Some((end, _)) => &text[..end],
            None => text,
        },
        Side::Left => match text.char_indices().rev().nth(chars - 1) {
            Some((start, _)) => &text[start..],
            None => text,
        },
    }
}

/// At most `bytes` bytes of a longer `text`, less what touches the cut and could join what lies beyond:
/// combining characters, and spaces, of which only a whole run says what becomes of it.
/// `None` where there is no such place in half of the bytes.
pub(crate) fn part(text: &str, bytes: usize, side: Side) -> Option<&str> {
    let least = bytes / 2;
    match side {
        Side::Right => {
            let end = text.floor_char_boundary(bytes);
            let at = (least..=end).rev().find(|at| is_seam(text, *at))?;
            Some(text[..at].trim_end_matches(is_blank))
        }
        Side::Left => {
            let start = text.ceil_char_boundary(text.len() - bytes);
            let at = (start..=text.len() - least).find(|at| is_seam(text, *at))?;
            Some(text[at..].trim_start_matches(is_blank))
        }
    }
}

fn is_blank(char: char) -> bool {
    char.is_whitespace() || char.is_control()
}

/// Whether the characters before and after `at` are normalized apart, and belong to two graphemes.
fn is_seam(text: &str, at: usize) -> bool {
    if !text.is_char_boundary(at) {
        return false;
    }
    let before = text[..at].chars().next_back();
    let after = text[at..].chars().next();
    match (before, after) {
        (Some(before), Some(after)) => {
            let holds_on = matches!(before, '\u{200d}' | '\u{600}'..='\u{605}')
                || (before == '\r' && after == '\n');
            !holds_on && !joins(after)
        }
        _ => true,
    }
}

/// Whether the character may become one with the character before it, in any of Unicode's normal forms, or be
/// shown as one with it.
fn joins(char: char) -> bool {
    if char.is_ascii() {
        return false;
    }
    is_combining_mark(char)
        || matches!(
            char,
            // Vowels of Thai and Lao that are a mark and a letter.
            '\u{e33}' | '\u{eb3}'
            // Hangul letters, which make syllables.
            | '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}' | '\u{a960}'..='\u{a97f}'
            | '\u{d7b0}'..='\u{d7ff}' | '\u{ffa0}'..='\u{ffdc}'
            // Joiners, tags, halfwidth voice marks.
            | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{ff9e}' | '\u{ff9f}'
            | '\u{e0000}'..='\u{e0fff}'
            // Halves of flags, skin tones.
            | '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f3fb}'..='\u{1f3ff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_ends_before_spaces_and_between_characters_that_stay_apart() {
        assert_eq!(part("one two three", 8, Side::Right), Some("one two"));
        assert_eq!(part("one two three", 5, Side::Right), Some("one t"));
        assert_eq!(part("one two three", 6, Side::Left), Some("three"));
        assert_eq!(part("cafe\u{301} noir", 4, Side::Right), Some("caf"));
        assert_eq!(part("日本語", 7, Side::Right), Some("日本"));
        assert_eq!(part("日本語", 7, Side::Left), Some("本語"));
        assert_eq!(part("abc👩\u{200d}🚀 b", 10, Side::Right), None);
        assert_eq!(part("abcd👩\u{200d}🚀 b", 9, Side::Right), Some("abcd"));
    }

    #[test]
    fn a_run_of_marks_has_no_place_to_cut() {
        let marks = format!("e{}", "\u{301}".repeat(100));
        assert_eq!(part(&marks, 50, Side::Right), None);
        assert_eq!(part(&marks, 50, Side::Left), None);
    }

    #[test]
    fn a_part_of_nothing_but_spaces_is_empty() {
        let spaces = " ".repeat(100);
        assert_eq!(part(&spaces, 10, Side::Right), Some(""));
        assert_eq!(part(&spaces, 10, Side::Left), Some(""));
    }

    #[test]
    fn characters_are_counted_and_not_bytes() {
        assert_eq!(within("日本語", 2, Side::Right), "日本");
        assert_eq!(within("日本語", 2, Side::Left), "本語");
        assert_eq!(within("日本語", 3, Side::Left), "日本語");
        assert_eq!(within("日本語", 9, Side::Right), "日本語");
    }
}
