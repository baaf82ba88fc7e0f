//! One row: what a single instance, a line of JSON or a line of a table asks for, as a request of its own; and the answer to it alone.
//! Must not know where rows come from.

use crate::pipeline::Request;
use crate::service::Service;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// The request that `row` stands for: the row itself where it has `inputs`, else its inputs.
/// `parameters` are those that it does not have itself.
pub(super) fn request(service: &Service, row: Value, parameters: Option<&Value>) -> Request {
    let mut request = match row {
        Value::Object(row) if is_request(&row) => row,
        row => {
            let inputs = match (is_tabular(service), row) {
                // Of tables the clients send columns.
                (true, Value::Object(row)) => {
                    let columns = row.into_iter().map(|(name, cell)| (name, json!([cell])));
                    Value::Object(columns.collect())
                }
                (_, row) => row,
            };
            Map::from_iter([("inputs".to_owned(), inputs)])
        }
    };
    if let Some(parameters) = parameters
        && !request.contains_key("parameters")
    {
        request.insert("parameters".to_owned(), parameters.clone());
    }
    Request::json(Value::Object(request).to_string())
}

fn is_request(row: &Map<String, Value>) -> bool {
    row.contains_key("inputs") || row.contains_key("table")
}

fn is_tabular(service: &Service) -> bool {
    let task = service.manifest.task;
    task.is_some_and(|task| task.as_str().starts_with("tabular-"))
}

/// The answer to one row, out of the list that tasks answer with, also where they were asked for one thing.
pub(super) fn alone(outputs: &RawValue) -> Value {
    let value = serde_json::from_str(outputs.get()).unwrap_or_default();
    match value {
        Value::Array(mut list) if list.len() == 1 => list.swap_remove(0),
        value => value,
    }
}
