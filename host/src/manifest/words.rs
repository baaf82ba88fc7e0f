//! How messages quote what an operator wrote, and what they may have meant.
//! Must not know manifests.

/// `text` in backticks on one line: control characters escaped, long text cut.
pub(super) fn quoted(text: &str) -> String {
    const MOST: usize = 60;
    let mut out = String::from("`");
    for (i, c) in text.chars().enumerate() {
        if i == MOST {
            out.push('…');
            break;
        }
        if c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out.push('`');
    out
}

/// The one of `known` that is near enough to `text` to be meant by it.
pub(super) fn nearest<'a>(text: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const NEAR: f64 = 0.6;
    // The distance is quadratic in the length, and nothing known is long.
    if text.len() > 64 {
        return None;
    }
    let plain = |word: &str| word.to_lowercase().replace(['_', ' ', '-'], "");
    let wanted = plain(text);
    let likeness = |word: &str| {
        let word = plain(word);
        let shorter = wanted.len().min(word.len());
        let within = shorter >= 3 && (word.contains(&wanted) || wanted.contains(&word));
        let alike = strsim::normalized_damerau_levenshtein(&wanted, &word);
        if within { alike.max(NEAR) } else { alike }
    };
    known
        .map(|word| (likeness(word), word))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| word)
}

/// `` `a`, `b`, `c` ``
pub(super) fn listed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `name` as a part of a path: as it is when it is plain, else in brackets and quotes.
pub(super) fn key(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.len() <= 60 && name.chars().all(plain) {
        return name.to_owned();
    }
    let inner = quoted(name);
    format!("[\"{}\"]", inner[1..inner.len() - 1].replace('"', "\\\""))
}
