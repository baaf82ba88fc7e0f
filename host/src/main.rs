//! The binary: argv → settings, logging, exit code; nothing else.
//! Must not know what a command does.

use clap::Parser as _;
use modelhost::settings::{LogFormat, Settings};
use modelhost::{allocator, cli};
use std::io::IsTerminal;
use std::process::ExitCode;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;

/// A swap frees on other threads what loading threads took; glibc's allocator would keep most of it for those.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    allocator::keep_freed_memory();
    let settings = match Settings::try_parse() {
        Ok(settings) => settings,
        Err(error) => {
            let code = if error.use_stderr() { cli::USAGE } else { 0 };
            // Nowhere to say that stderr is closed.
            error.print().ok();
            return ExitCode::from(code);
        }
    };
    // Held to the end: dropping it writes what is still waiting.
    let _log = match log_to_stderr(&settings) {
        Ok(log) => log,
        Err(error) => {
            eprint_line(&format!("--log: {error:#}"));
            return ExitCode::from(cli::USAGE);
        }
    };
    log_panics();
    match cli::run(&settings) {
        Ok(code) => code,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whoever reads the log may stall; the server must not. Lines are dropped when too many wait.
fn log_to_stderr(settings: &Settings) -> anyhow::Result<WorkerGuard> {
    let filter = EnvFilter::try_new(settings.log())?;
    let (writer, guard) = tracing_appender::non_blocking(std::io::stderr());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer);
    match settings.log_format {
        LogFormat::Json => builder.json().flatten_event(true).init(),
        LogFormat::Pretty => builder
            .with_ansi(std::io::stderr().is_terminal())
            .with_target(false)
            .init(),
    }
    Ok(guard)
}

/// A contained panic is an event of the log like any other.
fn log_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        let message = info.payload_as_str().unwrap_or("no message");
        tracing::error!(place, message, "panicked");
    }));
}

#[allow(clippy::print_stderr, reason = "logging does not work yet")]
fn eprint_line(line: &str) {
    eprintln!("{line}");
}
