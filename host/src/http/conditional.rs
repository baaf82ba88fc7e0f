//! Conditional requests (RFC 9110, 13): what an answer is known by, and 304 where the client has it already.
//! Must not know what the answer is.

use sha2::{Digest as _, Sha256};
use warp::http::header::{CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use warp::http::{HeaderMap, StatusCode};
use warp::reply::Response;

/// What `write` makes of `bytes`; without a body where the request says that the client has these.
pub(super) fn respond(
    bytes: Vec<u8>,
    asked: &HeaderMap,
    write: impl FnOnce(Vec<u8>) -> Response,
) -> Response {
    // Weak: the same bytes are also sent compressed.
    let tag = format!("W/\"{}\"", crate::hex(&Sha256::digest(&bytes)[..12]));
    let is_known = knows(asked, &tag);
    let mut response = write(if is_known { Vec::new() } else { bytes });
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(CONTENT_TYPE);
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

fn knows(asked: &HeaderMap, tag: &str) -> bool {
    let values = asked.get_all(IF_NONE_MATCH).iter();
    let mut known = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim);
    let opaque = tag.trim_start_matches("W/");
    known.any(|one| one == "*" || one.trim_start_matches("W/") == opaque)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(known: Option<&str>) -> Response {
        let known = known.map(|tag| (IF_NONE_MATCH, HeaderValue::from_str(tag).expect("a header")));
        let asked = known.into_iter().collect();
        respond(b"text".to_vec(), &asked, |bytes| {
            Response::new(bytes.into())
        })
    }

    #[test]
    fn who_has_the_answer_is_not_sent_it_again() {
        let first = answer(None);
        let tag = first.headers()[ETAG].to_str().expect("text").to_owned();
        let opaque = tag.trim_start_matches("W/").to_owned();
        for known in [
            tag.clone(),
            format!("\"other\", {tag}"),
            opaque,
            "*".to_owned(),
        ] {
            let again = answer(Some(&known));
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{known}");
            assert_eq!(again.headers()[ETAG], first.headers()[ETAG]);
        }
        assert_eq!(answer(Some("\"other\"")).status(), StatusCode::OK);
    }
}
