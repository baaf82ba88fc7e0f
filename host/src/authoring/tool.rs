//! Other people's programs: found, run, and named with what installs them where they are missing.
//! Must not know what they are run for.

use super::Error;
use std::io::ErrorKind;
use std::process::{Command, Stdio};

/// Runs `command` to its end. What it says goes to stderr, for the author; `install` is what to do where it is missing.
pub(super) fn run(command: &mut Command, install: &str) -> Result<(), Error> {
    command.stdout(std::io::stderr());
    finish(command, install).map(drop)
}

/// As [`run`], and answers what it printed.
pub(super) fn read(command: &mut Command, install: &str) -> Result<String, Error> {
    command.stdout(Stdio::piped());
    finish(command, install)
}

fn finish(command: &mut Command, install: &str) -> Result<String, Error> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command
        .spawn()
        .and_then(std::process::Child::wait_with_output);
    match output {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Ok(output) => Err(Error::Failed {
            program,
            status: output.status.to_string(),
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(Error::Missing {
            what: format!("`{program}`"),
            install: install.to_owned(),
        }),
        Err(error) => Err(Error::Io {
            path: program.into(),
            error,
        }),
    }
}

/// Whether `program` can be run at all.
pub(super) fn is_there(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok()
}
