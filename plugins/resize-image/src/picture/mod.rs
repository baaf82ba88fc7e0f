//! A decoded picture: its pixels in red, green and blue, and how they have to be turned.
//! Knows no tensor; what the files look like is in the modules below.

mod exif;
mod jpeg;
mod limits;
mod orientation;
mod png;
mod rows;
mod webp;

pub(crate) use limits::Limits;
pub(crate) use rows::Rows;

use orientation::{Line, Orientation};
use std::fmt;

/// A picture as its file has it; turned only while its rows are read.
#[derive(Debug)]
pub(crate) struct Picture {
    width: u32,
    height: u32,
    /// Rows from the top, three bytes a pixel.
    rgb: Vec<u8>,
    orientation: Orientation,
}

/// Why a file is no picture: what is wrong with it, in the words of whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable(pub(crate) String);

/// What the first bytes say it is, which is more to be trusted than a content type or a name.
fn magic(bytes: &[u8]) -> Option<&'static str> {
    let known: [(&str, &[u8]); 8] = [
        ("JPEG", b"\xff\xd8\xff"),
        ("PNG", b"\x89PNG\r\n\x1a\n"),
        ("GIF", b"GIF8"),
        ("BMP", b"BM"),
        ("TIFF", b"II*\0"),
        ("TIFF", b"MM\0*"),
        ("PDF", b"%PDF"),
        ("SVG", b"<svg"),
    ];
    if let Some((name, _)) = known.iter().find(|(_, magic)| bytes.starts_with(magic)) {
        return Some(name);
    }
    match (bytes.get(..4)?, bytes.get(4..8)?, bytes.get(8..12)?) {
        (b"RIFF", _, b"WEBP") => Some("WebP"),
        (_, b"ftyp", b"avif" | b"avis") => Some("AVIF"),
        (_, b"ftyp", b"heic" | b"heix" | b"mif1" | b"msf1") => Some("HEIC"),
        _ => None,
    }
}

impl Picture {
    /// Decodes a JPEG, a PNG or a WebP, whatever it was said to be.
    pub(crate) fn decode(bytes: &[u8], limits: &Limits) -> Result<Self, Unreadable> {
        match magic(bytes) {
            Some("JPEG") => jpeg::decode(bytes, limits),
            Some("PNG") => png::decode(bytes, limits),
            Some("WebP") => webp::decode(bytes, limits),
            Some(name) => Err(Unreadable(format!(
                "is a picture of the kind {name}; send a JPEG, a PNG or a WebP"
            ))),
            None if bytes.is_empty() => Err(Unreadable(
                "is empty; send the bytes of a JPEG, a PNG or a WebP".into(),
            )),
            None => Err(Unreadable(
                "does not begin like any picture; send the bytes of a JPEG, a PNG or a WebP".into(),
            )),
        }
    }

    /// Width and height, as the picture is meant to be seen.
    pub(crate) fn size(&self) -> (u32, u32) {
        match self.orientation.transposes() {
            true => (self.height, self.width),
            false => (self.width, self.height),
        }
    }

    /// Where the row `y` of the picture as it is meant to be seen lies.
    fn line(&self, y: usize) -> Line {
        let (width, height) = (self.width as usize, self.height as usize);
        self.orientation.line(y, width, height)
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_kind_of_picture_is_refused_by_its_name() {
        let refusal = |bytes: &[u8]| {
            let limits = Limits { max_pixels: 100 };
            let refused = Picture::decode(bytes, &limits).err();
            refused.expect("must be refused").to_string()
        };
        assert_eq!(
            refusal(b"GIF89a"),
            "is a picture of the kind GIF; send a JPEG, a PNG or a WebP"
        );
        assert!(refusal(b"\0\0\0\x1cftypheic").contains("HEIC"));
        assert!(refusal(b"").starts_with("is empty"));
        assert!(refusal(b"{\"inputs\": 1}").starts_with("does not begin like any picture"));
    }
}
