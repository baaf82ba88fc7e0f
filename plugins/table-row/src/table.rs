//! The columns, and the tensors that they fill, from the configuration, config.json and the signature.
//! Must not know a request.

use crate::column::{Become, Column, Values};
use crate::config::{ColumnFields, Rows, WrittenColumn};
use crate::file::File;
use modelhost_plugin::{Invalid, Port, Signature};
use std::collections::BTreeMap;

/// All tensors of one request together, in elements: a quarter of the 64 MiB that a plugin has by default.
const MAX_ELEMENTS: usize = 4 << 20;
/// Rows in one request, where they are narrow enough.
const MAX_ITEMS: usize = 1000;
/// More columns than a request could sensibly name.
const MAX_COLUMNS: usize = 10_000;

/// What a request's rows are and become.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    places: BTreeMap<String, usize>,
    pub(crate) tensors: Vec<Input>,
    pub(crate) max_items: usize,
}

/// A tensor of the model.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) dtype: Dtype,
    /// The columns that fill a row of it, by their places.
    pub(crate) columns: Vec<usize>,
    /// Elements of a row.
    pub(crate) width: usize,
    /// A tensor of one axis has rows of one element.
    pub(crate) flat: bool,
}

/// The dtypes that a value can become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dtype {
    F32,
    F64,
    S8,
    S32,
    S64,
    U8,
    Boolean,
    Text,
}

impl Table {
    pub(crate) fn check(rows: &Rows<'_>, file: &File, model: &Signature) -> Result<Self, Invalid> {
        let ports = ports(rows.tensor, model)?;
        let fields = fields(rows, file, &ports)?;
        if fields.len() > MAX_COLUMNS {
            return Err(Invalid::at(
                "/columns",
                format!("are more than {MAX_COLUMNS}"),
            ));
        }
        let mut places = BTreeMap::new();
        for (place, fields) in fields.iter().enumerate() {
            if places.insert(fields.name.clone(), place).is_some() {
                return Err(Invalid::at(
                    format!("/columns/{place}"),
                    "has a name that is there twice",
                ));
            }
        }
        let (columns, tensors) = match ports.as_slice() {
            [one] => joined(&fields, one)?,
            several => apart(&fields, several)?,
        };
        let mut table = Self {
            columns,
            places,
            tensors,
            max_items: MAX_ITEMS,
        };
        table.max_items = table.check_items(rows.max_items, &ports)?;
        Ok(table)
    }

    /// The place of the column called `name`.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    fn check_items(&self, written: Option<usize>, ports: &[Port]) -> Result<usize, Invalid> {
        let width: usize = self.tensors.iter().map(|tensor| tensor.width).sum();
        let fixed = ports.iter().filter_map(|port| port.fixed(0)).min();
        let fit = MAX_ELEMENTS / width.max(1);
        let most = fixed.map_or(fit, |rows| fit.min(rows as usize)).max(1);
        match written {
            Some(items) if !(1..=most).contains(&items) => Err(Invalid::at(
                "/max_items",
                format!("must be between 1 and {most}, not {items}"),
            )),
            Some(items) => Ok(items),
            None => Ok(MAX_ITEMS.min(most)),
        }
    }
}

/// The inputs to fill: the one that is named, or all that the model has.
fn ports(named: Option<&str>, model: &Signature) -> Result<Vec<Port>, Invalid> {
    let list = || {
        model
            .inputs
            .iter()
            .map(|port| port.name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let unknown = |name: &str| Port {
        name: name.to_owned(),
        dtype: "f32".to_owned(),
        shape: None,
    };
    match (named, model.inputs.as_slice()) {
        (Some(name), []) => Ok(vec![unknown(name)]),
        (None, []) => Ok(vec![unknown("input")]),
        (Some(name), [only]) if only.name == name => Ok(vec![only.clone()]),
        (Some(name), _) => Err(Invalid::at(
            "/tensor",
            match model.input(name) {
                Some(_) => format!(
                    "is one of several inputs, and table-row would leave the others empty; the model has: {}",
                    list()
                ),
                None => format!("the model has no input `{name}`; it has: {}", list()),
            },
        )),
        (None, all) => Ok(all.to_vec()),
    }
}

/// The columns as written, or else as the file or the signature has them.
fn fields(rows: &Rows<'_>, file: &File, ports: &[Port]) -> Result<Vec<ColumnFields>, Invalid> {
    let named = |name: String| ColumnFields {
        name,
        ..ColumnFields::default()
    };
    if let Some(written) = rows.columns {
        if written.is_empty() {
            return Err(Invalid::at(
                "/columns",
                "is empty; name at least one column",
            ));
        }
        return Ok(written
            .iter()
            .map(|WrittenColumn(fields)| fields.clone())
            .collect());
    }
    if let Some(names) = &file.columns {
        return Ok(names.iter().cloned().map(named).collect());
    }
    match ports {
        [one] => match one.shape.as_deref() {
            Some([_, Some(width)]) if (*width as usize) <= MAX_COLUMNS => {
                Ok((0..*width).map(|i| named(format!("x{i}"))).collect())
            }
            Some([_]) => Ok(vec![named(one.name.clone())]),
            _ => Err(Invalid::at(
                "/columns",
                format!(
                    "is missing: neither config.json nor the signature of `{}` says them; list their names in the model's order",
                    one.name
                ),
            )),
        },
        several => Ok(several
            .iter()
            .map(|port| named(port.name.clone()))
            .collect()),
    }
}

/// All columns side by side in one tensor.
fn joined(fields: &[ColumnFields], port: &Port) -> Result<(Vec<Column>, Vec<Input>), Invalid> {
    let dtype = dtype(port)?;
    let check = |(place, fields)| column(fields, place, dtype);
    let columns: Vec<Column> = fields
        .iter()
        .enumerate()
        .map(check)
        .collect::<Result<_, _>>()?;
    let width = columns.iter().map(Column::width).sum();
    let input = Input {
        name: port.name.clone(),
        dtype,
        columns: (0..columns.len()).collect(),
        width,
        flat: port.rank() == Some(1),
    };
    check_width(&input, port)?;
    Ok((columns, vec![input]))
}

/// Each column in the tensor that is named after it.
fn apart(fields: &[ColumnFields], ports: &[Port]) -> Result<(Vec<Column>, Vec<Input>), Invalid> {
    let mut columns = Vec::with_capacity(fields.len());
    let mut tensors: Vec<Input> = Vec::with_capacity(fields.len());
    for (place, fields) in fields.iter().enumerate() {
        let called =
            |port: &&Port| port.name == fields.name || port.name == sanitised(&fields.name);
        let Some(port) = ports.iter().find(called) else {
            let names: Vec<_> = ports.iter().map(|port| port.name.as_str()).collect();
            return Err(Invalid::at(
                format!("/columns/{place}"),
                format!(
                    "`{}` is no input of the model, which takes one for each column: {}",
                    fields.name,
                    names.join(", ")
                ),
            ));
        };
        let dtype = dtype(port)?;
        let column = column(fields, place, dtype)?;
        let input = Input {
            name: port.name.clone(),
            dtype,
            columns: vec![place],
            width: column.width(),
            flat: port.rank() == Some(1),
        };
        check_width(&input, port)?;
        columns.push(column);
        tensors.push(input);
    }
    let filled = |port: &&Port| tensors.iter().any(|tensor| tensor.name == port.name);
    match ports.iter().find(|port| !filled(port)) {
        None => Ok((columns, tensors)),
        Some(port) => Err(Invalid::at(
            "/columns",
            format!("has none for the model's input `{}`", port.name),
        )),
    }
}

/// The name that converters make of a column whose name is no identifier.
fn sanitised(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .collect()
}

fn column(fields: &ColumnFields, place: usize, dtype: Dtype) -> Result<Column, Invalid> {
    let at = format!("/columns/{place}");
    let column = Column::check(fields, &at, dtype)?;
    match &column.values {
        Values::Categories(categories)
            if dtype == Dtype::Boolean
                && categories.become_what == Become::Index
                && categories.names.len() > 2 =>
        {
            Err(Invalid::at(
                at,
                "has more than two categories, but goes into a boolean tensor",
            ))
        }
        _ => Ok(column),
    }
}

fn dtype(port: &Port) -> Result<Dtype, Invalid> {
    Ok(match port.dtype.as_str() {
        "f32" => Dtype::F32,
        "f64" => Dtype::F64,
        "s8" => Dtype::S8,
        "s32" => Dtype::S32,
        "s64" => Dtype::S64,
        "u8" => Dtype::U8,
        "boolean" => Dtype::Boolean,
        "text" => Dtype::Text,
        other => {
            return Err(Invalid::at(
                "/tensor",
                format!("`{}` is {other}, which table-row does not fill", port.name),
            ));
        }
    })
}

fn check_width(input: &Input, port: &Port) -> Result<(), Invalid> {
    let wrong = |message: String| Err(Invalid::at("/columns", message));
    let Input { name, width, .. } = input;
    match port.shape.as_deref() {
        None | Some([_, None]) => Ok(()),
        Some([_]) if *width == 1 => Ok(()),
        Some([_, Some(wanted)]) if *wanted as usize == *width => Ok(()),
        Some([_, Some(wanted)]) => wrong(format!(
            "fill {width} elements of a row, but `{name}` has {wanted}"
        )),
        Some([_]) => wrong(format!(
            "fill {width} elements of a row, but `{name}` has one"
        )),
        Some(shape) => wrong(format!(
            "are rows of numbers, but `{name}` has {} axes",
            shape.len()
        )),
    }
}
