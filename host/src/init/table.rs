//! The plugin of models that read tables: where the columns' names come from, and what they are.
//! Must not know examples or limits.

use super::draft::Step;
use super::facts::Facts;
use super::shape;
use crate::tensor::Dtype;
use serde_json::{Map, Value, json};

/// A table's columns, as table-row names them.
pub(super) struct Columns {
    names: Vec<String>,
    from: &'static str,
    hint: Option<&'static str>,
}

impl Columns {
    /// `None` where nothing says how many there are.
    pub(super) fn of(facts: &Facts<'_>) -> Option<Columns> {
        let listed = |value: &Value| {
            let names = value.as_array()?.iter();
            let names: Option<Vec<String>> =
                names.map(|name| name.as_str().map(str::to_owned)).collect();
            names.filter(|names| !names.is_empty())
        };
        let config = &facts.config;
        let by_file = listed(&config["columns"]).or_else(|| listed(&config["sklearn"]["columns"]));
        if let Some(names) = by_file {
            return Some(Columns {
                names,
                from: "the columns of config.json",
                hint: None,
            });
        }
        if let [_, _, ..] = facts.signature.inputs.as_slice() {
            let names = facts.signature.inputs.iter().map(|port| port.name.clone());
            return Some(Columns {
                names: names.collect(),
                from: "the model's inputs",
                hint: None,
            });
        }
        let count = shape::columns(&facts.signature)?;
        Some(Columns {
            names: (0..count).map(|index| format!("x{index}")).collect(),
            from: "the signature",
            hint: Some(
                "the columns are only numbered; `config: { columns: [first, second, …] }` names them, in the model's order",
            ),
        })
    }

    /// One row of made-up numbers.
    pub(super) fn row(&self, facts: &Facts<'_>) -> Value {
        let sample = &facts.config["sklearn"]["example_input"];
        let value = |name: &String| {
            let shown = sample[name].as_array().and_then(|values| values.first());
            let port = facts
                .signature
                .inputs
                .iter()
                .find(|port| port.name == *name);
            match (shown, port.map(|port| port.dtype)) {
                (Some(value), _) => json!([value]),
                (None, Some(Dtype::I32 | Dtype::I64)) => json!([1]),
                (None, _) => json!([0.5]),
            }
        };
        let row = self.names.iter().map(|name| (name.clone(), value(name)));
        Value::Object(row.collect())
    }
}

/// table-row before and behind this model.
pub(super) fn steps(facts: &Facts<'_>, columns: &Columns, tag: &str) -> (Step, Step) {
    let step = |from: &str, hint: Option<&str>| Step {
        plugin: "table-row",
        config: Map::new(),
        assets: facts.files.assets("table-row"),
        from: from.to_owned(),
        hints: hint.map(str::to_owned).into_iter().collect(),
    };
    let are_numbered = tag == "tabular-classification" && facts.class_count().is_none();
    let mut answer = match are_numbered {
        true => step(
            "numbered classes",
            Some("no file names the classes; `config: { labels: [first, second, …] }` does"),
        ),
        false => step("", None),
    };
    if tag == "tabular-regression" && shape::several(&facts.signature).is_some() {
        // Several numbers are scores of classes otherwise, and the best is answered.
        answer.config.insert("answer".to_owned(), "numbers".into());
        answer.from = "several numbers a row".to_owned();
    }
    (step(columns.from, columns.hint), answer)
}
