//! A request's table in the order of the model's columns, every value with its place.
//! Reads no value; `encode` does.

use crate::cell::Cell;
use crate::request::{Entry, Inputs, Named, Row};
use crate::table::Table;
use modelhost_plugin::{Invalid, json};

/// Rows of cells, as many in each as the model has columns.
#[derive(Debug)]
pub(crate) struct Grid<'a> {
    pub(crate) rows: usize,
    /// `None` where the request says nothing.
    cells: Vec<Option<&'a Cell<'a>>>,
    width: usize,
    form: Form,
}

/// How a place is written in a JSON pointer.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// `/inputs/column/row`
    Columns(&'static str),
    /// `/inputs/column`, of a table of one row.
    Values(&'static str),
    /// `/inputs/row/column`
    Rows,
}

const INPUTS: &str = "/inputs";
const DATA: &str = "/inputs/data";

impl<'a> Grid<'a> {
    /// The cell in this row and column, if the request has it.
    pub(crate) fn cell(&self, row: usize, column: usize) -> Option<&'a Cell<'a>> {
        self.cells[row * self.width + column]
    }

    /// A JSON pointer to the cell in this row of the column called `name`.
    pub(crate) fn pointer(&self, row: usize, name: &str) -> String {
        let name = json::escape(name);
        match self.form {
            Form::Columns(parent) => format!("{parent}/{name}/{row}"),
            Form::Values(parent) => format!("{parent}/{name}"),
            Form::Rows => format!("{INPUTS}/{row}/{name}"),
        }
    }

    /// A JSON pointer to what is missing: a value, or in a table of columns the column.
    pub(crate) fn pointer_to_missing(&self, row: usize, column: usize, name: &str) -> String {
        match self.form {
            Form::Columns(parent) if self.cell(row, column).is_none() => {
                format!("{parent}/{}", json::escape(name))
            }
            _ => self.pointer(row, name),
        }
    }
}

impl<'a> Inputs<'a> {
    /// The table in the order of the columns.
    pub(crate) fn grid(&'a self, table: &Table) -> Result<Grid<'a>, Invalid> {
        match self {
            Self::Rows(rows) => of_rows(rows, table),
            Self::Columns(columns) => match columns.as_slice() {
                [(name, Entry::Table(inner))]
                    if name == "data" && table.place("data").is_none() =>
                {
                    of_columns(inner, table, DATA)
                }
                _ => of_columns(columns, table, INPUTS),
            },
        }
    }
}

fn of_rows<'a>(rows: &'a [Row<'a>], table: &Table) -> Result<Grid<'a>, Invalid> {
    check_rows(rows.len(), table, INPUTS)?;
    let width = table.columns.len();
    let mut cells = vec![None; rows.len() * width];
    for (place, Row(row)) in rows.iter().enumerate() {
        let at = format!("{INPUTS}/{place}");
        for (name, cell) in row {
            let column = find(name, table, &at)?;
            fill(&mut cells[place * width + column], cell, name, &at)?;
        }
    }
    Ok(Grid {
        rows: rows.len(),
        cells,
        width,
        form: Form::Rows,
    })
}

fn of_columns<'a>(
    columns: &'a Named<'a, Entry<'a>>,
    table: &Table,
    parent: &'static str,
) -> Result<Grid<'a>, Invalid> {
    if columns.is_empty() {
        return Err(Invalid::at(parent, "has no columns; send a value for each"));
    }
    let mut rows = None;
    for (name, entry) in columns {
        find(name, table, parent)?;
        let length = match entry {
            Entry::One(_) => None,
            Entry::Many(list) => Some(list.len()),
            Entry::Table(_) => {
                let message = "must be a value or a list of values, not an object";
                return Err(Invalid::at(pointer(parent, name), message));
            }
        };
        match *rows.get_or_insert(length) {
            known if known == length => {}
            known => {
                let values = |length: Option<usize>| {
                    length.map_or("a single value".to_owned(), |n| format!("{n} values"))
                };
                let message = format!(
                    "has {}, but the columns before it have {}; every column needs one for each row",
                    values(length),
                    values(known)
                );
                return Err(Invalid::at(pointer(parent, name), message));
            }
        }
    }
    let listed = rows.flatten();
    let count = listed.unwrap_or(1);
    check_rows(count, table, parent)?;
    let width = table.columns.len();
    let mut cells = vec![None; count * width];
    for (name, entry) in columns {
        let column = find(name, table, parent)?;
        let list = match entry {
            Entry::One(cell) => std::slice::from_ref(cell),
            Entry::Many(list) => list.as_slice(),
            Entry::Table(_) => continue,
        };
        for (row, cell) in list.iter().enumerate() {
            fill(&mut cells[row * width + column], cell, name, parent)?;
        }
    }
    Ok(Grid {
        rows: count,
        cells,
        width,
        form: match listed {
            Some(_) => Form::Columns(parent),
            None => Form::Values(parent),
        },
    })
}

fn fill<'a>(
    place: &mut Option<&'a Cell<'a>>,
    cell: &'a Cell<'a>,
    name: &str,
    parent: &str,
) -> Result<(), Invalid> {
    match place.replace(cell) {
        None => Ok(()),
        Some(_) => Err(Invalid::at(pointer(parent, name), "is there twice")),
    }
}

fn find(name: &str, table: &Table, parent: &str) -> Result<usize, Invalid> {
    table.place(name).ok_or_else(|| {
        let names: Vec<_> = table
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        let names = json::shorten(&names.join(", "));
        Invalid::at(
            pointer(parent, name),
            format!("is no column of this model; there are: {names}"),
        )
    })
}

fn check_rows(rows: usize, table: &Table, at: &str) -> Result<(), Invalid> {
    match rows {
        0 => Err(Invalid::at(at, "has no rows; send at least one")),
        rows if rows > table.max_items => Err(Invalid::at(
            at,
            format!("has {rows} rows; send at most {} at once", table.max_items),
        )),
        _ => Ok(()),
    }
}

fn pointer(parent: &str, name: &str) -> String {
    format!("{parent}/{}", json::escape(name))
}
