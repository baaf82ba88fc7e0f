//! `modelhost health`: asks the server on this machine whether it is alive, so that an image needs no curl.
//! Must not know what the server serves.

use crate::settings::Health;
use anyhow::{Context as _, bail};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(3);

pub(super) fn run(settings: &Health) -> anyhow::Result<ExitCode> {
    let address = (Ipv4Addr::LOCALHOST, settings.port).into();
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)
        .with_context(|| format!("nothing listens on port {}", settings.port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut head = [0; 12];
    stream
        .read_exact(&mut head)
        .context("the server does not answer")?;
    if &head != b"HTTP/1.1 200" {
        bail!("the server answers {}", String::from_utf8_lossy(&head));
    }
    Ok(ExitCode::SUCCESS)
}
