//! Whose fault it was, in the plugin's words.
//! Knows no status codes: the host chooses those.

use std::fmt;

/// The result of every step of a plugin.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a step of a plugin could not do its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The caller's fault (in `init`: the manifest's): answered with the message.
    Invalid(Invalid),
    /// The plugin's or the model's fault: the message goes to the log, not to the caller.
    Internal(String),
}

impl Error {
    /// The plugin's or the model's fault; the message is for the operator's log.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::Internal(message.into())
    }
}

/// What was sent wrong, what to do about it, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// Says what is wrong and what would be right.
    pub message: String,
    /// A JSON pointer into the request, such as `/inputs/series/3`; in `init`, into the config.
    pub field: Option<String>,
}

impl Invalid {
    /// Wrong as a whole, at no place that could be named.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            field: None,
        }
    }

    /// Wrong at `field`, a JSON pointer such as `/inputs/series`.
    pub fn at(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            field: Some(field.into()),
        }
    }
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{field}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(invalid) => invalid.fmt(f),
            Self::Internal(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Invalid {}
impl std::error::Error for Error {}
