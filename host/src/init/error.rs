//! Why there is no draft, in words that say what to do.
//! Must not know who is told.

use super::Place;
use crate::model;
use crate::source;
use std::path::PathBuf;

/// Why there is no draft.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was typed names nothing.
    #[error("`{text}`: {why}; name an ONNX file, a folder, or a repo of the Hub as `owner/name`")]
    Nowhere {
        /// What was typed.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file of another kind.
    #[error("`{}` is no `.onnx` file; name an ONNX file, the folder that holds one, or a repo of the Hub", path.display())]
    NotOnnx {
        /// The file.
        path: PathBuf,
    },
    /// `--revision` for a folder.
    #[error("`{}` is on this machine and has no revisions; leave out `--revision`", path.display())]
    LocalRevision {
        /// The file or folder.
        path: PathBuf,
    },
    /// The files could not be had.
    #[error("{}", in_terms_of_init(&.0.to_string()))]
    Source(Box<source::Error>),
    /// Neither a repo that could be had nor a path.
    #[error("{}; nor is there a file or folder `{text}` on this machine", in_terms_of_init(&error.to_string()))]
    NeitherHere {
        /// What was typed.
        text: String,
        /// What the hub says.
        error: Box<source::Error>,
    },
    /// `--task` for another kind of model.
    #[error(
        "--task {task} does not fit: {why}; leave it out, or name the task that the model is for"
    )]
    Task {
        /// As asked for.
        task: &'static str,
        /// What the signature says.
        why: String,
    },
    /// The tokenizer of a model of texts.
    #[error("`{file}` cannot be used: {why}; {how}")]
    Tokenizer {
        /// The file.
        file: String,
        /// What is wrong with it.
        why: String,
        /// How to have a better one.
        how: String,
    },
    /// No ONNX file.
    #[error("{place} has no ONNX file; make one: {}", export(place))]
    NoOnnx {
        /// Where.
        place: Place,
    },
    /// Neither an ONNX file nor anything to make one of.
    #[error(
        "{place} has no ONNX file, nor weights to make one of (such as model.safetensors); {}; name the folder or repo that has the model",
        only(files)
    )]
    NoWeights {
        /// Where.
        place: String,
        /// What there is.
        files: Vec<String>,
    },
    /// An encoder and a decoder.
    #[error("{place} has a model in two parts, an encoder and a decoder, and such pairs are not served; --file names one of them, which is served alone: {}", files.join(", "))]
    Halves {
        /// Where.
        place: String,
        /// The files.
        files: Vec<String>,
    },
    /// No ONNX file where there is no listing.
    #[error(
        "{place} has no file `{tried}`, and its hub lists no files; name the ONNX file with --file"
    )]
    NoUsualOnnx {
        /// Where.
        place: String,
        /// The names tried.
        tried: String,
    },
    /// Several that may be meant.
    #[error("{place} has several ONNX files; name one with --file: {}", files.join(", "))]
    SeveralOnnx {
        /// Where.
        place: String,
        /// The files.
        files: Vec<String>,
    },
    /// The file asked for is not there.
    #[error("{place} has no file `{file}`{}", instead(onnx))]
    NoSuchFile {
        /// Where.
        place: String,
        /// The file.
        file: String,
        /// The ONNX files there are.
        onnx: Vec<String>,
    },
    /// The ONNX file cannot be read.
    #[error("`{file}`: {error}{}{}", advice(error), other_file(others))]
    Model {
        /// The file.
        file: String,
        /// Why.
        error: model::Error,
        /// The other ONNX files there are.
        others: Vec<String>,
    },
    /// A verified file is gone or cannot be read.
    #[error("cannot read `{file}`: {error}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        error: std::io::Error,
    },
}

impl Error {
    /// Whether the command line has to be changed, or what it names: trying again would not help.
    pub fn is_the_callers(&self) -> bool {
        match self {
            Error::Source(error) | Error::NeitherHere { error, .. } => error.is_permanent(),
            Error::Read { .. } => false,
            _ => true,
        }
    }
}

impl From<source::Error> for Error {
    fn from(error: source::Error) -> Self {
        Error::Source(Box::new(error))
    }
}

/// The source speaks of a manifest, and here there is none yet.
fn in_terms_of_init(text: &str) -> String {
    text.replace("check `repo` in the manifest", "check its name")
        .replace("check `revision` in the manifest", "check --revision")
        .replace("check `path` in the manifest", "check its name")
}

fn export(place: &Place) -> String {
    format!(
        "`pip install optimum[onnx] && optimum-cli export onnx --model {} exported`, then `modelhost init exported`",
        place.words()
    )
}

/// Names in one sentence.
const MOST_NAMES: usize = 8;

fn only(files: &[String]) -> String {
    match files {
        [] => "it is empty".to_owned(),
        files if files.len() <= MOST_NAMES => format!("it has only {}", files.join(", ")),
        files => format!("it has {} other files", files.len()),
    }
}

fn instead(onnx: &[String]) -> String {
    match onnx {
        [] => ", nor any other ONNX file".to_owned(),
        files => format!("; it has: {}", files.join(", ")),
    }
}

/// What the exporters of tables do unless they are told otherwise.
fn advice(error: &model::Error) -> &'static str {
    match error.to_string().contains("is no tensor") {
        true => "; export a scikit-learn or LightGBM classifier with the option `zipmap=False`",
        false => "",
    }
}

fn other_file(others: &[String]) -> String {
    match others {
        [] => String::new(),
        others => format!("; --file names another: {}", others.join(", ")),
    }
}
