//! WebP: the picture inside the container, and its pixels.
//! Must not be decoded before the size in the picture's own header has been checked.

use super::{Limits, Picture, Unreadable, exif};
use image_webp::WebPDecoder;
use std::io::Cursor;

/// What the container holds.
#[derive(Debug, Default)]
struct Container<'a> {
    /// Of a container that says so, the size of the canvas.
    canvas: Option<(u32, u32)>,
    /// The first picture: the chunk as a whole.
    picture: Option<&'a [u8]>,
    /// Of an animation, where the first frame is on the canvas.
    corner: (u32, u32),
    exif: Option<&'a [u8]>,
    xmp: Option<&'a [u8]>,
}

pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture, Unreadable> {
    let mut container = Container::default();
    chunks(&bytes[12..], false, &mut container)?;
    let chunk = container
        .picture
        .ok_or_else(|| Unreadable("is a WebP without a picture".into()))?;
    let (width, height) = size(chunk).ok_or_else(cut)?;
    let pixels = u64::from(width) * u64::from(height);
    // A lossy picture is decoded as YCbCr first, with some bytes a block beside; a lossless one always with alpha.
    let beside = if chunk.starts_with(b"VP8L") {
        pixels * 4
    } else {
        pixels * 2
    };
    limits.check(width, height, beside)?;
    if container.corner != (0, 0)
        || container
            .canvas
            .is_some_and(|canvas| canvas != (width, height))
    {
        return Err(Unreadable(
            "is a WebP whose first frame does not cover the picture; send a still picture".into(),
        ));
    }
    let file = alone(chunk);
    let corrupt = |error| Unreadable(format!("is a WebP that cannot be read: {error}"));
    let mut decoder = WebPDecoder::new(Cursor::new(file.as_slice())).map_err(corrupt)?;
    if decoder.dimensions() != (width, height) {
        return Err(Unreadable("is a WebP with a wrong header".into()));
    }
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let mut rgb = vec![0; width as usize * height as usize * channels];
    decoder.read_image(&mut rgb).map_err(corrupt)?;
    if channels == 4 {
        drop_alpha(&mut rgb);
    }
    Ok(Picture {
        width,
        height,
        rgb,
        orientation: exif::orientation(container.exif, container.xmp),
    })
}

/// Walks over the chunks of the container, or of one frame of an animation, which has no frames of its own.
fn chunks<'a>(
    mut rest: &'a [u8],
    framed: bool,
    container: &mut Container<'a>,
) -> Result<(), Unreadable> {
    while let [a, b, c, d, s0, s1, s2, s3, data @ ..] = rest {
        let size = u32::from_le_bytes([*s0, *s1, *s2, *s3]) as usize;
        let Some(payload) = data.get(..size) else {
            // What follows the picture is not needed.
            return if container.picture.is_some() {
                Ok(())
            } else {
                Err(cut())
            };
        };
        match &[*a, *b, *c, *d] {
            b"VP8X" => container.canvas = Some(canvas(payload).ok_or_else(cut)?),
            b"EXIF" => container.exif = container.exif.or(Some(payload)),
            b"XMP " => container.xmp = container.xmp.or(Some(payload)),
            b"VP8 " | b"VP8L" if container.picture.is_none() => {
                container.picture = Some(&rest[..8 + size]);
            }
            b"ANMF" if container.picture.is_none() => {
                let x = three(payload, 0).ok_or_else(cut)?;
                let y = three(payload, 3).ok_or_else(cut)?;
                container.corner = (x * 2, y * 2);
                let mut frame = Container::default();
                if !framed {
                    chunks(payload.get(16..).ok_or_else(cut)?, true, &mut frame)?;
                }
                container.picture = frame.picture;
            }
            _ => {}
        }
        // Chunks begin at even places.
        rest = data.get(size + size % 2..).unwrap_or_default();
    }
    Ok(())
}

fn canvas(payload: &[u8]) -> Option<(u32, u32)> {
    Some((three(payload, 4)? + 1, three(payload, 7)? + 1))
}

fn three(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 3)?;
    Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]))
}

/// What the picture's own header says, which need not be what the container says.
fn size(chunk: &[u8]) -> Option<(u32, u32)> {
    let payload = &chunk[8..];
    if chunk.starts_with(b"VP8L") {
        let bits = payload.get(1..5)?;
        let bits = u32::from_le_bytes([bits[0], bits[1], bits[2], bits[3]]);
        return Some(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1));
    }
    let edges = payload.get(6..10)?;
    let edge = |low: u8, high: u8| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    Some((edge(edges[0], edges[1]), edge(edges[2], edges[3])))
}

/// A file with this chunk and nothing else: transparency is dropped, so its chunk need not be decoded.
fn alone(chunk: &[u8]) -> Vec<u8> {
    let mut file = Vec::with_capacity(chunk.len() + 13);
    let size = u32::try_from(chunk.len() + 4).unwrap_or(u32::MAX);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&size.to_le_bytes());
    file.extend_from_slice(b"WEBP");
    file.extend_from_slice(chunk);
    file.resize(12 + chunk.len().next_multiple_of(2), 0);
    file
}

/// Four bytes a pixel become three, in place.
fn drop_alpha(pixels: &mut Vec<u8>) {
    let count = pixels.len() / 4;
    for pixel in 1..count {
        pixels.copy_within(pixel * 4..pixel * 4 + 3, pixel * 3);
    }
    pixels.truncate(count * 3);
}

fn cut() -> Unreadable {
    Unreadable("is a WebP that is cut short; send all of it".into())
}
