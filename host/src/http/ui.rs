//! The page: static files inside the binary, sent with headers that let nothing else in.
//! Must not know models.

use super::reject::Reject;
use include_dir::{Dir, include_dir};
use warp::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use warp::reply::Response;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/http/ui");

/// No inline script or style, no other host; any frame may show the page, as a Space's frame does.
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'";

/// The file called `name` under `/ui/`, or the page itself.
pub(super) fn file(name: &str) -> Response {
    let Some(file) = FILES.get_file(name) else {
        return Reject::NotFound("the page has no such file".to_owned()).into_response();
    };
    let mut response = Response::new(file.contents().into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(name)));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // The page and its files change together, with the binary.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
