//! Before the first measurement: is there a server, does it have the model, is that loaded, and which one is it.
//! Must not know how it is loaded.

use super::client::{Client, Fault};
use super::{Error, Load, Target};
use serde_json::Value;
use std::time::Duration;

/// Between two looks at a model that is loading.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Who answers, as far as the server says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// The model's name.
    pub model: Option<String>,
    /// The digest of its file.
    pub sha256: Option<String>,
}

/// Waits until the model is loaded, sends one request, and answers who answers.
///
/// # Errors
/// Nothing listens, the server does not know the model, or cannot load it.
pub async fn ready(target: &Target, load: &Load) -> Result<Served, Error> {
    let mut client = load.client();
    if let Some(path) = &target.about {
        loaded(target, &mut client, path).await?;
    }
    let answer = client.post(load.next_body()).await;
    let answer = answer.map_err(|fault| unreachable(target, fault))?;
    let text = |name| answer.header(name).map(str::to_owned);
    Ok(Served {
        model: text("x-model-name"),
        sha256: text("x-model-sha256"),
    })
}

async fn loaded(target: &Target, client: &mut Client, path: &str) -> Result<(), Error> {
    let mut look = tokio::time::interval(LOOK_EVERY);
    // A load ends by itself, in one way or the other.
    loop {
        look.tick().await;
        let got = client.get(path).await;
        let (status, body) = got.map_err(|fault| unreachable(target, fault))?;
        let model: Value = serde_json::from_slice(&body).unwrap_or_default();
        match (status, model["state"].as_str()) {
            (200, Some("ready")) => return Ok(()),
            (200, Some("failed")) => {
                let why = model["error"].as_str().unwrap_or("it does not say why");
                return Err(Error::NotLoaded(why.to_owned()));
            }
            (200, Some(_)) => {}
            _ => {
                let said = model["error"].as_str().map_or_else(
                    || String::from_utf8_lossy(&body).chars().take(200).collect(),
                    str::to_owned,
                );
                return Err(Error::Unknown {
                    path: path.to_owned(),
                    status,
                    said,
                });
            }
        }
    }
}

fn unreachable(target: &Target, fault: Fault) -> Error {
    Error::Unreachable {
        address: target.address.clone(),
        fault,
    }
}
