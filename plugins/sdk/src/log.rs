//! Lines for the host's log.
//! Knows no destination: natively, in unit tests, there is no host and lines are dropped.

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Every step; off unless someone looks for a fault.
    Trace,
    /// What helps to write the plugin.
    Debug,
    /// What an operator wants to know once.
    Info,
    /// Something is odd, and the call goes on.
    Warn,
    /// The call fails.
    Error,
}

/// Writes one line to the host's log. Each call has a quota; what exceeds it is dropped.
pub fn log(level: Level, message: &str) {
    #[cfg(target_arch = "wasm32")]
    crate::guest::log(level, message);
    #[cfg(not(target_arch = "wasm32"))]
    let _ = (level, message);
}

/// [`log`] at [`Level::Debug`].
pub fn debug(message: &str) {
    log(Level::Debug, message);
}

/// [`log`] at [`Level::Info`].
pub fn info(message: &str) {
    log(Level::Info, message);
}

/// [`log`] at [`Level::Warn`].
pub fn warn(message: &str) {
    log(Level::Warn, message);
}

/// [`log`] at [`Level::Error`].
pub fn error(message: &str) {
    log(Level::Error, message);
}
