//! A decoded picture: its pixels in red, green and blue, and how they have to be turned.
//! Knows no tensor; what the files look like is in the modules below.

mod exif;
mod jpeg;
mod limits;
mod orientation;
mod png;
mod webp;

pub(crate) use limits::Limits;
use orientation::Orientation;
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

    /// The row `y` of the picture as it is meant to be seen: red, green and blue, or for one channel their luma.
    pub(crate) fn row<'a, const CHANNELS: usize>(
        &'a self,
        y: u32,
        scratch: &'a mut Vec<u8>,
    ) -> &'a [u8] {
        let pixels = self.rgb.as_chunks::<3>().0;
        let line = self.orientation.line(y, self.width, self.height);
        if CHANNELS == 3 && line.step == 1 {
            return self.rgb[line.first * 3..][..line.count * 3].as_ref();
        }
        let mut at = line.first;
        scratch.clear();
        for _ in 0..line.count {
            match CHANNELS {
                3 => scratch.extend_from_slice(&pixels[at]),
                _ => scratch.push(luma(pixels[at])),
            }
            at = at.wrapping_add_signed(line.step);
        }
        scratch
    }
}

/// As Pillow's `convert("L")`: ITU-R 601-2 in fixed point.
fn luma([red, green, blue]: [u8; 3]) -> u8 {
    let sum = u32::from(red) * 19_595 + u32::from(green) * 38_470 + u32::from(blue) * 7_471;
    u8::try_from((sum + 0x8000) >> 16).unwrap_or(u8::MAX)
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two rows of three pixels, numbered in their red.
    fn numbered(orientation: u16) -> Picture {
        Picture {
            width: 3,
            height: 2,
            rgb: (0..6).flat_map(|n| [n, 0, 0]).collect(),
            orientation: Orientation::tagged(orientation),
        }
    }

    fn seen(picture: &Picture) -> Vec<Vec<u8>> {
        let row = |y| {
            let mut scratch = Vec::new();
            let row = picture.row::<3>(y, &mut scratch);
            row.iter().step_by(3).copied().collect()
        };
        (0..picture.size().1).map(row).collect()
    }

    /// The eight results of Pillow's `ImageOps.exif_transpose`.
    #[test]
    fn a_picture_is_read_as_its_orientation_says() {
        let expected: [&[&[u8]]; 8] = [
            &[&[0, 1, 2], &[3, 4, 5]],
            &[&[2, 1, 0], &[5, 4, 3]],
            &[&[5, 4, 3], &[2, 1, 0]],
            &[&[3, 4, 5], &[0, 1, 2]],
            &[&[0, 3], &[1, 4], &[2, 5]],
            &[&[3, 0], &[4, 1], &[5, 2]],
            &[&[5, 2], &[4, 1], &[3, 0]],
            &[&[2, 5], &[1, 4], &[0, 3]],
        ];
        for (orientation, expected) in (1..).zip(expected) {
            assert_eq!(seen(&numbered(orientation)), expected, "{orientation}");
        }
        assert_eq!(seen(&numbered(9)), expected[0]);
        assert_eq!(seen(&numbered(0)), expected[0]);
    }

    #[test]
    fn luma_keeps_grey_and_weighs_colours_as_pillow_does() {
        for grey in 0..=255 {
            assert_eq!(luma([grey; 3]), grey);
        }
        let colours = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [12, 200, 90]];
        assert_eq!(colours.map(luma), [76, 150, 29, 131]);
    }

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
