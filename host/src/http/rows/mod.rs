//! Rows without end: each line of JSON or of a table is a request of its own, answered while others are still on their way.
//! Must not know the stages. Memory holds what is under way and no more: a client that does not read is not read from.

mod answers;
mod cells;
mod lines;
mod series;
mod table;

use super::body::{self, Incoming};
use super::call::{Call, Head, Open, origin};
use super::dialect::Dialect;
use super::reject::Reject;
use super::{Shared, find, packed};
use crate::pipeline::Request;
use answers::Writer;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{FuturesOrdered, poll_fn};
use lines::Lines;
use serde_json::value::RawValue;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};
use table::Table;
use tokio::sync::mpsc;
use warp::Reply as _;
use warp::http::HeaderMap;
use warp::http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use warp::reply::Response;

/// Rows under way at once: enough for every worker to have a full run, and few enough to leave room in the queue.
const AHEAD: usize = 32;
/// Parts of the answer that wait for the client.
const PARTS: usize = 4;
/// What is gathered before it is sent, while there is more to come at once.
const PART_BYTES: usize = 16 << 10;
/// How soon a row that found the queue full is tried again.
const AGAIN: Duration = Duration::from_millis(20);

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// One JSON value a line.
    Lines,
    /// A table with a header.
    Csv,
}

/// All of them.
pub(super) const FORMS: [Form; 2] = [Form::Lines, Form::Csv];

impl Form {
    /// The form that a body of this media type has, if it is one of rows.
    pub(super) fn of(media_type: &str) -> Option<Form> {
        match media_type {
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/x-jsonlines"
            | "application/jsonlines" => Some(Form::Lines),
            "text/csv" => Some(Form::Csv),
            _ => None,
        }
    }

    /// Its media type, without parameters.
    pub(super) fn essence(self) -> &'static str {
        match self {
            Form::Lines => "application/x-ndjson",
            Form::Csv => "text/csv",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Form::Lines => self.essence(),
            Form::Csv => "text/csv; charset=utf-8",
        }
    }

    /// What `Accept` asks for by name; else as the rows came.
    fn accepted(self, headers: &HeaderMap) -> Form {
        let ranges = headers.get_all(ACCEPT).into_iter();
        let ranges = ranges.filter_map(|value| value.to_str().ok());
        let mut ranges = ranges.flat_map(|value| value.split(','));
        let named = ranges.find_map(|range| {
            let range = range.split(';').next().unwrap_or_default().trim();
            Form::of(&range.to_ascii_lowercase())
        });
        named.unwrap_or(self)
    }
}

/// One row, and what is asked with it.
struct Row {
    /// From 1, as the client counts: of a table without its header.
    number: u64,
    request: Result<Request, Reject>,
}

/// Where rows come from.
enum Source {
    Lines(Lines),
    Table(Box<Table>),
}

impl Source {
    /// The next row; nothing is lost where it is not waited for to the end.
    async fn next(&mut self, call: &Call) -> Result<Option<Row>, Reject> {
        match self {
            Source::Lines(lines) => lines.next(call).await,
            Source::Table(table) => table.next(call).await,
        }
    }
}

/// Answers the rows of a body of `form` with the model called `name`, or the default one.
pub(super) async fn predict(
    shared: Arc<Shared>,
    name: Option<String>,
    form: Form,
    head: Head,
    mut body: Incoming,
) -> Response {
    let entry = find::asked(&shared, name.as_deref());
    let open = match Open::begin(shared, "predict", entry, Dialect::Ours) {
        Ok(open) => open,
        Err(response) => {
            body::discard(&mut body).await;
            return *response;
        }
    };
    let written = form.accepted(&head.headers);
    let call = open.admit(head).and_then(|call| match call.is_packed() {
        true => Err(Reject::MediaType(
            "rows are read as they come; send them without Content-Encoding".to_owned(),
        )),
        false => Ok(call),
    });
    let call = match call {
        Ok(call) => Arc::new(call),
        Err(reject) => return open.close(Err(reject), &mut body).await,
    };
    let source = match form {
        Form::Lines => Source::Lines(Lines::new(body)),
        Form::Csv => match Table::open(&call, body).await {
            Ok(table) => Source::Table(Box::new(table)),
            Err((reject, mut body)) => return open.close(Err(reject), &mut body).await,
        },
    };
    let (sender, mut parts) = mpsc::channel::<Bytes>(PARTS);
    let writer = Writer::new(call.service(), written);
    let mut headers = origin(call.service());
    let packing = packed::Parts::of(&call.headers, &mut headers);
    let sending = Sending { sender, packing };
    let labels = open.labels();
    tokio::spawn(async move {
        answer(&call, source, writer, sending).await;
        open.ended();
    });
    let parts = poll_fn(move |context| {
        let part = parts.poll_recv(context);
        part.map(|part| part.map(Ok::<_, Infallible>))
    });
    let mut response = warp::reply::stream(parts).into_response();
    response.headers_mut().extend(headers);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(written.media_type()));
    // nginx would hold rows back until its buffer is full.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response.extensions_mut().insert(labels);
    response
}

/// Answers row after row, in their order, until there is none, or nobody reads.
async fn answer(call: &Call, mut source: Source, mut writer: Writer, mut sending: Sending) {
    let mut under_way = FuturesOrdered::new();
    let mut has_more = true;
    loop {
        let may_read = has_more && under_way.len() < AHEAD;
        tokio::select! {
            row = source.next(call), if may_read => match row {
                Ok(Some(row)) => under_way.push_back(one(call, row)),
                Ok(None) => has_more = false,
                Err(reject) => {
                    has_more = false;
                    writer.last = Some(reject);
                }
            },
            Some((number, answered)) = under_way.next(), if !under_way.is_empty() => {
                writer.write(number, answered);
            }
            else => break,
        }
        let is_idle = under_way.is_empty();
        if writer.text.len() >= PART_BYTES || (is_idle && !writer.text.is_empty()) {
            let part = std::mem::take(&mut writer.text);
            if sending.part(part).await.is_err() {
                return;
            }
        }
    }
    // A client that has gone needs no end.
    sending.end(writer.end()).await.ok();
}

/// The way to the client.
struct Sending {
    sender: mpsc::Sender<Bytes>,
    packing: Option<packed::Parts>,
}

impl Sending {
    async fn part(&mut self, part: Vec<u8>) -> std::io::Result<()> {
        let part = match &mut self.packing {
            Some(packing) => packing.next(&part)?,
            None => part,
        };
        self.send(part).await
    }

    async fn end(mut self, part: Vec<u8>) -> std::io::Result<()> {
        let part = match self.packing.take() {
            Some(packing) => packing.end(&part)?,
            None => part,
        };
        self.send(part).await
    }

    /// Fails where nobody reads.
    async fn send(&self, part: Vec<u8>) -> std::io::Result<()> {
        let sent = self.sender.send(part.into()).await;
        sent.map_err(|_| std::io::ErrorKind::BrokenPipe.into())
    }
}

/// The answer to one row. One that finds the queue full waits for its turn as long as a request may take.
async fn one(call: &Call, row: Row) -> (u64, Result<Box<RawValue>, Reject>) {
    let Row { number, request } = row;
    let request = match request {
        Ok(request) => request,
        Err(reject) => return (number, Err(reject)),
    };
    let end = Instant::now() + call.service().manifest.limits.deadline;
    let answered = loop {
        let ran = call.run_until(end, &request, |_, answer| answer.outputs.into_json());
        match ran.await {
            Err(Reject::Overloaded(_)) if Instant::now() + AGAIN < end => {
                #[allow(clippy::disallowed_methods, reason = "a pause between attempts")]
                tokio::time::sleep(AGAIN).await;
            }
            ran => break ran.map(|ran| ran.value),
        }
    };
    (number, answered)
}
