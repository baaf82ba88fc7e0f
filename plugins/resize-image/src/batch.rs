//! The tensor of one request: every picture decoded, resized and looked up, one after the other.
//! Decides nothing; the plan has.

use crate::config::Layout;
use crate::frame::Axis;
use crate::picture::Picture;
use crate::plan::Plan;
use crate::request::Pictures;
use crate::resample::resample;
use crate::values::Values;
use modelhost_plugin::{Data, Invalid, Result, Tensor};

/// All pictures of the request.
pub(crate) fn tensor(pictures: &Pictures<'_>, plan: &Plan) -> Result<Tensor> {
    let (shape, data) = match &plan.values {
        Values::F32(tables) => joined(pictures, plan, tables, Data::F32)?,
        Values::F64(tables) => joined(pictures, plan, tables, Data::F64)?,
        Values::F16(tables) => joined(pictures, plan, tables, Data::F16)?,
        Values::Bf16(tables) => joined(pictures, plan, tables, Data::Bf16)?,
        Values::U8(tables) => joined(pictures, plan, tables, Data::U8)?,
    };
    Ok(Tensor { shape, data })
}

fn joined<T: Copy>(
    pictures: &Pictures<'_>,
    plan: &Plan,
    tables: &[[T; 256]],
    wrap: fn(Vec<T>) -> Data,
) -> Result<(Vec<u32>, Data)> {
    let mut elements = Vec::new();
    let mut first = None;
    for item in pictures.items() {
        let refuse = |message| Invalid::at(item.field(), message);
        let bytes = item.bytes().map_err(refuse)?;
        let picture = Picture::decode(&bytes, &plan.limits).map_err(|error| refuse(error.0))?;
        drop(bytes);
        let (width, height) = picture.size();
        let (x, y) = plan.steps.frame(width, height);
        let same = *first.get_or_insert((x.length, y.length));
        if same != (x.length, y.length) {
            let message = format!(
                "becomes {} × {} pixels and the first picture {} × {}; this model keeps each picture's shape, so send pictures of one shape together",
                x.length, y.length, same.0, same.1
            );
            return Err(refuse(message).into());
        }
        let pixels = u64::from(x.length).saturating_mul(u64::from(y.length));
        if !plan.fits(pixels.saturating_mul(pictures.len() as u64)) {
            let message = format!(
                "becomes {} × {} pixels, which is more than the model's input may have; send fewer or less elongated pictures",
                x.length, y.length
            );
            return Err(refuse(message).into());
        }
        if elements.capacity() == 0 {
            elements.reserve_exact(pixels as usize * tables.len() * pictures.len());
        }
        let filter = plan.steps.filter;
        let resized = match tables.len() {
            3 => resample::<3>(&picture, &x, &y, filter),
            _ => resample::<1>(&picture, &x, &y, filter),
        };
        drop(picture);
        let source = |channel: usize| match plan.steps.bgr {
            true => tables.len() - 1 - channel,
            false => channel,
        };
        match plan.target.layout {
            Layout::Nchw => planes(&resized, &x, &y, tables, source, &mut elements),
            Layout::Nhwc => interleaved(&resized, &x, &y, tables, source, &mut elements),
        }
    }
    let (width, height) = first.unwrap_or_default();
    let items = u32::try_from(pictures.len()).expect("a request has few pictures");
    let shape = plan
        .target
        .layout
        .shape(items, plan.target.channels, height, width);
    Ok((shape.to_vec(), wrap(elements)))
}

/// Channel after channel; `source` is the picture's channel for each of the tensor's.
fn planes<T: Copy>(
    pixels: &[u8],
    x: &Axis,
    y: &Axis,
    tables: &[[T; 256]],
    source: impl Fn(usize) -> usize,
    out: &mut Vec<T>,
) {
    let channels = tables.len();
    let width = x.length as usize;
    let after = (x.length - x.pad - x.take) as usize;
    let below = (y.length - y.pad - y.take) as usize;
    for (channel, table) in tables.iter().enumerate() {
        let zero = table[0];
        out.extend(std::iter::repeat_n(zero, width * y.pad as usize));
        for row in pixels.chunks_exact(x.take as usize * channels) {
            out.extend(std::iter::repeat_n(zero, x.pad as usize));
            let row = row.iter().skip(source(channel)).step_by(channels);
            out.extend(row.map(|pixel| table[usize::from(*pixel)]));
            out.extend(std::iter::repeat_n(zero, after));
        }
        out.extend(std::iter::repeat_n(zero, width * below));
    }
}

/// Pixel after pixel.
fn interleaved<T: Copy>(
    pixels: &[u8],
    x: &Axis,
    y: &Axis,
    tables: &[[T; 256]],
    source: impl Fn(usize) -> usize,
    out: &mut Vec<T>,
) {
    let channels = tables.len();
    let pad = |count: usize, out: &mut Vec<T>| {
        let zeros = tables.iter().map(|table| table[0]).cycle();
        out.extend(zeros.take(count * channels));
    };
    let below = (y.length - y.pad - y.take) as usize;
    pad((x.length * y.pad) as usize, out);
    for row in pixels.chunks_exact(x.take as usize * channels) {
        pad(x.pad as usize, out);
        for pixel in row.chunks_exact(channels) {
            let channels = tables.iter().enumerate();
            out.extend(channels.map(|(channel, table)| table[usize::from(pixel[source(channel)])]));
        }
        pad((x.length - x.pad - x.take) as usize, out);
    }
    pad(x.length as usize * below, out);
}
