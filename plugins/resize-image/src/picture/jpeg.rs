//! JPEG: what its header says, and its pixels.
//! Must not be read further than the first scan before the header has been checked.

use super::{Limits, Picture, Unreadable, exif};
use modelhost_plugin::json;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

/// The longest edge that the format can say.
const MAX_EDGE: usize = 65_535;

/// What precedes the first scan.
#[derive(Debug, Default)]
struct Header<'a> {
    width: u32,
    height: u32,
    /// Horizontal and vertical sampling factors, one an entry.
    components: Vec<(u32, u32)>,
    progressive: bool,
    exif: Option<&'a [u8]>,
    xmp: Option<&'a [u8]>,
    /// Components in the first scan.
    scanned: usize,
    /// Where the first scan's data begins.
    scan: usize,
}

pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture, Unreadable> {
    let header = header(bytes)?;
    let Header { width, height, .. } = header;
    limits.check(width, height, header.coefficient_bytes())?;
    if !ends(&bytes[header.scan..]) {
        return Err(Unreadable(
            "is a JPEG that is cut short; send all of it".into(),
        ));
    }
    // The same code as in wasm, where there are no vector instructions to choose from.
    let options = DecoderOptions::default()
        .set_use_unsafe(false)
        .set_strict_mode(true)
        .set_max_width(MAX_EDGE)
        .set_max_height(MAX_EDGE)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let corrupt = |error: &dyn std::fmt::Debug| {
        let error = format!("{error:?}");
        Unreadable(format!(
            "is a JPEG that cannot be read: {}",
            json::shorten(&error)
        ))
    };
    decoder.decode_headers().map_err(|error| corrupt(&error))?;
    let pixels = width as usize * height as usize;
    let told = decoder
        .info()
        .map(|info| (u32::from(info.width), u32::from(info.height)));
    if decoder.output_buffer_size() != Some(pixels * 3) || told != Some((width, height)) {
        return Err(Unreadable(
            "is a JPEG whose colours this plugin does not know; send it in RGB".into(),
        ));
    }
    let mut rgb = vec![0; pixels * 3];
    decoder
        .decode_into(&mut rgb)
        .map_err(|error| corrupt(&error))?;
    Ok(Picture {
        width,
        height,
        rgb,
        orientation: exif::orientation(header.exif, header.xmp),
    })
}

impl Header<'_> {
    /// Memory for the coefficients of a picture that comes in several passes over all of its pixels.
    fn coefficient_bytes(&self) -> u64 {
        if !self.progressive && self.scanned == self.components.len() {
            return 0;
        }
        let most = |edge: fn(&(u32, u32)) -> u32| self.components.iter().map(edge).max();
        let (across, down) = (most(|c| c.0).unwrap_or(1), most(|c| c.1).unwrap_or(1));
        let units = |pixels: u32, most: u32| u64::from(pixels.div_ceil(most * 8));
        let units = units(self.width, across) * units(self.height, down);
        let blocks: u64 = self.components.iter().map(|c| u64::from(c.0 * c.1)).sum();
        // 64 coefficients a block, two bytes each.
        units * blocks * 128
    }
}

/// Walks over the segments, as far as the first scan.
fn header(bytes: &[u8]) -> Result<Header<'_>, Unreadable> {
    const EXIF: &[u8] = b"Exif\0\0";
    const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
    let cut = || Unreadable("is a JPEG that is cut short; send all of it".into());
    let mut header = Header::default();
    let mut at = 2;
    loop {
        // A marker may have bytes in front that mean nothing.
        let found = bytes.get(at..).ok_or_else(cut)?;
        at += found
            .windows(2)
            .position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff))
            .ok_or_else(cut)?;
        let marker = bytes[at + 1];
        at += 2;
        // Markers that stand alone.
        if matches!(marker, 0x01 | 0xd0..=0xd9) {
            continue;
        }
        let length = bytes.get(at..at + 2).ok_or_else(cut)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        let segment = bytes.get(at + 2..at + length.max(2)).ok_or_else(cut)?;
        at += length.max(2);
        match marker {
            0xc0..=0xc2 => frame(segment, marker == 0xc2, &mut header)?,
            0xc4 | 0xc8 | 0xcc => {}
            0xc3..=0xcf => {
                return Err(Unreadable(
                    "is a JPEG of a rare kind (lossless or arithmetic coding); send a plain one"
                        .into(),
                ));
            }
            0xe1 if segment.starts_with(EXIF) => header.exif = header.exif.or(Some(segment)),
            0xe1 if segment.starts_with(XMP) => header.xmp = header.xmp.or(Some(segment)),
            0xda if header.width > 0 => {
                header.scanned = segment.first().copied().map_or(0, usize::from);
                header.scan = at;
                return Ok(header);
            }
            0xda => return Err(Unreadable("is a JPEG without a frame header".into())),
            _ => {}
        }
    }
}

fn frame(segment: &[u8], progressive: bool, header: &mut Header<'_>) -> Result<(), Unreadable> {
    let [bits, h0, h1, w0, w1, count, components @ ..] = segment else {
        return Err(Unreadable("is a JPEG with a wrong frame header".into()));
    };
    if *bits != 8 {
        return Err(Unreadable(format!(
            "is a JPEG of {bits} bits a colour; send one of 8 bits"
        )));
    }
    header.height = u16::from_be_bytes([*h0, *h1]).into();
    header.width = u16::from_be_bytes([*w0, *w1]).into();
    header.progressive = progressive;
    let factors = components.chunks_exact(3).take(usize::from(*count));
    header.components = factors
        .map(|c| (u32::from(c[1] >> 4), u32::from(c[1] & 15)))
        .collect();
    if header.width == 0 || header.height == 0 {
        return Err(Unreadable("is a JPEG without a size in its header".into()));
    }
    let sampled = header
        .components
        .iter()
        .all(|c| (1..=4).contains(&c.0) && (1..=4).contains(&c.1));
    if !sampled || header.components.len() != usize::from(*count) {
        return Err(Unreadable("is a JPEG with a wrong frame header".into()));
    }
    Ok(())
}

/// Whether the end marker is there: in the data of a scan its two bytes never follow each other.
fn ends(data: &[u8]) -> bool {
    data.windows(2).rev().any(|pair| pair == [0xff, 0xd9])
}
