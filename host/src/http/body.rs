//! Request bodies: read whole, within a size and a pace, chunked ones too.
//! Must not know what a body holds.

use super::reject::Reject;
use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use std::pin::pin;
use std::time::Duration;

/// Reads `stream` to its end: at most `limit` bytes, with at most `patience` between two parts.
/// `announced` is the Content-Length: a body that says it is too large is not read at all.
pub(super) async fn read<B: Buf>(
    stream: impl Stream<Item = Result<B, warp::Error>>,
    announced: Option<u64>,
    limit: u64,
    patience: Duration,
) -> Result<Bytes, Reject> {
    if announced.is_some_and(|length| length > limit) {
        return Err(Reject::TooLarge(limit));
    }
    let mut stream = pin!(stream);
    let mut body = BytesMut::new();
    loop {
        let part = tokio::time::timeout(patience, stream.next())
            .await
            .map_err(|_| Reject::ClientTimeout(patience))?;
        match part {
            None => return Ok(body.freeze()),
            Some(Err(error)) => {
                return Err(Reject::Malformed(format!("the body broke off: {error}")));
            }
            Some(Ok(mut part)) => {
                if body.len() as u64 + part.remaining() as u64 > limit {
                    return Err(Reject::TooLarge(limit));
                }
                while part.has_remaining() {
                    let chunk = part.chunk();
                    body.extend_from_slice(chunk);
                    let length = chunk.len();
                    part.advance(length);
                }
            }
        }
    }
}
