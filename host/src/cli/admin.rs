//! `modelhost admin`: asks the server on this machine to roll back or promote.
//! Must not know versions.

use crate::settings::Admin;
use anyhow::{Context as _, bail};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);
/// More than any answer of these routes.
const MOST: u64 = 1 << 16;

pub(super) fn run(settings: &Admin) -> anyhow::Result<ExitCode> {
    let model = &settings.model;
    if !model
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        bail!("`{model}` is no model's name");
    }
    let address = (Ipv4Addr::LOCALHOST, settings.port).into();
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)
        .with_context(|| format!("nothing listens on port {}", settings.port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let head = format!(
        "POST /admin/models/{model}/{} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        settings.action.name(),
        settings.token.reveal(),
    );
    stream.write_all(head.as_bytes())?;
    let mut answer = String::new();
    stream
        .take(MOST)
        .read_to_string(&mut answer)
        .context("the server does not answer")?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    if !answer.starts_with("HTTP/1.1 200") {
        let said = serde_json::from_str::<serde_json::Value>(body).unwrap_or_default();
        match said["error"].as_str() {
            Some(error) => bail!("{error}"),
            None => bail!("the server answers: {answer}"),
        }
    }
    writeln!(std::io::stdout(), "{body}")?;
    Ok(ExitCode::SUCCESS)
}
