//! The tensors of a request: every value checked, scaled and put in its place.
//! Knows no form of a request; `grid` has put the values in order.

use crate::column::{Become, Column, Values};
use crate::grid::Grid;
use crate::table::{Dtype, Input, Table};
use modelhost_plugin::{Data, Invalid, Prepared, Result, Tensor, json};

/// All tensors of the model.
pub(crate) fn tensors(grid: &Grid<'_>, table: &Table) -> Result<Prepared> {
    let mut tensors = Vec::with_capacity(table.tensors.len());
    for input in &table.tensors {
        tensors.push((input.name.as_str(), tensor(grid, table, input)?));
    }
    Ok(Prepared::new(tensors))
}

fn tensor(grid: &Grid<'_>, table: &Table, input: &Input) -> Result<Tensor> {
    let mut data = empty(input.dtype, grid.rows * input.width);
    for row in 0..grid.rows {
        for place in &input.columns {
            let column = &table.columns[*place];
            cell(grid, row, *place, column, &mut data)?;
        }
    }
    let rows = u32::try_from(grid.rows).expect("a request has few rows");
    let width = u32::try_from(input.width).expect("a row has few elements");
    let shape = if input.flat {
        vec![rows]
    } else {
        vec![rows, width]
    };
    Ok(Tensor { shape, data })
}

/// Appends what one cell becomes.
fn cell(
    grid: &Grid<'_>,
    row: usize,
    place: usize,
    column: &Column,
    data: &mut Data,
) -> std::result::Result<(), Invalid> {
    let given = grid.cell(row, place).filter(|cell| !cell.is_missing());
    let missing = || {
        let at = grid.pointer_to_missing(row, place, &column.name);
        Invalid::at(
            at,
            format!(
                "is missing in row {row}; this model needs `{}` in every row",
                json::shorten(&column.name)
            ),
        )
    };
    let wrong = |message: String| Invalid::at(grid.pointer(row, &column.name), message);
    let unfit = |message: &str| wrong(format!("must be {message}"));
    match &column.values {
        Values::Numbers(numbers) => {
            let value = match given {
                Some(cell) => {
                    let (least, most) = (numbers.minimum, numbers.maximum);
                    let number = cell.number().ok_or_else(|| unfit("a number"))?;
                    if !(least..=most).contains(&number) {
                        return Err(wrong(format!(
                            "must be between {least} and {most}, not {number}"
                        )));
                    }
                    number
                }
                None => numbers.missing.ok_or_else(missing)?,
            };
            let scaled = numbers
                .scale
                .map_or(value, |(mean, std)| (value - mean) / std);
            push(scaled, data).map_err(unfit)
        }
        Values::Categories(categories) => {
            let class = match given {
                Some(cell) => {
                    let text = cell.text();
                    let known = categories
                        .names
                        .iter()
                        .position(|name| name.trim() == text.trim());
                    known.ok_or_else(|| {
                        let names = json::shorten(&categories.names.join(", "));
                        wrong(format!("must be one of: {names}"))
                    })?
                }
                None => categories.missing.ok_or_else(missing)?,
            };
            match categories.become_what {
                Become::Index => push(class as f64, data).map_err(unfit),
                Become::OneHot => (0..categories.names.len())
                    .try_for_each(|other| push(f64::from(u8::from(other == class)), data))
                    .map_err(unfit),
                Become::Text => {
                    push_text(categories.names[class].clone(), data);
                    Ok(())
                }
            }
        }
        Values::Texts { missing: instead } => {
            let text = match (given, instead) {
                (Some(cell), _) => cell.text().into_owned(),
                (None, Some(instead)) => instead.clone(),
                (None, None) => return Err(missing()),
            };
            push_text(text, data);
            Ok(())
        }
    }
}

fn empty(dtype: Dtype, elements: usize) -> Data {
    match dtype {
        Dtype::F32 => Data::F32(Vec::with_capacity(elements)),
        Dtype::F64 => Data::F64(Vec::with_capacity(elements)),
        Dtype::S8 => Data::S8(Vec::with_capacity(elements)),
        Dtype::S32 => Data::S32(Vec::with_capacity(elements)),
        Dtype::S64 => Data::S64(Vec::with_capacity(elements)),
        Dtype::U8 => Data::U8(Vec::with_capacity(elements)),
        Dtype::Boolean => Data::Boolean(Vec::with_capacity(elements)),
        Dtype::Text => Data::Text(Vec::with_capacity(elements)),
    }
}

/// Appends a number, or says what it would have to be.
fn push(number: f64, data: &mut Data) -> std::result::Result<(), &'static str> {
    // Whole numbers below 2^53 are exact, and values are smaller.
    let whole = |least: f64, most: f64, message| {
        let fits = number.fract() == 0.0 && (least..=most).contains(&number);
        fits.then_some(number as i64).ok_or(message)
    };
    match data {
        Data::F32(list) => list.push(number as f32),
        Data::F64(list) => list.push(number),
        Data::S64(list) => list.push(whole(-1e15, 1e15, "a whole number")?),
        Data::S32(list) => {
            let message = "a whole number of 32 bits";
            list.push(whole(f64::from(i32::MIN), f64::from(i32::MAX), message)? as i32);
        }
        Data::S8(list) => list.push(whole(-128.0, 127.0, "a whole number from -128 to 127")? as i8),
        Data::U8(list) => list.push(whole(0.0, 255.0, "a whole number from 0 to 255")? as u8),
        Data::Boolean(list) => list.push(whole(0.0, 1.0, "true or false, or 1 or 0")? as u8),
        // These are no dtypes of an input here.
        Data::F16(_) | Data::Bf16(_) | Data::Text(_) => return Err("a text"),
    }
    Ok(())
}

fn push_text(text: String, data: &mut Data) {
    if let Data::Text(list) = data {
        list.push(text);
    }
}
