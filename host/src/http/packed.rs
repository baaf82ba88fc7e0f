//! Bodies packed for the way, and unpacked: gzip where the client says that it unpacks and there is something to gain.
//! Must not know what they hold.

use bytes::Bytes;
use flate2::Compression;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use flate2::write::GzEncoder;
use std::io::{Read, Write as _};
use warp::http::HeaderMap;
use warp::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderValue, VARY};
use warp::reply::Response;

/// Packing a smaller body takes longer than sending it as it is.
const LEAST: usize = 16 << 10;
/// Packing a larger one would keep other connections waiting.
const MOST_AT_ONCE: usize = 128 << 10;

/// Whether a client that sent `headers` unpacks gzip.
pub(super) fn is_accepted(headers: &HeaderMap) -> bool {
    let ranges = headers.get_all(ACCEPT_ENCODING).into_iter();
    let ranges = ranges.filter_map(|value| value.to_str().ok());
    let mut ranges = ranges.flat_map(|value| value.split(','));
    ranges.any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let is_named = matches!(parts.next(), Some("gzip" | "x-gzip"));
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok());
        is_named && weight != Some(0.0)
    })
}

/// A response of `body`, to a request with `headers`.
pub(super) async fn response(headers: &HeaderMap, body: Bytes) -> Response {
    if body.len() < LEAST {
        return Response::new(body.into());
    }
    if !is_accepted(headers) {
        return varying(Response::new(body.into()));
    }
    let packed = match body.len() {
        ..=MOST_AT_ONCE => gzip(&body),
        _ => {
            let body = body.clone();
            // A thread that ended without a result has packed nothing.
            let packing = tokio::task::spawn_blocking(move || gzip(&body));
            packing
                .await
                .unwrap_or_else(|error| Err(std::io::Error::other(error)))
        }
    };
    match packed {
        Ok(packed) => {
            let mut response = varying(Response::new(packed.into()));
            let gzip = HeaderValue::from_static("gzip");
            response.headers_mut().insert(CONTENT_ENCODING, gzip);
            response
        }
        Err(error) => {
            tracing::warn!(%error, "sending a body unpacked");
            varying(Response::new(body.into()))
        }
    }
}

/// At the quickest level: half of the gain of the best one in a tenth of its time.
pub(super) fn gzip(body: &[u8]) -> std::io::Result<Vec<u8>> {
    at(Compression::fast(), body)
}

/// As small as it gets, for what is packed once and sent often.
pub(super) fn smallest(body: &[u8]) -> std::io::Result<Vec<u8>> {
    at(Compression::best(), body)
}

fn at(level: Compression, body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), level);
    encoder.write_all(body)?;
    encoder.finish()
}

/// A body that is packed part by part, each of which can be unpacked as soon as it is there.
pub(super) struct Parts(GzEncoder<Vec<u8>>);

impl Parts {
    /// For a client that sent `headers`, where it unpacks; says so in `response`.
    pub(super) fn of(headers: &HeaderMap, response: &mut HeaderMap) -> Option<Parts> {
        let name = HeaderValue::from_static("accept-encoding");
        response.insert(VARY, name);
        is_accepted(headers).then(|| {
            response.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            Parts(GzEncoder::new(Vec::new(), Compression::fast()))
        })
    }

    /// The next part.
    pub(super) fn next(&mut self, part: &[u8]) -> std::io::Result<Vec<u8>> {
        self.0.write_all(part)?;
        self.0.flush()?;
        Ok(std::mem::take(self.0.get_mut()))
    }

    /// The last part, with what closes the body.
    pub(super) fn end(mut self, part: &[u8]) -> std::io::Result<Vec<u8>> {
        self.0.write_all(part)?;
        self.0.finish()
    }
}

/// What is inside a `body` that came as `encoding`, if that is known; none of it where there are more than `limit` bytes.
pub(super) fn unpacked(
    encoding: &[u8],
    body: &[u8],
    limit: u64,
) -> Option<std::io::Result<Option<Bytes>>> {
    Some(match encoding {
        b"gzip" | b"x-gzip" => within(MultiGzDecoder::new(body), limit),
        b"deflate" => within(ZlibDecoder::new(body), limit),
        _ => return None,
    })
}

fn within(packed: impl Read, limit: u64) -> std::io::Result<Option<Bytes>> {
    let mut body = Vec::new();
    packed.take(limit + 1).read_to_end(&mut body)?;
    Ok((body.len() as u64 <= limit).then(|| body.into()))
}

fn varying(mut response: Response) -> Response {
    let name = HeaderValue::from_static("accept-encoding");
    response.headers_mut().insert(VARY, name);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_say_so() {
        let is = |text: &'static str| {
            is_accepted(&HeaderMap::from_iter([(
                ACCEPT_ENCODING,
                HeaderValue::from_static(text),
            )]))
        };
        assert!(is("gzip") && is("br, gzip;q=0.5") && is("deflate, gzip"));
        assert!(!is("br") && !is("gzip;q=0") && !is("identity") && !is("*"));
    }
}
