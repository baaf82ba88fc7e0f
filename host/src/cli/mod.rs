//! The commands, one file each.
//! Must not know how anything below is done; data goes to stdout, all else to the log.

mod bar;
mod check;
mod health;
mod load;
mod predict;
mod serve;

use crate::settings::Command;
use std::process::ExitCode;

/// Exit code of a wrong command line or manifest (`EX_USAGE`).
pub const USAGE: u8 = 64;

/// Runs `command` to its end.
///
/// # Errors
/// What stopped it, for the log; the exit code is 1 then.
pub fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(settings) => serve::run(&settings),
        Command::Check(settings) => check::run(&settings),
        Command::Predict(settings) => predict::run(&settings),
        Command::Health(settings) => health::run(&settings),
    }
}
