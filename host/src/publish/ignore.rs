//! `.dockerignore`: which files of a folder an image is built from, by Docker's own rules.
//! Must not read anything but that file and names.

use std::path::Path;

use super::Error;
use super::folder::disk;

/// The rules, in the order of their lines.
#[derive(Debug)]
pub(super) struct Ignore(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    /// Whether what matches is in after all.
    is_exception: bool,
    parts: Vec<String>,
}

impl Ignore {
    pub(super) fn read(file: &Path) -> Result<Ignore, Error> {
        let text = std::fs::read_to_string(file);
        Ok(Ignore::parse(
            &text.map_err(|error| disk("read", file, &error))?,
        ))
    }

    pub(super) fn parse(text: &str) -> Ignore {
        let rule = |line: &str| {
            let (is_exception, pattern) = match line.strip_prefix('!') {
                Some(pattern) => (true, pattern),
                None => (false, line),
            };
            let parts = pattern.trim().split('/');
            let parts = parts.filter(|part| !part.is_empty() && *part != ".");
            Rule {
                is_exception,
                parts: parts.map(str::to_owned).collect(),
            }
        };
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        Ignore(lines.map(rule).collect())
    }

    /// Whether the image is built from the file `path`: the last rule that matches it or a folder that it is in decides.
    pub(super) fn takes(&self, path: &str) -> bool {
        let parts: Vec<&str> = path.split('/').collect();
        let mut is_taken = true;
        for rule in &self.0 {
            let rule_parts: Vec<&str> = rule.parts.iter().map(String::as_str).collect();
            if (1..=parts.len()).any(|depth| matches(&rule_parts, &parts[..depth])) {
                is_taken = rule.is_exception;
            }
        }
        is_taken
    }

    /// Whether anything inside the folder `path` could be taken, so that it is worth looking into.
    pub(super) fn looks_into(&self, path: &str) -> bool {
        if self.takes(path) {
            return true;
        }
        let parts: Vec<&str> = path.split('/').collect();
        self.0.iter().filter(|rule| rule.is_exception).any(|rule| {
            let begins = rule.parts.iter().zip(&parts);
            rule.parts.iter().any(|part| part == "**")
                || begins.clone().all(|(pattern, part)| fits(pattern, part))
        })
    }
}

fn matches(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => (0..=path.len()).any(|skipped| matches(rest, &path[skipped..])),
        (Some((part, rest)), Some((name, inner))) => fits(part, name) && matches(rest, inner),
        _ => false,
    }
}

/// One part of a path against `*` and `?`.
fn fits(pattern: &str, name: &str) -> bool {
    fn fit(pattern: &[char], name: &[char]) -> bool {
        match pattern.split_first() {
            None => name.is_empty(),
            Some(('*', rest)) => (0..=name.len()).any(|skipped| fit(rest, &name[skipped..])),
            Some(('?', rest)) => !name.is_empty() && fit(rest, &name[1..]),
            Some((c, rest)) => name.first() == Some(c) && fit(rest, &name[1..]),
        }
    }
    let chars = |text: &str| text.chars().collect::<Vec<char>>();
    fit(&chars(pattern), &chars(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rule_that_matches_a_file_or_its_folder_decides() {
        let ignore = Ignore::parse(
            "# as this repository has it\n*\n!host/src\n!plugins\nplugins/*/src\n!plugins/sdk/src\n!manifests/*.yaml\n",
        );
        for (path, expected) in [
            ("README.md", false),
            ("host/src/http/ui/page.css", true),
            ("host/tests/run", false),
            ("plugins/built/x.wasm", true),
            ("plugins/x/src/lib.rs", false),
            ("plugins/sdk/src/lib.rs", true),
            ("manifests/a.yaml", true),
            ("manifests/models/a.yaml", false),
        ] {
            assert_eq!(ignore.takes(path), expected, "{path}");
        }
        assert!(ignore.looks_into("host") && ignore.looks_into("plugins/sdk"));
        assert!(!ignore.looks_into("target") && !ignore.looks_into("host/tests"));
    }

    #[test]
    fn stars_stand_for_parts_of_names_and_two_of_them_for_folders() {
        let ignore = Ignore::parse("**/*.log\nb?d\n");
        assert!(!ignore.takes("a/b/c.log") && !ignore.takes("c.log") && !ignore.takes("bad/x"));
        assert!(ignore.takes("c.log.txt") && ignore.takes("bd"));
    }
}
