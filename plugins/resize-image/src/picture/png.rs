//! PNG: what its header says, and its pixels.
//! Must not be read further than the header before it has been checked.

use super::{Limits, Picture, Unreadable, exif};
use png::{ColorType, Decoder, DecodingError, Reader, Transformations};
use std::io::Cursor;

/// What the crate may allocate beside the pixels: a few rows, and chunks that are not used.
const SCRATCH_BYTES: usize = 8 << 20;

pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture, Unreadable> {
    let mut decoder = Decoder::new_with_limits(
        Cursor::new(bytes),
        png::Limits {
            bytes: SCRATCH_BYTES,
        },
    );
    // 8 bits a colour: palettes are looked up, of 16 bits the upper are kept.
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let info = decoder.read_header_info().map_err(corrupt)?;
    let (width, height) = info.size();
    // Most pictures come row by row; of an interlaced one all rows are unfinished until the last pass.
    let buffered = match info.interlaced {
        true => u64::from(width) * u64::from(height) * 4,
        false => 0,
    };
    limits.check(width, height, buffered)?;
    let mut reader = decoder.read_info().map_err(corrupt)?;
    let rgb = match reader.info().interlaced {
        true => passes(&mut reader)?,
        false => rows(&mut reader)?,
    };
    let pixels = width as usize * height as usize;
    if rgb.len() != pixels * 3 {
        return Err(Unreadable(
            "is a PNG that is cut short; send all of it".into(),
        ));
    }
    let exif = reader.info().exif_metadata.as_deref();
    Ok(Picture {
        width,
        height,
        rgb,
        orientation: exif::orientation(exif, None),
    })
}

fn rows(reader: &mut Reader<Cursor<&[u8]>>) -> Result<Vec<u8>, Unreadable> {
    let (width, height) = reader.info().size();
    let colours = reader.output_color_type().0;
    let mut rgb = Vec::with_capacity(width as usize * height as usize * 3);
    while let Some(row) = reader.next_row().map_err(corrupt)? {
        push(row.data(), colours, &mut rgb);
    }
    Ok(rgb)
}

fn passes(reader: &mut Reader<Cursor<&[u8]>>) -> Result<Vec<u8>, Unreadable> {
    let colours = reader.output_color_type().0;
    let (width, height) = reader.info().size();
    let pixels = width as usize * height as usize;
    let mut buffer = vec![0; pixels * colours.samples()];
    reader.next_frame(&mut buffer).map_err(corrupt)?;
    let mut rgb = Vec::with_capacity(pixels * 3);
    push(&buffer, colours, &mut rgb);
    Ok(rgb)
}

/// Appends pixels as red, green and blue; alpha is dropped, as Pillow's `convert("RGB")` drops it.
fn push(pixels: &[u8], colours: ColorType, rgb: &mut Vec<u8>) {
    match colours {
        ColorType::Grayscale => rgb.extend(pixels.iter().flat_map(|grey| [*grey; 3])),
        ColorType::GrayscaleAlpha => {
            let pixels = pixels.as_chunks::<2>().0;
            rgb.extend(pixels.iter().flat_map(|[grey, _]| [*grey; 3]));
        }
        ColorType::Rgba => {
            let pixels = pixels.as_chunks::<4>().0;
            rgb.extend(
                pixels
                    .iter()
                    .flat_map(|[red, green, blue, _]| [*red, *green, *blue]),
            );
        }
        // A palette has been looked up.
        ColorType::Rgb | ColorType::Indexed => rgb.extend_from_slice(pixels),
    }
}

fn corrupt(error: DecodingError) -> Unreadable {
    Unreadable(format!("is a PNG that cannot be read: {error}"))
}
