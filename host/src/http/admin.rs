//! `POST /admin/models/{name}/{action}`: what an operator with the token may do.
//! Must not know how it is done.

use super::health::json_response;
use super::reject::Reject;
use super::{Shared, access, find};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use warp::http::{HeaderMap, StatusCode};
use warp::reply::Response;

pub(super) fn act(shared: &Shared, name: &str, action: &str, headers: &HeaderMap) -> Response {
    match allowed(shared, headers).and_then(|()| done(shared, name, action)) {
        Ok(response) => response,
        Err(reject) => reject.into_response(),
    }
}

fn done(shared: &Shared, name: &str, action: &str) -> Result<Response, Reject> {
    let entry = find::named(shared, name)?;
    let version = match action {
        "rollback" => entry.roll_back(),
        "promote" => entry.promote(),
        other => {
            let known = "there are `rollback` and `promote`";
            return Err(Reject::NotFound(format!(
                "there is no action `{other}`; {known}"
            )));
        }
    };
    let version = version.map_err(|error| Reject::Conflict(error.to_string()))?;
    let done = json!({
        "model": name,
        "version": version.name(),
        "revision": version.service.revision,
        "sha256": version.service.artifact.sha256,
    });
    Ok(json_response(StatusCode::OK, &done))
}

pub(super) fn allowed(shared: &Shared, headers: &HeaderMap) -> Result<(), Reject> {
    let Some(token) = &shared.admin else {
        let message =
            "there are no admin routes; start the server with MODELHOST_ADMIN_TOKEN to have them";
        return Err(Reject::NotFound(message.to_owned()));
    };
    // Of digests: how long a comparison takes tells nothing about the token.
    let digest = |text: &str| Sha256::digest(text);
    match access::bearer(headers) {
        Some(shown) if digest(shown) == digest(token) => Ok(()),
        _ => Err(Reject::Unauthorized),
    }
}
