//! Answers to rows, as lines of JSON or as a table: what failed says why in its place, and the others are kept.
//! Must not know how they were found.

use super::Form;
use crate::http::reject::Reject;
use crate::service::Service;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// Writes one answer after the other.
pub(super) struct Writer {
    form: Form,
    kind: Kind,
    /// What is written and not yet sent.
    pub(super) text: Vec<u8>,
    /// Why no more rows are read, where that was not their end.
    pub(super) last: Option<Reject>,
    has_header: bool,
}

/// What the columns of a table of answers are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The likeliest label, and how likely it is.
    Label,
    /// A number or a word.
    Prediction,
    /// Days, with a mean and quantiles.
    Forecast,
    /// Anything else, as JSON.
    Outputs,
}

impl Writer {
    pub(super) fn new(service: &Service, form: Form) -> Writer {
        let kind = match service.manifest.task.map_or("", |task| task.as_str()) {
            "text-classification" | "tabular-classification" | "image-classification" => {
                Kind::Label
            }
            "tabular-regression" | "sentence-similarity" => Kind::Prediction,
            "time-series-forecasting" => Kind::Forecast,
            _ => Kind::Outputs,
        };
        Writer {
            form,
            kind,
            text: Vec::new(),
            last: None,
            has_header: false,
        }
    }

    /// The answer to the row `number`.
    pub(super) fn write(&mut self, number: u64, answered: Result<Box<RawValue>, Reject>) {
        match (self.form, answered) {
            (Form::Lines, Ok(outputs)) => {
                let line = format!("{{\"row\":{number},\"outputs\":{outputs}}}\n");
                self.text.extend_from_slice(line.as_bytes());
            }
            (Form::Lines, Err(reject)) => self.line(Some(number), reject),
            (Form::Csv, Ok(outputs)) => {
                let outputs = serde_json::from_str(outputs.get()).unwrap_or_default();
                self.cells(number, &outputs);
            }
            (Form::Csv, Err(reject)) => self.refused(Some(number), reject),
        }
    }

    /// What comes last.
    pub(super) fn end(&mut self) -> Vec<u8> {
        match (self.last.take(), self.form) {
            (None, Form::Csv) if !self.has_header => self.header(&json!([])),
            (None, _) => {}
            (Some(reject), Form::Lines) => self.line(None, reject),
            (Some(reject), Form::Csv) => self.refused(None, reject),
        }
        std::mem::take(&mut self.text)
    }

    fn line(&mut self, number: Option<u64>, reject: Reject) {
        let mut said = reject.said();
        if let Some(number) = number {
            said["row"] = json!(number);
        }
        self.text.extend_from_slice(format!("{said}\n").as_bytes());
    }

    /// A record with an error and nothing else.
    fn refused(&mut self, number: Option<u64>, reject: Reject) {
        if !self.has_header {
            self.header(&json!([]));
        }
        let said = reject.said();
        let number = number.map(|number| number.to_string()).unwrap_or_default();
        let columns = match self.kind {
            Kind::Label => 2,
            Kind::Prediction | Kind::Outputs => 1,
            Kind::Forecast => 3,
        };
        let mut cells = vec![number];
        cells.extend(std::iter::repeat_n(String::new(), columns));
        cells.push(said["error"].as_str().unwrap_or_default().to_owned());
        self.record(&cells);
    }

    fn cells(&mut self, number: u64, outputs: &Value) {
        if !self.has_header {
            self.header(outputs);
        }
        let number = number.to_string();
        match self.kind {
            Kind::Label => {
                let best = best(outputs);
                self.record(&[
                    number,
                    plain(&best["label"]),
                    plain(&best["score"]),
                    String::new(),
                ]);
            }
            Kind::Prediction => {
                let value = outputs.get(0).unwrap_or(outputs);
                self.record(&[number, plain(value), String::new()]);
            }
            Kind::Outputs => self.record(&[number, plain(outputs), String::new()]),
            Kind::Forecast => {
                for forecast in outputs.as_array().into_iter().flatten() {
                    self.forecast(&number, forecast);
                }
            }
        }
    }

    /// The error comes before the quantiles, which are of the caller's choice.
    fn forecast(&mut self, number: &str, forecast: &Value) {
        let steps = forecast["mean"].as_array().map_or(0, Vec::len);
        for step in 0..steps {
            let mut cells = vec![
                number.to_owned(),
                plain(&forecast["item"]),
                plain(&forecast["dates"][step]),
                plain(&forecast["mean"][step]),
                String::new(),
            ];
            let quantiles = forecast["quantiles"].as_object().into_iter().flatten();
            cells.extend(quantiles.map(|(_, values)| plain(&values[step])));
            self.record(&cells);
        }
    }

    fn header(&mut self, outputs: &Value) {
        self.has_header = true;
        let names: &[&str] = match self.kind {
            Kind::Label => &["row", "label", "score", "error"],
            Kind::Prediction => &["row", "prediction", "error"],
            Kind::Outputs => &["row", "outputs", "error"],
            Kind::Forecast => &["row", "item", "date", "mean", "error"],
        };
        let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        if self.kind == Kind::Forecast {
            let quantiles = outputs[0]["quantiles"].as_object().into_iter().flatten();
            names.extend(quantiles.map(|(level, _)| format!("q{level}")));
        }
        self.record(&names);
    }

    fn record(&mut self, cells: &[String]) {
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                self.text.push(b',');
            }
            quoted(cell, &mut self.text);
        }
        self.text.extend_from_slice(b"\r\n");
    }
}

/// The first of the labels, which come with the likeliest first.
fn best(outputs: &Value) -> &Value {
    let mut value = outputs;
    while let Value::Array(list) = value {
        value = list.first().unwrap_or(&Value::Null);
    }
    value
}

/// A word without its quotes, nothing for null, and JSON for all else.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A cell as RFC 4180 has it.
fn quoted(cell: &str, out: &mut Vec<u8>) {
    if !cell.contains([',', '"', '\r', '\n']) {
        out.extend_from_slice(cell.as_bytes());
        return;
    }
    out.push(b'"');
    out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
    out.push(b'"');
}
