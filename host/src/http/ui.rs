//! The page's files inside the binary, each under an address that changes when any of them does.
//! Must not know models.

use super::bundle;
use super::packed;
use super::reject::Reject;
use include_dir::{Dir, include_dir};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::LazyLock;
use warp::http::HeaderMap;
use warp::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use warp::reply::Response;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/http/ui");

/// What the page is made of, before a model is known.
const INDEX: &str = "index.html";
/// No inline script or style, no other host; any frame may show the page, as a Space's frame does.
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'";
/// An address says what is behind it, so that no answer ever grows old.
pub(super) const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Smaller answers would not get smaller.
const LEAST_COMPRESSED: usize = 512;

/// Twelve hex digits that tell these files from all others.
static DIGEST: LazyLock<String> = LazyLock::new(|| {
    let mut files: Vec<_> = FILES.files().collect();
    files.sort_by_key(|file| file.path());
    let mut digest = Sha256::new();
    for file in files {
        digest.update(file.path().to_string_lossy().as_bytes());
        digest.update(Sha256::digest(file.contents()));
    }
    crate::hex(&digest.finalize()[..6])
});

/// The page's modules as one, under the name that the page asks for; those that it may never need as another.
const SCRIPT: &str = "page.js";
const LATER: &str = "later.js";
/// Its stylesheets as one.
const STYLE: &str = "page.css";

/// What is sent under each name, as it is and compressed.
static CONTENTS: LazyLock<HashMap<&str, [Vec<u8>; 2]>> = LazyLock::new(|| {
    let files = FILES.files().filter_map(|file| {
        let name = file.path().to_str()?;
        Some((name, file.contents().to_vec()))
    });
    let sheets = bundle::stylesheets(text(INDEX)).into_iter().map(text);
    let scripts = bundle::scripts("app.js", [SCRIPT, LATER], text);
    let made = [
        (SCRIPT, scripts.now.into_bytes()),
        (LATER, scripts.later.into_bytes()),
        (STYLE, sheets.collect::<String>().into_bytes()),
    ];
    let both = |(name, bytes): (&'static str, Vec<u8>)| {
        let small = packed::smallest(&bytes).expect("writing to memory cannot fail");
        (name, [bytes, small])
    };
    files.chain(made).map(both).collect()
});

/// index.html with the addresses that its files are sent under.
pub(super) fn index() -> String {
    let whole = text(INDEX).replace("\"ui/app.js\"", &format!("\"ui/{SCRIPT}\""));
    let is_sheet = |line: &&str| line.starts_with("<link rel=\"stylesheet\"");
    let lines = whole.lines().filter(|line| !is_sheet(line));
    let rest: String = lines.flat_map(|line| [line, "\n"]).collect();
    let link = format!("<link rel=\"stylesheet\" href=\"ui/{STYLE}\">\n</head>");
    let whole = rest.replacen("</head>", &link, 1);
    whole.replace("\"ui/", &format!("\"ui/{}/", *DIGEST))
}

/// The file called `name` of the page whose digest is `digest`.
pub(super) fn file(digest: &str, name: &str, headers: &HeaderMap) -> Response {
    let Some([plain, small]) = CONTENTS.get(name).filter(|_| digest == *DIGEST) else {
        let reason = "the page has no such file, or has changed since: load it again";
        return Reject::NotFound(reason.to_owned()).into_response();
    };
    let content = match packed::is_accepted(headers) && small.len() < plain.len() {
        true => Content::Gzip(small.clone()),
        false => Content::Plain(plain.clone()),
    };
    respond(content, media_type(name), FOR_EVER)
}

fn text(name: &str) -> &'static str {
    let file = FILES.get_file(name);
    file.and_then(|file| file.contents_utf8())
        .unwrap_or_default()
}

/// A body, compressed or not.
pub(super) enum Content {
    Plain(Vec<u8>),
    Gzip(Vec<u8>),
}

impl Content {
    /// `bytes`, compressed where the client takes that and it is worth it.
    pub(super) fn of(bytes: Vec<u8>, headers: &HeaderMap) -> Content {
        match packed::is_accepted(headers) && bytes.len() >= LEAST_COMPRESSED {
            true => Content::Gzip(packed::gzip(&bytes).expect("writing to memory cannot fail")),
            false => Content::Plain(bytes),
        }
    }
}

/// `content` with the headers that all of the page has.
pub(super) fn respond(content: Content, media_type: &'static str, cache: &'static str) -> Response {
    let (bytes, encoding) = match content {
        Content::Plain(bytes) => (bytes, None),
        Content::Gzip(bytes) => (bytes, Some(HeaderValue::from_static("gzip"))),
    };
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    if let Some(encoding) = encoding {
        headers.insert(CONTENT_ENCODING, encoding);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

pub(super) fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
