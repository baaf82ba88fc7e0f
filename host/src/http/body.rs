//! Request bodies: read whole, within a size and a pace, chunked ones too.
//! Must not know what a body holds.

use super::reject::Reject;
use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use std::time::Duration;

/// What is read and thrown away of a body that is refused, so that the client, still sending, gets to read why.
const LINGER_BYTES: usize = 32 << 20;
const LINGER: Duration = Duration::from_secs(2);

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
pub(super) async fn read<B: Buf>(
    stream: &mut (impl Stream<Item = Result<B, warp::Error>> + Unpin),
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
pub(super) async fn discard<B: Buf>(
    stream: &mut (impl Stream<Item = Result<B, warp::Error>> + Unpin),
) {
    let rest = async {
        let mut left = LINGER_BYTES;
        while let Some(Ok(part)) = stream.next().await {
            match left.checked_sub(part.remaining()) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    // Whoever has not finished by then may miss the answer.
    tokio::time::timeout(LINGER, rest).await.ok();
}

async fn parts<B: Buf>(
    stream: &mut (impl Stream<Item = Result<B, warp::Error>> + Unpin),
    limit: u64,
    patience: Duration,
) -> Result<Bytes, Reject> {
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
