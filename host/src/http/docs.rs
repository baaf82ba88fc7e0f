//! `GET /docs`: the API to read and try, with Swagger UI out of the crate that carries it.
//! Must not know what the document says.

use super::packed;
use super::reject::Reject;
use super::ui::{self, Content};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::io::{self, Cursor, Read as _};
use std::sync::LazyLock;
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use warp::http::HeaderMap;
use warp::reply::Response;
use zip::read::ZipArchive;

const INDEX: &str = include_str!("docs/index.html");
const OURS: [(&str, &str); 3] = [
    ("start.js", include_str!("docs/start.js")),
    ("docs.css", include_str!("docs/docs.css")),
    ("icon.svg", include_str!("ui/icon.svg")),
];
const THEIRS: [&str; 2] = ["swagger-ui-bundle.js", "swagger-ui.css"];

/// Twelve hex digits that tell these files from all others.
static DIGEST: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    for (_, text) in OURS {
        digest.update(Sha256::digest(text));
    }
    digest.update(Sha256::digest(SWAGGER_UI_VENDORED));
    crate::hex(&digest.finalize()[..6])
});

static PAGE: LazyLock<String> = LazyLock::new(|| INDEX.replace("DIGEST", &DIGEST));

/// What is taken out of the archive, with its name; empty where it cannot be read.
static TAKEN: LazyLock<HashMap<&str, Packed>> = LazyLock::new(|| {
    let taken =
        Packed::all().inspect_err(|error| tracing::error!(%error, "/docs has no Swagger UI"));
    taken.unwrap_or_default()
});

pub(super) fn page(headers: &HeaderMap) -> Response {
    let content = Content::of(PAGE.clone().into_bytes(), headers);
    ui::respond(content, "text/html; charset=utf-8", "no-cache")
}

/// The file called `name` of the page whose digest is `digest`.
pub(super) fn file(digest: &str, name: &str, headers: &HeaderMap) -> Response {
    let ours = OURS.iter().find(|(ours, _)| *ours == name);
    let content = match ours {
        _ if digest != *DIGEST => None,
        Some((_, text)) => Some(Content::of(text.as_bytes().to_vec(), headers)),
        None => TAKEN.get(name).and_then(|packed| packed.content(headers)),
    };
    match content {
        Some(content) => ui::respond(content, ui::media_type(name), ui::FOR_EVER),
        None => {
            let reason = "/docs has no such file, or has changed since: load it again";
            Reject::NotFound(reason.to_owned()).into_response()
        }
    }
}

/// A file as it lies in the archive: deflated, which is what gzip wants too.
struct Packed {
    index: usize,
    deflated: Vec<u8>,
    crc32: u32,
    bytes: u64,
}

impl Packed {
    fn all() -> io::Result<HashMap<&'static str, Packed>> {
        let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
        let mut taken = HashMap::new();
        for index in 0..archive.len() {
            let mut file = archive.by_index_raw(index)?;
            let path = file.name()?.into_owned();
            // swagger-ui-VERSION/dist/NAME
            let Some((_, name)) = path.split_once("/dist/") else {
                continue;
            };
            let Some(name) = THEIRS.into_iter().find(|theirs| *theirs == name) else {
                continue;
            };
            let mut deflated = Vec::new();
            file.read_to_end(&mut deflated)?;
            let packed = Packed {
                index,
                crc32: file.crc32(),
                bytes: file.size(),
                deflated,
            };
            taken.insert(name, packed);
        }
        Ok(taken)
    }

    fn content(&self, headers: &HeaderMap) -> Option<Content> {
        match packed::is_accepted(headers) {
            true => Some(Content::Gzip(self.gzip())),
            false => self.plain().map(Content::Plain).ok(),
        }
    }

    /// RFC 1952, around what is there.
    fn gzip(&self) -> Vec<u8> {
        let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
        gzip.extend_from_slice(&self.deflated);
        gzip.extend_from_slice(&self.crc32.to_le_bytes());
        // Modulo 2^32, as the format has it.
        gzip.extend_from_slice(&(self.bytes as u32).to_le_bytes());
        gzip
    }

    fn plain(&self) -> io::Result<Vec<u8>> {
        let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
        let mut bytes = Vec::new();
        archive.by_index(self.index)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}
