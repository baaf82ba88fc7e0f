//! The commands, one file each.
//! Must not know how anything below is done; data goes to stdout, all else to the log.

mod admin;
mod bar;
mod bench;
mod check;
mod follow;
mod health;
mod host;
mod init;
mod load;
mod plugin;
mod predict;
mod publish;
mod serve;
mod warm;

use crate::settings::{Command, Settings};
use std::process::ExitCode;

/// Exit code of a wrong command line or manifest (`EX_USAGE`).
pub const USAGE: u8 = 64;

/// Runs the command of `settings` to its end.
///
/// # Errors
/// What stopped it, for the log; the exit code is 1 then.
pub fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let cache = settings.plugin_cache();
    let cache = cache.as_deref();
    match &settings.command {
        Command::Serve(settings) => serve::run(settings, cache),
        Command::Check(settings) => check::run(settings, cache),
        Command::Init(settings) => init::run(settings, cache),
        Command::Warm(settings) => warm::run(settings, cache),
        Command::Predict(settings) => predict::run(settings, cache),
        Command::Bench(settings) => bench::run(settings, cache),
        Command::Plugin(settings) => plugin::run(settings, cache),
        Command::Publish(settings) => publish::run(settings),
        Command::Admin(settings) => admin::run(settings),
        Command::Health(settings) => health::run(settings),
    }
}
