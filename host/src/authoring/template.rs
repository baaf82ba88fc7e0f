//! New projects: the example in each language, under another name and with the stages that were asked for.
//! Must not know how a project is built.

use super::{Error, Language, World, sdk, wit};
use std::path::{Path, PathBuf};

/// Files by their path in a project. Each by name: a build inside the examples leaves more behind than belongs here.
type Files = &'static [(&'static str, &'static str)];

macro_rules! examples {
    ($folder:literal: $($file:literal),+) => {
        &[$((
            $file,
            include_str!(concat!("../../../plugins/examples/", $folder, "/", $file)),
        )),+]
    };
}

const SAMPLES: Files = examples!(".": "config.json", "request.json", "outputs.json");
const RUST: Files =
    examples!("rust": "Cargo.toml", "Cargo.lock", ".cargo/config.toml", "src/lib.rs");
const PYTHON: Files = examples!("python": "plugin.py", "requirements.txt");
const JAVASCRIPT: Files = examples!("javascript": "plugin.js", "package.json", "package-lock.json");
const C: Files = examples!("c": "plugin.c", "json.h", "json.c", "wasi.c");

const README: &str = include_str!("project.md");

/// The examples' own name, which gives way to the new one.
const EXAMPLE: &str = "\"scale\"";

/// A project to write.
#[derive(Clone, Debug)]
pub struct New {
    /// What the plugin and its folder are called.
    pub name: String,
    /// What it is written in.
    pub language: Language,
    /// Which stages it has.
    pub world: World,
    /// The folder that its folder is made in.
    pub into: PathBuf,
}

impl New {
    /// Writes it, and answers its folder.
    ///
    /// # Errors
    /// The name is none, or something lies there already.
    pub fn write(&self) -> Result<PathBuf, Error> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let is_name = self.name.starts_with(|c: char| c.is_ascii_lowercase())
            && !self.name.ends_with('-')
            && self.name.chars().all(plain);
        if !is_name {
            return Err(Error::Name(self.name.clone()));
        }
        let folder = self.into.join(&self.name);
        if folder.exists() {
            return Err(Error::Exists(folder));
        }
        for (path, text) in self.files() {
            write(&folder.join(path), &text)?;
        }
        Ok(folder)
    }

    /// Every file, by its path in the project.
    fn files(&self) -> Vec<(String, String)> {
        let mut files = vec![
            ("README.md".to_owned(), self.readme()),
            (wit::FILE.to_owned(), wit::CONTRACT.to_owned()),
            (
                ".gitignore".to_owned(),
                "build/\ntarget/\nnode_modules/\n.venv/\n__pycache__/\n*.wasm\n".to_owned(),
            ),
        ];
        for (name, text) in SAMPLES {
            let stage = if *name == "outputs.json" {
                "postprocess"
            } else {
                "preprocess"
            };
            if self.world.has(stage) {
                files.push(((*name).to_owned(), (*text).to_owned()));
            }
        }
        let sources = match self.language {
            Language::Rust => RUST,
            Language::Python => PYTHON,
            Language::JavaScript => JAVASCRIPT,
            Language::C => C,
        };
        for (path, text) in sources {
            files.push(((*path).to_owned(), self.adapt(text)));
        }
        if self.language == Language::Rust {
            let sdk = sdk::files().into_iter();
            files.extend(sdk.map(|(path, text)| (format!("sdk/{path}"), text)));
        }
        files
    }

    fn adapt(&self, text: &str) -> String {
        cut(text, self.world)
            .replace(EXAMPLE, &format!("\"{}\"", self.name))
            .replace("\"../../sdk\"", "\"sdk\"")
            .replace("processor!", &format!("{}!", self.world))
    }

    fn readme(&self) -> String {
        let mut test = format!("modelhost plugin test {}.wasm", self.name);
        if self.world.has("preprocess") {
            test += " --config config.json --request request.json";
        }
        if self.world.has("postprocess") {
            test += " --outputs outputs.json";
        }
        README
            .replace("{name}", &self.name)
            .replace("{language}", &self.language.to_string())
            .replace("{world}", self.world.name())
            .replace("{install}", self.language.install())
            .replace("{test}", &test)
            .replace("{stages}", &self.manifest())
    }

    /// The steps of a manifest that name the plugin.
    fn manifest(&self) -> String {
        // Only preprocess reads the sample's configuration, and `init` runs in either stage.
        let config = match self.world {
            World::Postprocessor => "",
            _ => ", config: { factor: 0.5 }",
        };
        let stages = ["preprocess", "postprocess"].into_iter();
        let stages = stages.filter(|stage| self.world.has(stage));
        let lines =
            stages.map(|stage| format!("{stage}: {{ plugin: ./{}.wasm{config} }}", self.name));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// The text without the stages that `world` has not. A comment of its own line, `[preprocess]` or `[postprocess]`,
/// begins what belongs to that stage; `[end]` ends it.
fn cut(text: &str, world: World) -> String {
    let mut kept = String::new();
    let mut keeps = true;
    for line in text.lines() {
        let comment = line.trim().trim_start_matches("//").trim_start_matches('#');
        match comment.trim() {
            "[preprocess]" => keeps = world.has("preprocess"),
            "[postprocess]" => keeps = world.has("postprocess"),
            "[end]" => keeps = true,
            _ if keeps => {
                kept.push_str(line);
                kept.push('\n');
            }
            _ => {}
        }
    }
    kept
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    }
    std::fs::write(path, text).map_err(Error::io(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_that_is_not_wanted_leaves_nothing_behind() {
        let text = "a\n  // [preprocess]\nb\n# [postprocess]\nc\n// [end]\nd [end] e\n";
        assert_eq!(cut(text, World::Processor), "a\nb\nc\nd [end] e\n");
        assert_eq!(cut(text, World::Preprocessor), "a\nb\nd [end] e\n");
        assert_eq!(cut(text, World::Postprocessor), "a\nc\nd [end] e\n");
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for name in ["", "..", "../x", "a/b", "-a", "a-", "Scale", "1a", "a b"] {
            let new = New {
                name: name.to_owned(),
                language: Language::C,
                world: World::Processor,
                into: "/nowhere".into(),
            };
            assert!(matches!(new.write(), Err(Error::Name(_))), "{name}");
        }
    }
}
