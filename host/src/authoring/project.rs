//! A plugin's project: a folder that says by what lies in it which language it is in.
//! Must not know how any language is built.

use super::{Error, Language, World, stages};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// How to build.
#[derive(Clone, Debug, Default)]
pub struct Build {
    /// The stages; where it is none, the source says it.
    pub world: Option<World>,
    /// Whether imports of WASI stay, for `wasi: inert`.
    pub wasi: bool,
    /// Where the plugin goes; by default into the project, with the folder's name.
    pub out: Option<PathBuf>,
}

/// A folder with a plugin's source.
#[derive(Clone, Debug)]
pub struct Project {
    folder: PathBuf,
    language: Language,
}

impl Project {
    /// The project in `folder`.
    ///
    /// # Errors
    /// There is none, or there are several.
    pub fn at(folder: &Path) -> Result<Project, Error> {
        let absolute = folder.canonicalize().map_err(Error::io(folder))?;
        if !absolute.is_dir() {
            return Err(Error::NoFolder(folder.to_owned()));
        }
        let languages = Language::ALL.into_iter();
        let found: Vec<_> = languages
            .filter(|language| absolute.join(language.mark()).is_file())
            .collect();
        match found[..] {
            [language] => Ok(Project {
                folder: absolute,
                language,
            }),
            [] => Err(Error::Unrecognised {
                folder: folder.to_owned(),
            }),
            _ => Err(Error::Ambiguous {
                folder: folder.to_owned(),
                found: found.into_iter().map(Language::mark).collect(),
            }),
        }
    }

    /// What it is written in.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The sample configuration beside the source, if there is one.
    pub fn config(&self) -> Option<PathBuf> {
        Some(self.folder.join("config.json")).filter(|file| file.is_file())
    }

    /// Builds it, and answers where the plugin lies.
    ///
    /// # Errors
    /// A tool is missing, or refuses the source.
    pub fn build(&self, build: &Build) -> Result<PathBuf, Error> {
        let scratch = self.folder.join("build");
        std::fs::create_dir_all(&scratch).map_err(Error::io(&scratch))?;
        let made = self.language.build(&self.folder, &scratch, build)?;
        let out = match &build.out {
            Some(out) => out.clone(),
            None => {
                let name = self.folder.file_name().unwrap_or(OsStr::new("plugin"));
                self.folder.join(name).with_extension("wasm")
            }
        };
        std::fs::copy(&made, &out).map_err(Error::io(&out))?;
        Ok(out)
    }
}

/// The files of `folder` that end like this, in order.
pub(super) fn sources(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        if path.extension() == Some(OsStr::new(extension)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The world that was asked for, or the one whose stages the source defines.
pub(super) fn world(language: Language, folder: &Path, build: &Build) -> Result<World, Error> {
    if let Some(world) = build.world {
        return Ok(world);
    }
    let mark = folder.join(language.mark());
    let extension = mark.extension().and_then(OsStr::to_str).unwrap_or_default();
    let mut text = String::new();
    for file in sources(folder, extension)? {
        text += &std::fs::read_to_string(&file).map_err(Error::io(&file))?;
    }
    stages::world(language, &mark, &text)
}
