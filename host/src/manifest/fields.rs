//! Reading the fields of a block by the schema: every misfit becomes a problem, and reading goes on.
//! Must not know what a field is for; `check` gives the values their meaning.

use std::collections::BTreeMap;

use super::json::json;
use super::misfit::{expected, found, mistaken, unknown};
use super::position::Position;
use super::problems::{Problems, join};
use super::schema::{Block, Field, Kind, Otherwise};
use super::value::BadValue;
use super::words::{key, listed};
use super::yaml::{Node, Value};

/// The entries of a mapping whose keys are text and stand there once; the others become problems.
pub(super) fn entries<'a>(
    map: &'a [(Node, Node)],
    path: &str,
    problems: &Problems,
) -> Vec<(&'a str, Position, &'a Node)> {
    let mut first: BTreeMap<&str, Position> = BTreeMap::new();
    let mut entries = Vec::new();
    for (name, value) in map {
        let Value::Text(text) = &name.value else {
            let quotes = match name.value {
                Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
                    "; put it in quotes"
                }
                _ => "",
            };
            problems.add(
                path,
                name.at,
                &format!("a key must be text, found {}{quotes}", found(name)),
            );
            continue;
        };
        let here = join(path, &key(text));
        if text == "<<" {
            problems.add(&here, name.at, "merge keys are not supported; write the fields out, or give the whole block an alias");
        } else if let Some(earlier) = first.get(text.as_str()) {
            problems.add(
                &here,
                name.at,
                &format!("is here twice; first on line {}", earlier.line),
            );
        } else {
            first.insert(text, name.at);
            entries.push((text.as_str(), name.at, value));
        }
    }
    entries
}

/// The fields that stand in one block.
pub(super) struct Fields<'a> {
    block: &'static Block,
    pub(super) path: String,
    pub(super) at: Position,
    written: Vec<(&'static Field, Position, &'a Node)>,
    problems: &'a Problems,
}

impl<'a> Fields<'a> {
    /// Names what is unknown and what is missing; `None` when `node` is no mapping.
    pub(super) fn open(
        block: &'static Block,
        node: &'a Node,
        path: &str,
        problems: &'a Problems,
    ) -> Option<Fields<'a>> {
        let Value::Map(map) = &node.value else {
            let inside = listed(block.fields.iter().map(|field| field.name));
            let hint = format!("; its fields go below it, indented: {inside}");
            problems.add(path, node.at, &mistaken(node, "a mapping", &hint));
            return None;
        };
        let mut fields = Fields {
            block,
            path: path.to_owned(),
            at: node.at,
            written: Vec::new(),
            problems,
        };
        for (name, at, value) in entries(map, path, problems) {
            match block.field(name) {
                Some(field) => fields.written.push((field, at, value)),
                None if problems.plenty() => problems.add("", at, "no such field"),
                None => problems.add(&join(path, &key(name)), at, &unknown(block, name)),
            }
        }
        for field in block.fields {
            if matches!(field.otherwise, Otherwise::Required) && fields.node(field.name).is_none() {
                problems.add(
                    &fields.path_of(field.name),
                    node.at,
                    &format!("is missing{}", expected(&field.kind)),
                );
            }
        }
        Some(fields)
    }

    /// What stands in a field.
    pub(super) fn node(&self, name: &str) -> Option<&'a Node> {
        debug_assert!(
            self.block.field(name).is_some(),
            "the schema has no `{name}`"
        );
        self.written
            .iter()
            .find(|(field, ..)| field.name == name)
            .map(|(.., node)| *node)
    }

    /// Where a field's name stands.
    pub(super) fn key_at(&self, name: &str) -> Option<Position> {
        self.written
            .iter()
            .find(|(field, ..)| field.name == name)
            .map(|(_, at, _)| *at)
    }

    pub(super) fn path_of(&self, name: &str) -> String {
        join(&self.path, name)
    }

    /// A problem with what stands in a field.
    pub(super) fn problem(&self, name: &str, message: &str) {
        let at = self.node(name).map_or(self.at, |node| node.at);
        self.problems.add(&self.path_of(name), at, message);
    }

    /// A text that `parse` takes.
    pub(super) fn text<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, BadValue>,
    ) -> Option<T> {
        let node = self.node(name)?;
        let Value::Text(text) = &node.value else {
            let hint = match node.value {
                Value::Bool(_) | Value::Int(_) | Value::Float(_) => "; put it in quotes",
                _ => "",
            };
            self.problem(name, &mistaken(node, "text", hint));
            return None;
        };
        parse(text).map_err(|bad| self.problem(name, &bad.0)).ok()
    }

    /// A text that `parse` takes, or else the schema's default.
    pub(super) fn text_or_default(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<String, BadValue>,
    ) -> Option<String> {
        match (self.node(name), &self.field(name).otherwise) {
            (None, Otherwise::Text(text)) => Some((*text).to_owned()),
            _ => self.text(name, parse),
        }
    }

    /// A flag, or else the schema's default.
    pub(super) fn flag(&self, name: &str) -> bool {
        let default = matches!(self.field(name).otherwise, Otherwise::Flag(true));
        let Some(node) = self.node(name) else {
            return default;
        };
        let hint = match &node.value {
            Value::Bool(flag) => return *flag,
            Value::Text(text) => match text.to_ascii_lowercase().as_str() {
                "yes" | "on" | "y" => "; write `true`",
                "no" | "off" | "n" => "; write `false`",
                "true" | "false" => "; leave out the quotes",
                _ => "",
            },
            Value::Int(1) => "; write `true`",
            Value::Int(0) => "; write `false`",
            _ => "",
        };
        self.problem(name, &mistaken(node, "`true` or `false`", hint));
        default
    }

    /// A whole number within the schema's bounds, or else the schema's default.
    pub(super) fn whole(&self, name: &str) -> u64 {
        let Otherwise::Whole(default) = self.field(name).otherwise else {
            unreachable!("the schema has no default for `{name}`");
        };
        self.whole_if_written(name).unwrap_or(default)
    }

    /// A whole number within the schema's bounds.
    pub(super) fn whole_if_written(&self, name: &str) -> Option<u64> {
        let Kind::Whole { min, max } = &self.field(name).kind else {
            unreachable!("the schema has no whole number `{name}`");
        };
        let node = self.node(name)?;
        let plain = |text: &str| text.parse::<u64>().is_ok();
        let hint = match &node.value {
            Value::Int(int) => match u64::try_from(*int) {
                Ok(number) if (*min..=*max).contains(&number) => return Some(number),
                _ => {
                    let what = if int.unsigned_abs() > u64::MAX.into() {
                        "the number".to_owned()
                    } else {
                        format!("`{int}`")
                    };
                    self.problem(
                        name,
                        &format!("{what} is out of range; {min} to {max} are allowed"),
                    );
                    return None;
                }
            },
            Value::Float(float) if float.fract() == 0.0 && float.abs() < 1e15 => {
                format!("; write `{float:.0}`")
            }
            Value::Text(text) if plain(text) => "; leave out the quotes".to_owned(),
            Value::Text(text) if plain(&text.replace('_', "")) => {
                format!("; write `{}`", text.replace('_', ""))
            }
            _ => String::new(),
        };
        self.problem(name, &mistaken(node, "a whole number", &hint));
        None
    }

    /// A finite number of 0 or more, or else the schema's default.
    pub(super) fn number(&self, name: &str) -> f64 {
        let Otherwise::Number(default) = self.field(name).otherwise else {
            unreachable!("the schema has no number `{name}`");
        };
        let Some(node) = self.node(name) else {
            return default;
        };
        match number(node) {
            Ok(number) if number < 0.0 => self.problem(
                name,
                &format!("`{number}` is out of range; 0 or more is allowed"),
            ),
            Ok(number) => return number,
            Err(message) => self.problem(name, &message),
        }
        default
    }

    /// A list of finite numbers.
    pub(super) fn numbers(&self, name: &str) -> Option<Vec<f64>> {
        let items = self.items(name)?;
        let mut numbers = Vec::with_capacity(items.len());
        for (path, item) in items {
            match number(item) {
                Ok(number) => numbers.push(number),
                Err(message) => self.problems.add(&path, item.at, &message),
            }
        }
        Some(numbers)
    }

    /// A list of texts that `parse` takes, each once.
    pub(super) fn texts(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<String, BadValue>,
    ) -> Option<Vec<String>> {
        let mut texts = Vec::new();
        for (path, item) in self.items(name)? {
            let parsed = match &item.value {
                Value::Text(text) => parse(text).map_err(|bad| bad.0),
                _ => Err(mistaken(item, "text", "")),
            };
            match parsed {
                Ok(text) if texts.contains(&text) => {
                    self.problems.add(&path, item.at, "is here twice");
                }
                Ok(text) => texts.push(text),
                Err(message) => self.problems.add(&path, item.at, &message),
            }
        }
        Some(texts)
    }

    /// A mapping, as JSON.
    pub(super) fn mapping(&self, name: &str) -> Option<serde_json::Value> {
        let node = self.node(name)?;
        if !matches!(node.value, Value::Map(_)) {
            self.problem(name, &mistaken(node, "a mapping", ""));
            return None;
        }
        self.any(name)
    }

    /// Whatever stands there, as JSON.
    pub(super) fn any(&self, name: &str) -> Option<serde_json::Value> {
        Some(json(self.node(name)?, &self.path_of(name), self.problems))
    }

    /// A block within this one.
    pub(super) fn block(&self, name: &str) -> Option<Fields<'a>> {
        Fields::open(
            self.inner(name),
            self.node(name)?,
            &self.path_of(name),
            self.problems,
        )
    }

    /// A block within this one, or else one in which nothing is written.
    pub(super) fn block_or_defaults(&self, name: &str) -> Fields<'a> {
        self.block(name).unwrap_or_else(|| Fields {
            block: self.inner(name),
            path: self.path_of(name),
            at: self.at,
            written: Vec::new(),
            problems: self.problems,
        })
    }

    /// The blocks of a list.
    pub(super) fn blocks(&self, name: &str) -> Vec<Fields<'a>> {
        let items = self.items(name).unwrap_or_default();
        let open = |(path, item): (String, &'a Node)| {
            Fields::open(self.inner(name), item, &path, self.problems)
        };
        items.into_iter().filter_map(open).collect()
    }

    fn inner(&self, name: &str) -> &'static Block {
        match self.field(name).kind {
            Kind::Block(inner) | Kind::List(inner) | Kind::Plugin(inner) => inner,
            _ => unreachable!("the schema has no block `{name}`"),
        }
    }

    fn field(&self, name: &str) -> &'static Field {
        self.block
            .field(name)
            .expect("only fields of the schema are read, as the tests show for each")
    }

    fn items(&self, name: &str) -> Option<Vec<(String, &'a Node)>> {
        let node = self.node(name)?;
        let Value::List(items) = &node.value else {
            self.problem(
                name,
                &mistaken(node, "a list", "; begin each item with `- `"),
            );
            return None;
        };
        let path = self.path_of(name);
        Some(
            items
                .iter()
                .enumerate()
                .map(|(i, item)| (format!("{path}[{i}]"), item))
                .collect(),
        )
    }
}

fn number(node: &Node) -> Result<f64, String> {
    match &node.value {
        Value::Int(int) => Ok(*int as f64),
        Value::Float(float) if float.is_finite() => Ok(*float),
        Value::Float(_) => Err("expected a finite number, found NaN or infinity".to_owned()),
        Value::Text(text) if text.parse::<f64>().is_ok_and(f64::is_finite) => {
            Err(mistaken(node, "a number", "; leave out the quotes"))
        }
        Value::Null => Err("expected a number, found nothing".to_owned()),
        _ => Err(mistaken(node, "a number", "")),
    }
}
