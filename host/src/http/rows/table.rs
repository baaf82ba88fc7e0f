//! A table as rows (RFC 4180): the first record names the columns; commas, semicolons or tabs between them.
//! Must not know what the columns mean.

use super::Row;
use super::cells::Cells;
use super::series::{Columns, Group};
use crate::http::body::{self, Incoming};
use crate::http::call::Call;
use crate::http::reject::Reject;
use crate::http::row;
use bytes::{Buf as _, BytesMut};
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

const MARKS: [u8; 3] = [b',', b';', b'\t'];
const FORECASTS: &str = "time-series-forecasting";

/// A body that is read record by record.
pub(super) struct Table {
    records: Records,
    meaning: Meaning,
    number: u64,
    /// The record that ended the group before it.
    next: Option<Vec<String>>,
}

enum Meaning {
    Rows(Cells),
    Series(Columns, Group),
}

impl Table {
    /// Reads the names of the columns.
    pub(super) async fn open(call: &Call, body: Incoming) -> Result<Table, (Reject, Incoming)> {
        let mut records = Records::new(body);
        let header = match records.next(call).await {
            Ok(Some(header)) => header,
            Ok(None) => {
                let empty = Reject::Invalid {
                    message: "the table has no header".to_owned(),
                    field: None,
                };
                return Err((empty, records.body));
            }
            Err(reject) => return Err((reject, records.body)),
        };
        let header: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
        let service = call.service();
        let task = service.manifest.task.map_or("", |task| task.as_str());
        let meaning = match task {
            FORECASTS => Columns::of(service, &header)
                .map(|columns| Meaning::Series(columns, Group::default())),
            _ => Cells::of(service, &header).map(Meaning::Rows),
        };
        match meaning {
            Ok(meaning) => Ok(Table {
                records,
                meaning,
                number: 0,
                next: None,
            }),
            Err(reject) => Err((reject, records.body)),
        }
    }

    pub(super) async fn next(&mut self, call: &Call) -> Result<Option<Row>, Reject> {
        let asked = match &mut self.meaning {
            Meaning::Rows(cells) => match self.records.next(call).await? {
                None => return Ok(None),
                Some(record) => Ok(cells.row(&record)),
            },
            Meaning::Series(columns, group) => {
                loop {
                    let record = match self.next.take() {
                        Some(record) => Some(record),
                        None => self.records.next(call).await?,
                    };
                    match record {
                        None if group.is_empty() => return Ok(None),
                        None => break,
                        Some(record) if columns.is_next(group, &record) => {
                            group.push(record);
                            let most = call.bounds().bytes;
                            if group.bytes() as u64 > most {
                                return Err(Reject::TooLarge(most));
                            }
                        }
                        Some(record) => {
                            self.next = Some(record);
                            break;
                        }
                    }
                }
                columns.row(std::mem::take(group))
            }
        };
        self.number += 1;
        Ok(Some(Row {
            number: self.number,
            request: asked.map(|asked| row::request(call.service(), asked, None)),
        }))
    }
}

/// The records of a table, each a list of cells.
struct Records {
    body: Incoming,
    buffer: BytesMut,
    reader: Option<Reader>,
    is_over: bool,
    cells: Vec<u8>,
    ends: Vec<usize>,
    /// Of these two, what is filled.
    filled: (usize, usize),
}

impl Records {
    fn new(body: Incoming) -> Records {
        Records {
            body,
            buffer: BytesMut::new(),
            reader: None,
            is_over: false,
            cells: vec![0; 1024],
            ends: vec![0; 64],
            filled: (0, 0),
        }
    }

    async fn next(&mut self, call: &Call) -> Result<Option<Vec<String>>, Reject> {
        let bounds = call.bounds();
        loop {
            // The whole header has to be there before it is known what stands between its names.
            let has_header = self.is_over || self.buffer.contains(&b'\n');
            if self.reader.is_none() && has_header {
                self.reader = Some(reader(&mut self.buffer));
            }
            let Some(reader) = &mut self.reader else {
                self.more(call).await?;
                continue;
            };
            if self.buffer.is_empty() && !self.is_over {
                self.more(call).await?;
                continue;
            }
            let (result, read, cells, ends) = reader.read_record(
                &self.buffer,
                &mut self.cells[self.filled.0..],
                &mut self.ends[self.filled.1..],
            );
            self.buffer.advance(read);
            self.filled = (self.filled.0 + cells, self.filled.1 + ends);
            if self.filled.0 as u64 > bounds.bytes {
                return Err(Reject::TooLarge(bounds.bytes));
            }
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.cells.resize(self.cells.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => return self.record().map(Some),
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    async fn more(&mut self, call: &Call) -> Result<(), Reject> {
        let bounds = call.bounds();
        if self.buffer.len() as u64 > bounds.bytes {
            return Err(Reject::TooLarge(bounds.bytes));
        }
        match body::next(&mut self.body, bounds.patience).await? {
            Some(part) => self.buffer.extend_from_slice(&part),
            None => self.is_over = true,
        }
        Ok(())
    }

    fn record(&mut self) -> Result<Vec<String>, Reject> {
        let (_, count) = std::mem::take(&mut self.filled);
        let mut begin = 0;
        let cells = self.ends[..count].iter().map(|end| {
            let cell = &self.cells[std::mem::replace(&mut begin, *end)..*end];
            str::from_utf8(cell).map(str::to_owned)
        });
        cells
            .collect::<Result<_, _>>()
            .map_err(|_| Reject::Malformed("the table is not UTF-8".to_owned()))
    }
}

/// A reader of tables with the mark that the first line of `buffer` has most of.
fn reader(buffer: &mut BytesMut) -> Reader {
    // Spreadsheets begin with it.
    if buffer.starts_with(b"\xef\xbb\xbf") {
        buffer.advance(3);
    }
    let mut lines = buffer[..].split(|byte| *byte == b'\n');
    let line = lines.next().unwrap_or_default();
    let count = |mark: u8| line.iter().filter(|byte| **byte == mark).count();
    // The first of them where none is there.
    let mark = MARKS.into_iter().rev().max_by_key(|mark| count(*mark));
    ReaderBuilder::new().delimiter(mark.unwrap_or(b',')).build()
}
