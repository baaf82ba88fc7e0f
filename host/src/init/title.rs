//! What a model is called: the name in its route, and the title of its page.
//! Must not know where the words come from.

/// The longest name that a manifest takes.
const LONGEST: usize = 63;

/// `text` as the name of a model: `a` to `z`, digits and inner hyphens.
pub fn name(text: &str) -> String {
    let last = text.rsplit('/').next().unwrap_or(text);
    let mut name = String::new();
    for c in last.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' => name.push(c),
            _ if name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    name.truncate(LONGEST);
    match name.trim_matches('-') {
        "" => "model".to_owned(),
        name => name.to_owned(),
    }
}

/// The title, where it says more than the name.
pub(super) fn title(heading: Option<&str>, name: &str) -> Option<String> {
    let heading = heading?;
    (self::name(heading) != name).then(|| heading.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_becomes_a_name_that_a_manifest_takes() {
        assert_eq!(
            name("sentence-transformers/all-MiniLM-L6-v2"),
            "all-minilm-l6-v2"
        );
        assert_eq!(name("a/vit_base.patch16"), "vit-base-patch16");
        assert_eq!(name("Übung №1"), "bung-1");
        assert_eq!(name("…"), "model");
        assert_eq!(name(&"x".repeat(99)).len(), 63);
        assert_eq!(name(&format!("{}-y", "x".repeat(62))), "x".repeat(62));
    }

    #[test]
    fn a_title_that_only_repeats_the_name_is_left_out() {
        assert_eq!(title(Some("all-MiniLM-L6-v2"), "all-minilm-l6-v2"), None);
        assert_eq!(title(Some("A model"), "m").as_deref(), Some("A model"));
        assert_eq!(title(None, "m"), None);
    }
}
