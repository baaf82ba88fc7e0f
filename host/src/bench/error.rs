//! Why nothing could be measured.
//! Must not know exit codes.

use super::client::Fault;

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// TLS is not spoken.
    #[error(
        "--url {0}: only http:// is spoken here; name the server itself, behind what ends the TLS"
    )]
    Tls(String),
    /// Not a URL.
    #[error(
        "--url {url}: {why}; write it as http://HOST:PORT, or with a path to send to just that"
    )]
    Url {
        /// What was written.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Nothing answers.
    #[error("{address}: {fault}")]
    Unreachable {
        /// `HOST:PORT`
        address: String,
        /// What happened.
        fault: Fault,
    },
    /// It answers, but not as a modelhost does that has the model.
    #[error("GET {path} is answered with {status}: {said}")]
    Unknown {
        /// The route of the model.
        path: String,
        /// The status.
        status: u16,
        /// The body, or its start.
        said: String,
    },
    /// The server has the model, and cannot load it.
    #[error("the server could not load the model: {0}")]
    NotLoaded(String),
}

impl Error {
    /// Whether what was asked for is wrong, and not what came of it.
    pub fn is_the_callers(&self) -> bool {
        matches!(self, Error::Tls(_) | Error::Url { .. })
    }
}
