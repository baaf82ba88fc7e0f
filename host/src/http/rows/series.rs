//! Records of a table as series: those of one item, one below the other, are one request.
//! Must not know how a table is written.

use super::cells::number;
use crate::http::reject::Reject;
use crate::service::Service;
use serde_json::{Map, Value, json};

/// What the columns of a table are to a model that forecasts.
pub(super) struct Columns {
    item: Option<usize>,
    date: Option<usize>,
    value: usize,
    /// What the model knows beside the series: its name, and whether it may be known of the past and of days ahead.
    beside: Vec<(usize, String, [bool; 2])>,
}

/// Names of the column of values, the likeliest first.
const VALUES: [&str; 5] = ["value", "series", "target", "units", "close"];

/// The records of one item so far.
#[derive(Default)]
pub(super) struct Group {
    records: Vec<Vec<String>>,
}

impl Columns {
    /// Of a table with the columns `header`; what the model knows beside a series is in its schema.
    pub(super) fn of(service: &Service, header: &[String]) -> Result<Columns, Reject> {
        let at = |name: &str| header.iter().position(|column| column == name);
        let (item, date) = (at("item"), at("date"));
        let inputs = &service.pipeline.schemas().request["properties"]["inputs"];
        let knows = |when: &str, name: &String| {
            let forms = inputs["anyOf"].as_array().into_iter().flatten();
            let mut forms = [inputs].into_iter().chain(forms);
            forms.any(|form| {
                let known =
                    |form: &Value| form["properties"][when]["properties"].get(name).is_some();
                known(form) || known(&form["items"])
            })
        };
        let beside: Vec<_> = header
            .iter()
            .enumerate()
            .map(|(at, name)| {
                (
                    at,
                    name.clone(),
                    [knows("past", name), knows("future", name)],
                )
            })
            .filter(|(_, _, when)| when.contains(&true))
            .collect();
        let is_taken = |at: usize| {
            Some(at) == item || Some(at) == date || beside.iter().any(|(other, ..)| *other == at)
        };
        let mut left = (0..header.len()).filter(|at| !is_taken(*at));
        let value = VALUES.into_iter().find_map(at).or_else(|| {
            let only = left.next()?;
            left.next().is_none().then_some(only)
        });
        let value = value.ok_or_else(|| Reject::Invalid {
            message: format!(
                "name the column of values `value`, beside `date`, and `item` where there are several series; the columns of this table are `{}`",
                header.join("`, `")
            ),
            field: None,
        })?;
        Ok(Columns {
            item,
            date,
            value,
            beside,
        })
    }

    /// Whether `record` goes on with what `group` has begun.
    pub(super) fn is_next(&self, group: &Group, record: &[String]) -> bool {
        let Some(first) = group.records.first() else {
            return true;
        };
        self.item.is_none_or(|at| first.get(at) == record.get(at))
    }

    /// The request of a whole group. Records at its end without a value are plans for the days ahead.
    pub(super) fn row(&self, group: Group) -> Result<Value, Reject> {
        let cell = |record: &[String], at: usize| record.get(at).cloned().unwrap_or_default();
        let records = group.records;
        let is_known = |record: &Vec<String>| !cell(record, self.value).trim().is_empty();
        let known = records
            .iter()
            .rposition(is_known)
            .map_or(0, |last| last + 1);
        let (past, ahead) = records.split_at(known);
        let numbers = |records: &[Vec<String>], at: usize, name: &str| {
            let values = records.iter().map(|record| {
                let cell = cell(record, at);
                match cell.trim() {
                    // A gap.
                    "" => Ok(Value::Null),
                    text => number(text).ok_or_else(|| Reject::Invalid {
                        message: format!("`{text}` in the column `{name}` is no number"),
                        field: None,
                    }),
                }
            });
            values.collect::<Result<Vec<Value>, Reject>>()
        };
        let mut inputs = Map::new();
        let series = numbers(past, self.value, "value")?;
        inputs.insert("series".to_owned(), json!(series));
        if let (Some(at), Some(first)) = (self.date, past.first()) {
            let date = cell(first, at);
            inputs.insert("start".to_owned(), json!(date.trim()));
        }
        if let (Some(at), Some(first)) = (self.item, records.first()) {
            inputs.insert("item".to_owned(), json!(cell(first, at)));
        }
        for (index, (when, records)) in [("past", past), ("future", ahead)].into_iter().enumerate()
        {
            let mut known = Map::new();
            for (at, name, may_be) in &self.beside {
                let values = numbers(records, *at, name)?;
                if may_be[index] && values.iter().any(|value| !value.is_null()) {
                    known.insert(name.clone(), json!(values));
                }
            }
            if !known.is_empty() {
                inputs.insert(when.to_owned(), Value::Object(known));
            }
        }
        Ok(json!({"inputs": inputs}))
    }
}

impl Group {
    /// Bytes that it holds.
    pub(super) fn bytes(&self) -> usize {
        let cells = self.records.iter().flatten();
        cells.map(String::len).sum()
    }

    pub(super) fn push(&mut self, record: Vec<String>) {
        self.records.push(record);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}
