//! `modelhost plugin`: the commands of whoever writes a plugin, one file each.
//! Must not know how a plugin is built or run.

mod build;
mod given;
mod inspect;
mod new;
mod show;
mod test;

use super::{USAGE, load};
use crate::settings::Plugin;
use std::path::Path;
use std::process::ExitCode;

pub(super) fn run(settings: &Plugin, cache: Option<&Path>) -> anyhow::Result<ExitCode> {
    let done = match settings {
        Plugin::New(settings) => new::run(settings),
        Plugin::Build(settings) => build::run(settings, cache),
        Plugin::Inspect(settings) => inspect::run(settings, cache),
        Plugin::Test(settings) => test::run(settings, cache),
    };
    match done {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(Stop::Wrong(message)) => {
            load::complain(&message);
            Ok(ExitCode::from(USAGE))
        }
        Err(Stop::Failed(message)) => {
            load::complain(&message);
            Ok(ExitCode::FAILURE)
        }
        Err(Stop::Host(error)) => Err(error),
    }
}

/// Why a command ended early.
enum Stop {
    /// What was named on the command line is wrong: a file, a plugin, a request.
    Wrong(String),
    /// It was right, and did not work: a tool or a plugin failed.
    Failed(String),
    /// Nothing of the author's doing.
    Host(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Stop {
    fn from(error: E) -> Stop {
        Stop::Host(error.into())
    }
}

type Done<T = ()> = Result<T, Stop>;

/// What is wrong with `what`.
fn wrong(what: impl std::fmt::Display, reason: impl std::fmt::Display) -> Stop {
    Stop::Wrong(format!("{what}: {reason}"))
}
