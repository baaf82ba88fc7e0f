//! Everything that can be wrong with manifests, in words for the operator.
//! Must not know how a problem is found, only how it reads.

use std::fmt;
use std::path::PathBuf;

use super::read::MAX_BYTES;

/// Why there is no manifest. Displayed, it is one line a problem, each starting with the file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file or folder could not be read.
    #[error("{}: cannot be read: {reason}", file.display())]
    Unreadable {
        /// What was to be read.
        file: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// A folder without a single manifest.
    #[error("{}: has no manifest; put a `*.yaml` file there", folder.display())]
    NoManifest {
        /// The folder.
        folder: PathBuf,
    },
    /// More than [`MAX_BYTES`].
    #[error("{}: is larger than {MAX_BYTES} bytes (1 MiB), the most a manifest may have", file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
    },
    /// Bytes that are no text.
    #[error("{}: is not UTF-8: the byte at offset {offset} begins no character; save the file as UTF-8", file.display())]
    NotUtf8 {
        /// The file.
        file: PathBuf,
        /// The first byte that is wrong, counted from 0.
        offset: usize,
    },
    /// No field at all.
    #[error("{}: is empty; a manifest needs at least `name` and `model`", file.display())]
    Empty {
        /// The file.
        file: PathBuf,
    },
    /// Not YAML.
    #[error("{}:{line}:{column}: is not valid YAML: {message}", file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
        /// In characters, counted from 1.
        column: usize,
        /// What the parser stumbled on.
        message: String,
    },
    /// YAML, but no manifest.
    #[error("{}", Listed { file, problems })]
    Invalid {
        /// The file.
        file: PathBuf,
        /// Never empty; in the order of the file.
        problems: Vec<Problem>,
    },
    /// Manifests that are valid alone but not together.
    #[error("{}", clashes.join("\n"))]
    Clash {
        /// One sentence each, naming the files; never empty.
        clashes: Vec<String>,
    },
}

impl Error {
    /// The manifest's file, or the folder of manifests; none where several clash.
    pub fn file(&self) -> Option<&std::path::Path> {
        match self {
            Error::Unreadable { file, .. }
            | Error::NoManifest { folder: file }
            | Error::TooLarge { file }
            | Error::NotUtf8 { file, .. }
            | Error::Empty { file }
            | Error::Syntax { file, .. }
            | Error::Invalid { file, .. } => Some(file),
            Error::Clash { .. } => None,
        }
    }
}

/// One thing that is wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field, as in `model.sha256` or `examples[0].request`; empty for the file as a whole.
    pub path: String,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// What is wrong and what to write.
    pub message: String,
}

struct Listed<'a> {
    file: &'a PathBuf,
    problems: &'a [Problem],
}

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(
                f,
                "{}:{}:{}: ",
                self.file.display(),
                problem.line,
                problem.column
            )?;
            if !problem.path.is_empty() {
                write!(f, "{}: ", problem.path)?;
            }
            f.write_str(&problem.message)?;
        }
        Ok(())
    }
}
