//! Text to values with their positions: the only file that names `serde_yaml`.
//! Must not know the fields of a manifest; it refuses what no YAML file of ours may hold.

use std::cell::Cell;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::position::{self, Fault, FaultKind, MAX_DEPTH, MAX_VALUES, Place, Position};

/// Bytes of text in a file once its aliases are written out.
const MAX_TEXT: usize = 4 << 20;

/// A value as it was written. Keys may repeat and need not be text; who reads a mapping says so.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) at: Position,
    pub(super) value: Value,
}

/// What a [`Node`] holds.
#[derive(Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
    /// The tag, `!` included. What it was put on is of no interest.
    Tagged(String),
}

/// Reads the only document of `text`; `None` when there is nothing in it.
pub(super) fn read(text: &str) -> Result<Option<Node>, Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    characters(text)?;
    let Some(root) = position::follow(text)? else {
        return Ok(None);
    };
    let budget = Budget {
        values: Cell::new(0),
        text: Cell::new(0),
        burst: Cell::new(None),
    };
    let seed = Seed {
        budget: &budget,
        place: Some(&root),
        at: root.at,
        depth: 0,
    };
    let node = seed
        .deserialize(serde_yaml::Deserializer::from_str(text))
        .map_err(|error| match budget.burst.take() {
            Some((at, message)) => Fault {
                at,
                kind: FaultKind::Refused,
                message,
            },
            None => syntax(&error),
        })?;
    Ok(Some(node).filter(|node| !matches!(node.value, Value::Null)))
}

/// YAML allows no control characters; its parsers differ in what they make of them.
fn characters(text: &str) -> Result<(), Fault> {
    let mut at = Position::START;
    for c in text.chars() {
        let forbidden = c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}')
            || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}');
        if forbidden {
            let message = format!("the character `{}` is not allowed", c.escape_unicode());
            return Err(Fault {
                at,
                kind: FaultKind::Syntax,
                message,
            });
        }
        at = if c == '\n' {
            Position {
                line: at.line + 1,
                column: 1,
            }
        } else {
            Position {
                column: at.column + 1,
                ..at
            }
        };
    }
    Ok(())
}

fn syntax(error: &serde_yaml::Error) -> Fault {
    let at = error.location().map_or(Position::START, |l| Position {
        line: l.line(),
        column: l.column(),
    });
    // The position leads the line already.
    let message =
        error
            .to_string()
            .replacen(&format!(" at line {} column {}", at.line, at.column), "", 1);
    Fault {
        at,
        kind: FaultKind::Syntax,
        message,
    }
}

struct Budget {
    values: Cell<usize>,
    text: Cell<usize>,
    /// The bound that was passed, which the parser's own error would hide.
    burst: Cell<Option<(Position, String)>>,
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    budget: &'a Budget,
    place: Option<&'a Place>,
    /// The place's own position or, within an alias, the alias's.
    at: Position,
    depth: usize,
}

impl<'a> Seed<'a> {
    fn inside(&self, index: usize) -> Seed<'a> {
        let place = self.place.and_then(|place| place.inside.get(index));
        Seed {
            budget: self.budget,
            place,
            at: place.map_or(self.at, |place| place.at),
            depth: self.depth + 1,
        }
    }

    fn refuse<E: serde::de::Error>(&self, message: String) -> E {
        self.budget.burst.set(Some((self.at, message)));
        E::custom("refused")
    }

    fn spend<E: serde::de::Error>(&self, text: usize) -> Result<(), E> {
        let Budget {
            values,
            text: spent,
            ..
        } = self.budget;
        values.set(values.get() + 1);
        spent.set(spent.get().saturating_add(text));
        if values.get() > MAX_VALUES {
            return Err(self.refuse(format!(
                "holds more than {MAX_VALUES} values, its aliases written out"
            )));
        }
        if spent.get() > MAX_TEXT {
            return Err(self.refuse(format!(
                "holds more than {MAX_TEXT} bytes of text, its aliases written out"
            )));
        }
        if self.depth > MAX_DEPTH {
            return Err(self.refuse(format!(
                "nested more than {MAX_DEPTH} deep, its aliases written out"
            )));
        }
        Ok(())
    }

    fn node<E: serde::de::Error>(&self, value: Value) -> Result<Node, E> {
        self.spend(0)?;
        Ok(Node { at: self.at, value })
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Node, E> {
        self.node(Value::Null)
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<Node, E> {
        self.node(Value::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Node, E> {
        self.node(Value::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Node, E> {
        self.node(Value::Int(value.into()))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Node, E> {
        self.node(Value::Int(value.into()))
    }

    fn visit_i128<E: serde::de::Error>(self, value: i128) -> Result<Node, E> {
        self.node(Value::Int(value))
    }

    fn visit_u128<E: serde::de::Error>(self, value: u128) -> Result<Node, E> {
        self.node(Value::Int(i128::try_from(value).unwrap_or(i128::MAX)))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Node, E> {
        self.node(Value::Float(value))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Node, E> {
        self.spend(value.len())?;
        Ok(Node {
            at: self.at,
            value: Value::Text(value.to_owned()),
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        self.spend(0)?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.inside(list.len()))? {
            list.push(item);
        }
        Ok(Node {
            at: self.at,
            value: Value::List(list),
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        self.spend(0)?;
        let mut map: Vec<(Node, Node)> = Vec::new();
        while let Some(key) = entries.next_key_seed(self.inside(2 * map.len()))? {
            let value = entries.next_value_seed(self.inside(2 * map.len() + 1))?;
            map.push((key, value));
        }
        Ok(Node {
            at: self.at,
            value: Value::Map(map),
        })
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Node, A::Error> {
        let (tag, content) = tagged.variant::<String>()?;
        content.newtype_variant_seed(Seed {
            depth: self.depth + 1,
            ..self
        })?;
        self.node(Value::Tagged(format!("!{tag}")))
    }
}
