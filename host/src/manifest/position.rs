//! Where in a YAML text each value stands: the only file that names `saphyr_parser`.
//! Must not know what a value means; the meaning comes from `yaml` alone.
//!
//! It goes first, because it answers any text of the size allowed in time proportional to that size,
//! and `serde_yaml` does so only for a text that does not nest deeply.

use saphyr_parser::{Event, Marker, Parser, ScanError};

/// Nesting beyond this is refused before anything recursive sees it.
pub(super) const MAX_DEPTH: usize = 64;
/// Values in a file, also once its aliases are written out; more is taken for an alias bomb.
pub(super) const MAX_VALUES: usize = 100_000;

/// A line and a column (in characters), both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Position {
    pub(super) const START: Position = Position { line: 1, column: 1 };
}

/// The position of one value and of everything in it.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) at: Position,
    /// The items of a list; the keys and values of a mapping in turn; nothing for a scalar or an alias.
    pub(super) inside: Vec<Place>,
}

/// Why a text is refused before its values are looked at.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: Position,
    pub(super) kind: FaultKind,
    pub(super) message: String,
}

/// Whether a text breaks YAML's rules or ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FaultKind {
    Syntax,
    Refused,
}

/// The position of the one document of `text`; `None` when there is none.
pub(super) fn follow(text: &str) -> Result<Option<Place>, Fault> {
    let mut root = None;
    let mut open: Vec<Place> = Vec::new();
    let mut values = 0;
    let mut parser = Parser::new_from_str(text);
    while let Some(next) = parser.next_event() {
        let (event, span) = next.map_err(|error| syntax(text, &error))?;
        let at = position(&span.start);
        let refused = |message: String| {
            Err(Fault {
                at,
                kind: FaultKind::Refused,
                message,
            })
        };
        values += usize::from(!matches!(event, Event::SequenceEnd | Event::MappingEnd));
        if values > MAX_VALUES {
            return refused(format!("holds more than {MAX_VALUES} values"));
        }
        match event {
            Event::DocumentStart(_) if root.is_some() => {
                let message =
                    "a manifest is one YAML document; put the second into a file of its own";
                return refused(message.to_owned());
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                if open.len() == MAX_DEPTH {
                    return refused(format!("nested more than {MAX_DEPTH} deep"));
                }
                open.push(Place {
                    at,
                    inside: Vec::new(),
                });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(done) = open.pop() {
                    put(&mut open, &mut root, done);
                }
            }
            Event::Scalar(..) | Event::Alias(_) => {
                put(
                    &mut open,
                    &mut root,
                    Place {
                        at,
                        inside: Vec::new(),
                    },
                );
            }
            Event::StreamEnd => break,
            _ => {}
        }
    }
    Ok(root)
}

fn put(open: &mut [Place], root: &mut Option<Place>, place: Place) {
    match open.last_mut() {
        Some(parent) => parent.inside.push(place),
        None => *root = Some(place),
    }
}

fn position(marker: &Marker) -> Position {
    Position {
        line: marker.line(),
        column: marker.col() + 1,
    }
}

fn syntax(text: &str, error: &ScanError) -> Fault {
    let at = position(error.marker());
    let mut message = error.info().to_owned();
    let line = text.lines().nth(at.line.saturating_sub(1)).unwrap_or("");
    let mut indent = line.chars().take_while(|c| c.is_whitespace());
    message.push_str(match error.info() {
        _ if indent.any(|c| c == '\t') => "; indent with spaces, not tabs",
        info if info.contains("quoted scalar") => "; is the quote closed?",
        "invalid indentation" => "; indent each line of a field deeper than the field's name",
        _ => "",
    });
    Fault {
        at,
        kind: FaultKind::Syntax,
        message,
    }
}
