//! What a repository's config.json says of its table: columns, and rows to show.
//! Knows no model and no configuration.

use modelhost_plugin::{Assets, Error, Result};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The part of the file that is about columns.
#[derive(Debug, Default)]
pub(crate) struct File {
    /// Their names, in the model's order.
    pub(crate) columns: Option<Vec<String>>,
    /// Values by column, as scikit-learn repositories show them.
    pub(crate) example: Map<String, Value>,
}

#[derive(Deserialize)]
struct Written {
    columns: Option<Value>,
    sklearn: Option<Sklearn>,
}

/// As `skops` writes it.
#[derive(Deserialize)]
struct Sklearn {
    columns: Option<Value>,
    example_input: Option<Value>,
}

impl File {
    /// Reads the granted config.json; where there is none, nothing is known.
    pub(crate) fn read(assets: &Assets) -> Result<Self> {
        let Some(bytes) = assets.find("config.json") else {
            return Ok(Self::default());
        };
        let written: Written = serde_json::from_slice(bytes).map_err(|error| {
            Error::internal(format!(
                "config.json: {error}; mend the file, or set `columns` and grant no config.json"
            ))
        })?;
        let (inner, example) = match written.sklearn {
            Some(sklearn) => (sklearn.columns, sklearn.example_input),
            None => (None, None),
        };
        Ok(Self {
            columns: written.columns.or(inner).as_ref().and_then(names),
            example: match example {
                Some(Value::Object(example)) => example,
                _ => Map::new(),
            },
        })
    }
}

/// A list of names; `columns` of any other form is not about a table's columns.
fn names(columns: &Value) -> Option<Vec<String>> {
    let list = columns.as_array()?.iter();
    let names: Option<Vec<String>> = list.map(|name| name.as_str().map(str::to_owned)).collect();
    names.filter(|names| !names.is_empty())
}
