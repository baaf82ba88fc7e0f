//! A row to show: the repository's own, or one made of what is known of each column.
//! Checks nothing; a test asks the plugin itself.

use crate::column::{Categories, Column, MAX_VALUE, Numbers, Values};
use crate::file::File;
use crate::table::Table;
use serde_json::{Map, Value, json};

/// Up to three rows by column.
pub(crate) fn example(table: &Table, file: &File) -> Value {
    let rows = rows(table, file).min(table.max_items);
    let column = |column: &Column| {
        let given = file.example.get(&column.name).and_then(Value::as_array);
        let values = match given {
            Some(list) if list.len() >= rows && rows > 0 => list[..rows].to_vec(),
            _ => vec![value(column); rows.max(1)],
        };
        (column.name.clone(), Value::Array(values))
    };
    table
        .columns
        .iter()
        .map(column)
        .collect::<Map<_, _>>()
        .into()
}

/// As many rows as the file has of every column; none where it lacks one or has a value that does not fit.
fn rows(table: &Table, file: &File) -> usize {
    let fitting = |column: &Column| {
        let list = file.example.get(&column.name).and_then(Value::as_array)?;
        Some(
            list.iter()
                .take(3)
                .take_while(|value| fits(value, column))
                .count(),
        )
    };
    let counts: Option<Vec<usize>> = table.columns.iter().map(fitting).collect();
    counts
        .and_then(|counts| counts.into_iter().min())
        .unwrap_or(0)
}

fn fits(value: &Value, column: &Column) -> bool {
    match (&column.values, value) {
        (Values::Numbers(numbers), Value::Number(number)) => {
            let number = number.as_f64().unwrap_or(f64::NAN);
            (numbers.minimum..=numbers.maximum).contains(&number)
        }
        (Values::Categories(categories), Value::String(text)) => categories.names.contains(text),
        (Values::Texts { .. }, Value::String(_)) => true,
        _ => false,
    }
}

/// A value that is as good as any.
fn value(column: &Column) -> Value {
    match &column.values {
        Values::Numbers(numbers) => number(usual(numbers)),
        Values::Categories(Categories { written, .. }) => {
            written
                .first()
                .map_or(Value::Null, |category| match category {
                    crate::config::Scalar::Text(text) => json!(text),
                    crate::config::Scalar::Number(value) => number(*value),
                })
        }
        Values::Texts { .. } => json!("text"),
    }
}

/// What stands for a missing value, or the mean, or the middle of the range, or something near 0.
fn usual(numbers: &Numbers) -> f64 {
    let (least, most) = (numbers.minimum, numbers.maximum);
    let middle = || (least > -MAX_VALUE && most < MAX_VALUE).then_some((least + most) / 2.0);
    let mean = || numbers.scale.map(|(mean, _)| mean);
    let usual = numbers.missing.or_else(mean).or_else(middle).unwrap_or(0.0);
    usual.clamp(least, most)
}

/// A whole number is written without a point, as a tensor of whole numbers wants it.
pub(crate) fn number(number: f64) -> Value {
    match number.fract() == 0.0 && number.abs() <= MAX_VALUE {
        true => json!(number as i64),
        false => json!(number),
    }
}
