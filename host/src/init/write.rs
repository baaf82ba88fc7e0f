//! A draft as YAML: short, with a comment for what was guessed.
//! Must not know why anything stands in it. Text that YAML could take for something else is written as JSON, which is YAML.

use super::draft::{Draft, Example, Step};
use super::limits::Limits;
use crate::manifest::Source;
use serde_json::Value;
use std::path::{Component, Path, PathBuf};

/// Lines longer than this are broken where they can be.
const WIDTH: usize = 120;

impl Draft {
    /// The manifest, as it stands in the folder `beside`: a relative path in it starts there.
    pub fn yaml(&self, beside: &Path) -> String {
        let mut out = Yaml::default();
        out.field(0, "name", &scalar(&self.name), "");
        if let Some(title) = &self.title {
            out.field(0, "title", &scalar(title), "");
        }
        match &self.task {
            Ok(task) => out.field(0, "task", &scalar(&task.value), &task.from),
            Err(why) => out.comment(0, why),
        }
        out.line(0, "model:", "");
        match &self.source {
            Source::Local(folder) => {
                let path = relative(folder, beside);
                out.field(1, "path", &scalar(&path.display().to_string()), "");
            }
            Source::Hub { repo, revision } => {
                out.field(1, "repo", &scalar(&repo.to_string()), "");
                out.field(
                    1,
                    "revision",
                    &scalar(revision),
                    self.branch.as_deref().unwrap_or(""),
                );
            }
        }
        if self.file != "model.onnx" {
            out.field(1, "file", &scalar(&self.file), "");
        }
        out.step("preprocess", self.preprocess.as_ref());
        out.step("postprocess", self.postprocess.as_ref());
        out.examples(&self.examples);
        out.limits(&self.limits);
        out.0
    }
}

#[derive(Default)]
struct Yaml(String);

impl Yaml {
    fn line(&mut self, depth: usize, text: &str, comment: &str) {
        let comment = match comment {
            "" => String::new(),
            comment => format!(" # {}", one_line(comment)),
        };
        self.0
            .push_str(&format!("{}{text}{comment}\n", "  ".repeat(depth)));
    }

    fn comment(&mut self, depth: usize, text: &str) {
        self.line(depth, &format!("# {}", one_line(text)), "");
    }

    fn field(&mut self, depth: usize, name: &str, value: &str, comment: &str) {
        self.line(depth, &format!("{name}: {value}"), comment);
    }

    fn step(&mut self, name: &str, step: Option<&Step>) {
        let Some(step) = step else {
            return;
        };
        for hint in &step.hints {
            self.comment(0, hint);
        }
        let mut fields = vec![format!("plugin: {}", scalar(step.plugin))];
        if !step.config.is_empty() {
            fields.push(format!(
                "config: {}",
                flow(&Value::Object(step.config.clone()))
            ));
        }
        if let Some(assets) = &step.assets {
            let assets = assets.iter().map(|file| Value::from(file.as_str()));
            fields.push(format!("assets: {}", flow(&Value::Array(assets.collect()))));
        }
        let line = format!("{name}: {{ {} }}", fields.join(", "));
        if line.len() + step.from.len() <= WIDTH {
            return self.line(0, &line, &step.from);
        }
        self.line(0, &format!("{name}:"), &step.from);
        for field in fields {
            self.line(1, &field, "");
        }
    }

    fn examples(&mut self, examples: &[Example]) {
        if examples.is_empty() {
            return;
        }
        self.line(0, "examples:", "");
        for Example { name, request } in examples {
            let (name, request) = (scalar(name), flow(request));
            let line = format!("- {{ name: {name}, request: {request} }}");
            if line.len() <= WIDTH {
                self.line(1, &line, "");
            } else {
                self.line(1, &format!("- name: {name}"), "");
                self.line(2, &format!("request: {request}"), "");
            }
        }
    }

    fn limits(&mut self, limits: &Limits) {
        if !limits.are_defaults() {
            self.field(0, "limits", &limits.to_string(), &limits.from);
        }
    }
}

/// A text where one line is wanted.
fn one_line(text: &str) -> String {
    let plain = |c: char| if is_printable(c) && c != '\t' { c } else { ' ' };
    text.chars().map(plain).collect()
}

/// Whether YAML lets the character stand in a text as it is.
fn is_printable(c: char) -> bool {
    matches!(c, '\t' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
        && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Words that YAML, of one version or another, takes for something else than text.
const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];

/// A text, in quotes unless nobody could take it for something else.
fn scalar(text: &str) -> String {
    let inner = |c: char| c.is_ascii_alphanumeric() || " -_./".contains(c);
    let begins = |c: char| c.is_ascii_alphabetic() || c == '/' || c == '.' && text.contains('/');
    // Digits with an e among them are a number.
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit())
        && text.contains(|c: char| matches!(c, 'a'..='d' | 'f'))
        && text.len() == 40;
    let plain = text.starts_with(begins)
        && text.chars().all(inner)
        && !text.ends_with(' ')
        && !WORDS.contains(&text.to_lowercase().as_str());
    if plain || is_hex || text == "." || text == ".." {
        return text.to_owned();
    }
    let mut quoted = String::new();
    for c in Value::from(text).to_string().chars() {
        match c {
            c if is_printable(c) => quoted.push(c),
            c if (c as u32) < 0x1_0000 => quoted.push_str(&format!("\\u{:04x}", c as u32)),
            c => quoted.push_str(&format!("\\U{:08x}", c as u32)),
        }
    }
    quoted
}

/// A value on one line.
pub(super) fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let entry =
                |(key, value): (&String, &Value)| format!("{}: {}", scalar(key), flow(value));
            // What is short stands first: the question before its answers.
            let is_long = |(_, value): &(&String, &Value)| value.is_array() || value.is_object();
            let (long, short): (Vec<_>, Vec<_>) = map.iter().partition(is_long);
            let entries: Vec<_> = short.into_iter().chain(long).map(entry).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// `folder` as it is named from `beside`; relative ones start at the folder that the process runs in.
fn relative(folder: &Path, beside: &Path) -> PathBuf {
    if folder.is_absolute() {
        return folder.to_owned();
    }
    let whole = |path: &Path| {
        let path = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        };
        std::fs::canonicalize(path).or_else(|_| std::path::absolute(path))
    };
    let (Ok(folder_whole), Ok(beside_whole)) = (whole(folder), whole(beside)) else {
        return folder.to_owned();
    };
    let shared = folder_whole
        .components()
        .zip(beside_whole.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = beside_whole
        .components()
        .skip(shared)
        .map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(folder_whole.components().skip(shared)).collect();
    match path.as_os_str().is_empty() {
        true => PathBuf::from("."),
        false => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::yaml_to_json;
    use serde_json::json;

    #[test]
    fn every_value_is_read_back_as_it_was() {
        let values = json!({
            "plain": "It rains in Berlin", "dot": ".", "path": "../a b/c", "sha": "7".repeat(39) + "a",
            "words": ["null", "Yes", "NO", "y", "~", "1e5", "0x1f", "1_000", ".5", ".inf", "-", "- a", "1:30", "2001-01-01"],
            "odd": ["a: b", "a #b", "#", "[", "{}", "'", "\"", "\\", "%", "@", "`", "&a", "*a", "!a", "|", ">", "a,b", " a", "a ", ""],
            "wide": ["ü😀", "a\nb", "\t", "\u{7f}", "\u{85}", "\u{2028}", "\u{feff}", "\u{0}", "\u{202e}", "\u{fffe}", "\u{1ffff}"],
            "numbers": [0, -1, 1.5, 1e-7, 1e300, 18446744073709551615u64],
            "rest": [null, true, {}, [], {"a: b": {"": 1}}],
            "1": 1, "true": 2, "<<x": 3,
        });
        let text = format!("x: {}", flow(&values));
        assert_eq!(yaml_to_json(&text).expect(&text)["x"], values, "{text}");
        assert_eq!(text.lines().count(), 1);
    }

    #[test]
    fn what_needs_no_quotes_has_none() {
        assert_eq!(scalar("onnx/model.onnx"), "onnx/model.onnx");
        assert_eq!(scalar("It rains"), "It rains");
        assert_eq!(scalar(&"0a".repeat(20)), "0a".repeat(20));
        assert_eq!(scalar(&"12".repeat(20)), format!("\"{}\"", "12".repeat(20)));
        assert_eq!(scalar(&"1e".repeat(20)), format!("\"{}\"", "1e".repeat(20)));
    }

    #[test]
    fn a_folder_is_named_from_where_the_manifest_lies() {
        let here = std::env::current_dir().expect("a folder");
        let name = PathBuf::from(here.file_name().expect("a name"));
        assert_eq!(relative(Path::new("src"), Path::new("")), Path::new("src"));
        assert_eq!(
            relative(Path::new("./src"), Path::new(".")),
            Path::new("src")
        );
        assert_eq!(relative(Path::new(""), Path::new("")), Path::new("."));
        assert_eq!(relative(Path::new("."), Path::new("src")), Path::new(".."));
        assert_eq!(
            relative(Path::new("src"), Path::new("tests")),
            Path::new("../src")
        );
        assert_eq!(relative(Path::new("."), Path::new("..")), name);
        assert_eq!(
            relative(Path::new("/a/b"), Path::new(".")),
            Path::new("/a/b")
        );
    }
}
