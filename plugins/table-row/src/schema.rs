//! What a configuration accepts and answers, as JSON Schemas for the host's checks, its form and its OpenAPI.
//! Says nothing that `grid`, `encode` and `answer` do not enforce too.

use crate::column::{Column, MAX_VALUE, Measure, Values};
use crate::config::{Kind, Scalar};
use crate::example::{example, number};
use crate::file::File;
use crate::output::Output;
use crate::table::Table;
use modelhost_plugin::Description;
use modelhost_plugin::classification::labels_schema;
use serde_json::{Map, Value, json};

/// Of a request's rows and of their predictions, as far as each stage is ready.
pub(crate) fn description(
    table: Option<&Table>,
    output: Option<&Output>,
    file: &File,
) -> Description {
    Description {
        inputs: table.map(|table| inputs(table, file).to_string()),
        outputs: output.map(|output| outputs(output).to_string()),
        ..Description::default()
    }
}

/// The alternatives differ in their types, except the last, which is told by its only name.
fn inputs(table: &Table, file: &File) -> Value {
    let columns = columns(table);
    json!({
        "title": "Rows",
        "description": format!(
            "A value for each column, or a list of values for each; or a list of rows. At most {} rows.",
            table.max_items
        ),
        "anyOf": [
            columns,
            {"type": "array", "items": row(table), "minItems": 1, "maxItems": table.max_items},
            {"type": "object", "properties": {"data": {"type": "object"}}, "required": ["data"], "additionalProperties": false},
        ],
        "examples": [example(table, file)],
        "x-ui": {"widget": "table", "help": format!("At most {} rows in one request.", table.max_items)},
    })
}

/// `{column: [value, …]}` or `{column: value}`
fn columns(table: &Table) -> Value {
    let property = |(order, column): (usize, &Column)| {
        let mut schema = cell(column);
        if let Some(types) = schema.get("type").cloned() {
            let types = types.as_array().cloned().unwrap_or_default();
            schema["type"] = [vec![json!("array")], types].concat().into();
        }
        // Its values are named one by one, so this holds for a single value only where it is no list.
        if let Value::Object(schema) = &mut schema {
            schema.remove("enum");
        }
        schema["items"] = cell(column);
        schema["minItems"] = json!(1);
        schema["maxItems"] = json!(table.max_items);
        let mut ui = json!({"order": order + 1});
        if let Some(unit) = &column.unit {
            ui["unit"] = json!(unit);
        }
        schema["x-ui"] = ui;
        for (key, text) in [
            ("title", &column.title),
            ("description", &column.description),
        ] {
            if let Some(text) = text {
                schema[key] = json!(text);
            }
        }
        (column.name.clone(), schema)
    };
    let properties = table.columns.iter().enumerate().map(property);
    let mut columns = object(properties.collect(), table);
    columns["minProperties"] = json!(1);
    columns
}

/// `{column: value}`
fn row(table: &Table) -> Value {
    let property = |column: &Column| (column.name.clone(), cell(column));
    object(table.columns.iter().map(property).collect(), table)
}

fn object(properties: Map<String, Value>, table: &Table) -> Value {
    let needed = table.columns.iter().filter(|column| !column.is_optional());
    let required: Vec<&str> = needed.map(|column| column.name.as_str()).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// One value.
fn cell(column: &Column) -> Value {
    let mut types = match &column.values {
        Values::Numbers(numbers) => match numbers.measure {
            Measure::Any => vec!["number", "string", "boolean"],
            Measure::Whole => vec!["integer", "string", "boolean"],
            Measure::Truth => vec!["boolean", "integer", "string"],
        },
        Values::Categories(_) | Values::Texts { .. } => vec!["string", "number", "boolean"],
    };
    if column.is_optional() {
        types.push("null");
    }
    let mut schema = json!({"type": types});
    match &column.values {
        Values::Numbers(numbers) => {
            if numbers.minimum > -MAX_VALUE {
                schema["minimum"] = number(numbers.minimum);
            }
            if numbers.maximum < MAX_VALUE {
                schema["maximum"] = number(numbers.maximum);
            }
        }
        Values::Categories(categories) => {
            let mut choices: Vec<Value> = categories.written.iter().map(choice).collect();
            if column.is_optional() {
                choices.push(Value::Null);
            }
            schema["enum"] = choices.into();
        }
        Values::Texts { .. } => {}
    }
    schema
}

fn choice(category: &Scalar) -> Value {
    match category {
        Scalar::Text(text) => json!(text),
        Scalar::Number(value) => number(*value),
    }
}

fn outputs(output: &Output) -> Value {
    let labels = || match &output.labels {
        Some(labels) => {
            let names = (0..labels.count().unwrap_or(0)).map(|class| labels.name(class));
            json!({"type": "string", "enum": names.collect::<Vec<_>>()})
        }
        None => json!({"type": ["string", "integer"]}),
    };
    let numbers = json!({"type": ["number", "array"], "items": {"type": "number"}});
    let prediction = match output.kind {
        Some(Kind::Numbers) => numbers,
        Some(Kind::Labels) => labels(),
        Some(Kind::Scores) => labels_schema(),
        None => json!({"type": ["number", "string", "array"], "items": {"type": "number"}}),
    };
    json!({
        "title": "Predictions",
        "description": "One a row of the request, in its order.",
        "type": "array",
        "items": prediction,
        "x-ui": {"renderer": "table"},
    })
}
