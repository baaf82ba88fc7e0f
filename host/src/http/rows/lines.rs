//! Lines of JSON as rows: each a whole request, or what `inputs` would be.
//! Must not know what they ask.

use super::Row;
use crate::http::body::{self, Incoming};
use crate::http::call::Call;
use crate::http::reject::Reject;
use crate::http::row;
use bytes::{Buf as _, BytesMut};

/// A body that is read line by line.
pub(super) struct Lines {
    body: Incoming,
    buffer: BytesMut,
    /// How much of the buffer holds no end of line.
    looked_at: usize,
    is_over: bool,
    number: u64,
}

impl Lines {
    pub(super) fn new(body: Incoming) -> Lines {
        Lines {
            body,
            buffer: BytesMut::new(),
            looked_at: 0,
            is_over: false,
            number: 0,
        }
    }

    pub(super) async fn next(&mut self, call: &Call) -> Result<Option<Row>, Reject> {
        let bounds = call.bounds();
        loop {
            let rest = &self.buffer[self.looked_at..];
            let line = match rest.iter().position(|byte| *byte == b'\n') {
                Some(end) => {
                    let line = self.buffer.split_to(self.looked_at + end);
                    self.buffer.advance(1);
                    self.looked_at = 0;
                    line
                }
                None if self.is_over && self.buffer.is_empty() => return Ok(None),
                None if self.is_over => self.buffer.split(),
                None => {
                    self.looked_at = self.buffer.len();
                    if self.buffer.len() as u64 > bounds.bytes {
                        return Err(Reject::TooLarge(bounds.bytes).at(&self.place()));
                    }
                    match body::next(&mut self.body, bounds.patience).await? {
                        Some(part) => self.buffer.extend_from_slice(&part),
                        None => {
                            self.is_over = true;
                            self.looked_at = 0;
                        }
                    }
                    continue;
                }
            };
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            self.number += 1;
            let request = serde_json::from_slice(&line)
                .map(|line| row::request(call.service(), line, None))
                .map_err(|error| Reject::Malformed(format!("the line is not JSON: {error}")));
            return Ok(Some(Row {
                number: self.number,
                request,
            }));
        }
    }

    fn place(&self) -> String {
        format!("line {}", self.number + 1)
    }
}
