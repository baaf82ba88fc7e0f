//! Where the model is, from what was typed: a repo on the Hub, a folder, or an ONNX file.
//! Must not know what lies there.

use super::Error;
use crate::manifest::{Repo, Source};
use std::path::{Path, PathBuf};

/// Files that lie at the top of a repo, whose ONNX file is often a folder deeper.
const TOP: [&str; 3] = ["config.json", "tokenizer.json", "README.md"];

/// Where a model is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A repo on the Hub.
    Hub {
        /// Which.
        repo: Repo,
        /// Branch, tag or commit, as asked for.
        revision: String,
    },
    /// A folder.
    Folder {
        /// As a path of this process.
        path: PathBuf,
        /// The ONNX file, where it is the file that was typed.
        file: Option<String>,
    },
}

impl Place {
    /// What `text` names: what lies on this machine first, and a repo of the Hub otherwise.
    ///
    /// # Errors
    /// Nothing can be meant by it.
    pub fn find(text: &str, revision: Option<&str>) -> Result<Place, Error> {
        let path = Path::new(text);
        let here = if path.is_dir() {
            Some(Place::Folder {
                path: path.to_owned(),
                file: None,
            })
        } else if path.is_file() {
            Some(Self::file_at(path)?)
        } else {
            None
        };
        match (here, revision) {
            (Some(here), None) => Ok(here),
            (Some(_), Some(_)) => Err(Error::LocalRevision {
                path: path.to_owned(),
            }),
            (None, revision) => {
                let looks_local =
                    text.starts_with(['.', '/', '~']) || text.ends_with(".onnx") || text.is_empty();
                let why = match text.parse::<Repo>() {
                    Ok(repo) if !looks_local => {
                        return Ok(Place::Hub {
                            repo,
                            revision: revision.unwrap_or("main").to_owned(),
                        });
                    }
                    Ok(_) => "there is no such file or folder".to_owned(),
                    Err(_) if looks_local => "there is no such file or folder".to_owned(),
                    Err(bad) => format!("there is no such file or folder, and as a repo it {bad}"),
                };
                Err(Error::Nowhere {
                    text: text.to_owned(),
                    why,
                })
            }
        }
    }

    fn file_at(path: &Path) -> Result<Place, Error> {
        if path.extension().is_none_or(|extension| extension != "onnx") {
            return Err(Error::NotOnnx {
                path: path.to_owned(),
            });
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let name = |path: &Path| {
            let name = path.file_name().unwrap_or_default();
            name.to_string_lossy().into_owned()
        };
        let has_top = |folder: &Path| TOP.iter().any(|file| folder.join(file).is_file());
        // `repo/onnx/model.onnx` is the file `onnx/model.onnx` of `repo`, where the rest of the repo lies there.
        let above = folder
            .parent()
            .filter(|above| folder.file_name().is_some() && !has_top(folder) && has_top(above));
        Ok(match above {
            Some(above) => Place::Folder {
                path: above.to_owned(),
                file: Some(format!("{}/{}", name(folder), name(path))),
            },
            None => Place::Folder {
                path: folder.to_owned(),
                file: Some(name(path)),
            },
        })
    }

    /// The place as a source of bytes.
    pub fn source(&self) -> Source {
        match self {
            Place::Hub { repo, revision } => Source::Hub {
                repo: repo.clone(),
                revision: revision.clone(),
            },
            Place::Folder { path, .. } => Source::Local(path.clone()),
        }
    }

    /// What it is called: `owner/name` of a repo, the last part of a folder's path, the stem of a file that stands
    /// alone under a name of its own.
    pub(super) fn name(&self) -> String {
        let (path, file) = match self {
            Place::Hub { repo, .. } => return repo.to_string(),
            Place::Folder { path, file } => (path, file),
        };
        let stem = file
            .as_deref()
            .and_then(|file| file.rsplit('/').next()?.strip_suffix(".onnx"));
        match stem {
            Some(stem) if stem != "model" => stem.to_owned(),
            _ => {
                let whole = std::path::absolute(path).unwrap_or_else(|_| path.clone());
                let last = whole.file_name().unwrap_or_default();
                last.to_string_lossy().into_owned()
            }
        }
    }

    /// As a command line names it.
    pub(super) fn words(&self) -> String {
        match self {
            Place::Hub { repo, .. } => repo.to_string(),
            Place::Folder { path, .. } if path.as_os_str().is_empty() => ".".to_owned(),
            Place::Folder { path, .. } => path.display().to_string(),
        }
    }

    /// The ONNX file that was typed.
    pub(super) fn file(&self) -> Option<&str> {
        match self {
            Place::Folder { file, .. } => file.as_deref(),
            Place::Hub { .. } => None,
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Hub { .. } => write!(f, "model `{}`", self.words()),
            Place::Folder { .. } => write!(f, "folder `{}`", self.words()),
        }
    }
}
