//! The orientation in a file's EXIF or XMP metadata.
//! Knows nothing else that they may say; what cannot be read says nothing.

use super::orientation::Orientation;

/// The tag that says how the camera was held.
const ORIENTATION: u16 = 0x0112;

/// As Pillow looks for it: in EXIF, and where that has none, in XMP.
pub(crate) fn orientation(exif: Option<&[u8]>, xmp: Option<&[u8]>) -> Orientation {
    let tag = exif.and_then(in_exif).or_else(|| xmp.and_then(in_xmp));
    Orientation::tagged(tag.unwrap_or(1))
}

/// In a TIFF header and the first directory behind it.
fn in_exif(exif: &[u8]) -> Option<u16> {
    let tiff = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let number = |at: usize, length: usize| {
        let bytes = tiff.get(at..at.checked_add(length)?)?;
        let join = |sum: u32, byte: &u8| (sum << 8) | u32::from(*byte);
        Some(match little {
            true => bytes.iter().rev().fold(0, join),
            false => bytes.iter().fold(0, join),
        })
    };
    let directory = number(4, 4)? as usize;
    let entries = number(directory, 2)? as usize;
    // One field after the other: tag, type, count, and the value where it is short.
    let fields = (0..entries).map_while(|i| {
        let at = directory.checked_add(2 + i * 12)?;
        Some((
            number(at, 2)?,
            number(at.checked_add(2)?, 2)?,
            at.checked_add(8)?,
        ))
    });
    let mut found = fields.filter(|(tag, _, _)| *tag == u32::from(ORIENTATION));
    let (_, kind, at) = found.next()?;
    let length = match kind {
        1 => 1,
        3 => 2,
        4 => 4,
        _ => return None,
    };
    u16::try_from(number(at, length)?).ok()
}

/// In `tiff:Orientation="6"` or `<tiff:Orientation>6<`.
fn in_xmp(xmp: &[u8]) -> Option<u16> {
    const NAME: &[u8] = b"tiff:Orientation";
    let starts = xmp.windows(NAME.len()).enumerate();
    let mut values = starts
        .filter(|(_, window)| *window == NAME)
        .filter_map(|(at, _)| match &xmp[at + NAME.len()..] {
            [b'=', b'"', digit, ..] | [b'>', digit, ..] if digit.is_ascii_digit() => {
                Some(u16::from(digit - b'0'))
            }
            _ => None,
        });
    values.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_is_found_in_either_byte_order() {
        let little = b"II*\0\x08\0\0\0\x02\0\
            \x0f\x01\x02\0\x04\0\0\0abc\0\
            \x12\x01\x03\0\x01\0\0\0\x06\0\0\0";
        assert_eq!(in_exif(little), Some(6));
        let big = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0";
        assert_eq!(in_exif(big), Some(8));
    }

    #[test]
    fn what_is_cut_short_or_wild_says_nothing() {
        let whole = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0";
        assert_eq!(in_exif(whole), Some(6));
        for end in 0..whole.len() {
            assert_eq!(in_exif(&whole[..end]), None);
        }
        assert_eq!(in_exif(b"II*\0\xff\xff\xff\xff\x01\0"), None);
        assert_eq!(in_exif(b"II*\0\x08\0\0\0\xff\xff"), None);
        let text = b"II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x01\0\0\0\x06\0\0\0";
        assert_eq!(in_exif(text), None);
    }

    #[test]
    fn xmp_is_asked_where_exif_has_none() {
        let attribute = b"<rdf tiff:Orientation=\"3\"/>".as_slice();
        let element = b"<tiff:Orientation>8</tiff:Orientation>".as_slice();
        assert_eq!(in_xmp(attribute), Some(3));
        assert_eq!(in_xmp(element), Some(8));
        assert_eq!(in_xmp(b"tiff:Orientation"), None);
        assert_eq!(
            orientation(Some(b"MM"), Some(attribute)),
            Orientation::tagged(3)
        );
    }
}
