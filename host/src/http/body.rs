//! Request bodies: read whole, within a size and a pace, chunked ones too.
//! Must not know what a body holds.

use super::packed;
use super::reject::Reject;
use bytes::{Buf, Bytes, BytesMut};
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};
use std::time::Duration;
use warp::http::HeaderMap;
use warp::http::header::CONTENT_ENCODING;

/// A body on its way.
pub(super) type Incoming = BoxStream<'static, Result<Bytes, warp::Error>>;

/// The body that warp reads as `parts`.
pub(super) fn incoming<B: Buf>(
    parts: impl Stream<Item = Result<B, warp::Error>> + Send + 'static,
) -> Incoming {
    parts
        .map(|part| part.map(|mut part| part.copy_to_bytes(part.remaining())))
        .boxed()
}

/// What is read and thrown away of a body that is refused, so that the client, still sending, gets to read why.
const LINGER_BYTES: usize = 32 << 20;
const LINGER: Duration = Duration::from_secs(2);

/// A body that has been read already.
pub(super) fn whole(bytes: Bytes) -> Incoming {
    futures_util::stream::once(async { Ok(bytes) }).boxed()
}

/// How much of a body is read, and how long it may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Bytes of the whole.
    pub(super) bytes: u64,
    /// Between two parts.
    pub(super) patience: Duration,
    /// From the first part to the last.
    pub(super) whole: Duration,
}

/// Reads `stream` to its end, within `bounds`.
/// `announced` is the Content-Length: a body that says it is too large is not read at all.
pub(super) async fn read(
    stream: &mut Incoming,
    announced: Option<u64>,
    bounds: Bounds,
) -> Result<Bytes, Reject> {
    if announced.is_some_and(|length| length > bounds.bytes) {
        return Err(Reject::TooLarge(bounds.bytes));
    }
    tokio::time::timeout(bounds.whole, parts(stream, bounds.bytes, bounds.patience))
        .await
        .unwrap_or(Err(Reject::ClientTimeout(bounds.whole)))
}

/// Throws away what the client is still sending: a connection that is closed with bytes unread is reset,
/// and the answer lost with it.
pub(super) async fn discard(stream: &mut Incoming) {
    let rest = async {
        let mut left = LINGER_BYTES;
        while let Some(Ok(part)) = stream.next().await {
            match left.checked_sub(part.len()) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    // Whoever has not finished by then may miss the answer.
    tokio::time::timeout(LINGER, rest).await.ok();
}

async fn parts(stream: &mut Incoming, limit: u64, patience: Duration) -> Result<Bytes, Reject> {
    let mut body = BytesMut::new();
    while let Some(part) = next(stream, patience).await? {
        if body.len() as u64 + part.len() as u64 > limit {
            return Err(Reject::TooLarge(limit));
        }
        body.extend_from_slice(&part);
    }
    Ok(body.freeze())
}

/// The next part of a body; `None` at its end.
pub(super) async fn next(
    stream: &mut Incoming,
    patience: Duration,
) -> Result<Option<Bytes>, Reject> {
    let part = tokio::time::timeout(patience, stream.next())
        .await
        .map_err(|_| Reject::ClientTimeout(patience))?;
    part.transpose()
        .map_err(|error| Reject::Malformed(format!("the body broke off: {error}")))
}

/// What is inside a `body` that `Content-Encoding` says is packed, at most `limit` bytes.
pub(super) fn decoded(headers: &HeaderMap, body: Bytes, limit: u64) -> Result<Bytes, Reject> {
    let Some(encoding) = headers.get(CONTENT_ENCODING) else {
        return Ok(body);
    };
    if matches!(encoding.as_bytes(), b"" | b"identity") {
        return Ok(body);
    }
    let unpacked = packed::unpacked(encoding.as_bytes(), &body, limit).ok_or_else(|| {
        Reject::MediaType(format!(
            "Content-Encoding {encoding:?} is not read here; send gzip or deflate, or the body as it is"
        ))
    })?;
    let unpacked = unpacked.map_err(|error| {
        Reject::Malformed(format!(
            "the body is not what its Content-Encoding says: {error}"
        ))
    })?;
    unpacked.ok_or(Reject::TooLarge(limit))
}
