//! Records of a table as what they ask: which column is the text, or a model's own column, and what is a number.
//! Must not know how a table is written.

use crate::http::reject::Reject;
use crate::service::Service;
use serde_json::{Map, Value, json};

/// What the columns of a table are to a model.
pub(super) enum Cells {
    /// One text a row.
    Text(usize),
    /// Two of them.
    Pair { first: usize, second: usize },
    /// A sentence, and one that it is compared with.
    Sentences { source: usize, other: usize },
    /// A row of the model's own columns; which of them are texts is in the schema.
    Row(Vec<Column>),
}

/// A column that the model reads.
pub(super) struct Column {
    at: usize,
    name: String,
    is_text: bool,
}

/// Names of a column of texts, the likeliest first.
const TEXTS: [&str; 4] = ["inputs", "text", "sentence", "input"];

impl Cells {
    /// Of a table with the columns `header`, for the model of `service`.
    pub(super) fn of(service: &Service, header: &[String]) -> Result<Cells, Reject> {
        let task = service.manifest.task.map_or("", |task| task.as_str());
        let at = |name: &str| header.iter().position(|column| column == name);
        let missing = |what: &str| {
            let columns = header.join("`, `");
            Err(Reject::Invalid {
                message: format!("{what}; the columns of this table are `{columns}`"),
                field: None,
            })
        };
        if task.starts_with("tabular-") {
            let columns = columns(service, header);
            return match columns.is_empty() {
                true => missing("no column of this table is one of the model's"),
                false => Ok(Cells::Row(columns)),
            };
        }
        if task == "sentence-similarity" {
            return match (at("source_sentence"), at("sentence")) {
                (Some(source), Some(other)) => Ok(Cells::Sentences { source, other }),
                _ => missing("the columns must be `source_sentence` and `sentence`"),
            };
        }
        let types = service.pipeline.media_types();
        if types
            .iter()
            .any(|name| name.starts_with("image/") || name.starts_with("audio/"))
        {
            return Err(Reject::MediaType(format!(
                "`text/csv` is not a media type that this model takes; send {}, or JSON lines",
                types.join(" or ")
            )));
        }
        let text = TEXTS.into_iter().find_map(at);
        match (text, at("text_pair"), header) {
            (Some(first), Some(second), _) => Ok(Cells::Pair { first, second }),
            (Some(text), None, _) => Ok(Cells::Text(text)),
            (None, None, [_]) => Ok(Cells::Text(0)),
            _ => missing("name the column of texts `text`"),
        }
    }

    /// What `record` asks, as a row.
    pub(super) fn row(&self, record: &[String]) -> Value {
        let cell = |at: usize| record.get(at).map_or("", String::as_str);
        match self {
            Cells::Text(at) => json!(cell(*at)),
            Cells::Pair { first, second } => {
                json!({"inputs": {"text": cell(*first), "text_pair": cell(*second)}})
            }
            Cells::Sentences { source, other } => {
                json!({"inputs": {"source_sentence": cell(*source), "sentences": [cell(*other)]}})
            }
            Cells::Row(columns) => {
                let cells = columns.iter().filter_map(|column| {
                    let text = cell(column.at);
                    // What is left empty is missing.
                    (!text.is_empty()).then(|| (column.name.clone(), value(text, column.is_text)))
                });
                Value::Object(cells.collect::<Map<_, _>>())
            }
        }
    }
}

/// The columns of `header` that the schema of the inputs names.
fn columns(service: &Service, header: &[String]) -> Vec<Column> {
    let inputs = &service.pipeline.schemas().request["properties"]["inputs"];
    let forms = inputs["anyOf"].as_array().into_iter().flatten();
    let known = [inputs].into_iter().chain(forms);
    let known = known.filter_map(|form| form["properties"].as_object());
    let schema = |name: &String| known.clone().find_map(|columns| columns.get(name));
    let column = |(at, name): (usize, &String)| {
        let schema = schema(name)?;
        Some(Column {
            at,
            name: name.clone(),
            is_text: takes_texts(&schema["items"]) || takes_texts(schema),
        })
    };
    header.iter().enumerate().filter_map(column).collect()
}

fn takes_texts(schema: &Value) -> bool {
    match &schema["type"] {
        Value::String(name) => name == "string",
        Value::Array(names) => names.iter().any(|name| name == "string"),
        _ => false,
    }
}

/// A cell as a number, true or false, where it is one and may be; what else it holds the model's schema judges.
pub(super) fn value(cell: &str, is_text: bool) -> Value {
    if is_text {
        return json!(cell);
    }
    match cell {
        "true" | "TRUE" | "True" => json!(true),
        "false" | "FALSE" | "False" => json!(false),
        cell => number(cell).unwrap_or_else(|| json!(cell)),
    }
}

/// A number as spreadsheets write it.
pub(super) fn number(cell: &str) -> Option<Value> {
    let cell = cell.trim();
    if let Ok(whole) = cell.parse::<i64>() {
        return Some(json!(whole));
    }
    let number: f64 = cell.parse().ok()?;
    number.is_finite().then(|| json!(number))
}
