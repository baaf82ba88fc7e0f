//! The rows of a picture as it is meant to be seen: turned, and in grey where that is wanted.
//! Knows no filter and no tensor.

use super::Picture;
use super::orientation::Line;

/// Columns that are read together where rows are made of columns: what is near in memory is read once.
const BLOCK: usize = 16;

/// Reads rows of `CHANNELS` bytes a pixel: red, green and blue, or luma alone.
#[derive(Debug)]
pub(crate) struct Rows<'a, const CHANNELS: usize> {
    picture: &'a Picture,
    /// The rows that were read last, where they are not those of the picture itself.
    block: Vec<u8>,
    /// The first of them.
    first: usize,
}

impl Picture {
    /// Its rows.
    pub(crate) fn rows<const CHANNELS: usize>(&self) -> Rows<'_, CHANNELS> {
        Rows {
            picture: self,
            block: Vec::new(),
            first: 0,
        }
    }
}

impl<const CHANNELS: usize> Rows<'_, CHANNELS> {
    /// The row `y` from the top.
    pub(crate) fn row(&mut self, y: usize) -> &[u8] {
        let picture = self.picture;
        let line = picture.line(y);
        if CHANNELS == 3 && line.step == 1 {
            return &picture.rgb[line.first * 3..][..line.count * 3];
        }
        let length = line.count * CHANNELS;
        let read = self.first..self.first + self.block.len() / length;
        if !read.contains(&y) {
            self.read(y, line.count);
        }
        &self.block[(y - self.first) * length..][..length]
    }

    /// Reads the row `y`, and where that costs hardly more, those below it.
    fn read(&mut self, y: usize, width: usize) {
        let picture = self.picture;
        let left = picture.size().1 as usize - y;
        let block = match picture.orientation.transposes() {
            true => BLOCK.min(left),
            false => 1,
        };
        let pixels = picture.rgb.as_chunks::<3>().0;
        self.first = y;
        self.block.resize(block * width * CHANNELS, 0);
        let out = self.block.as_chunks_mut::<CHANNELS>().0;
        let mut put = |place: usize, pixel: [u8; 3]| {
            out[place] = match CHANNELS {
                3 => std::array::from_fn(|channel| pixel[channel]),
                _ => [luma(pixel); CHANNELS],
            };
        };
        // The rows of a block begin side by side, and go on side by side.
        let last = picture.line(y + block - 1).first;
        let Line {
            mut first, step, ..
        } = picture.line(y);
        let (before, after) = (first.saturating_sub(last), last.saturating_sub(first));
        for x in 0..width {
            let beside = &pixels[first - before..=first + after];
            match before {
                0 => beside
                    .iter()
                    .enumerate()
                    .for_each(|(row, pixel)| put(row * width + x, *pixel)),
                _ => beside
                    .iter()
                    .rev()
                    .enumerate()
                    .for_each(|(row, pixel)| put(row * width + x, *pixel)),
            }
            first = first.wrapping_add_signed(step);
        }
    }
}

/// As Pillow's `convert("L")`: ITU-R 601-2 in fixed point.
fn luma([red, green, blue]: [u8; 3]) -> u8 {
    let sum = u32::from(red) * 19_595 + u32::from(green) * 38_470 + u32::from(blue) * 7_471;
    u8::try_from((sum + 0x8000) >> 16).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::orientation::Orientation;

    /// As many pixels as rows and columns ask for, numbered in their red.
    fn numbered(orientation: u16, width: u32, height: u32) -> Picture {
        Picture {
            width,
            height,
            rgb: (0..width * height)
                .flat_map(|n| [(n % 251) as u8, 0, 0])
                .collect(),
            orientation: Orientation::tagged(orientation),
        }
    }

    fn seen(picture: &Picture) -> Vec<Vec<u8>> {
        let mut rows = picture.rows::<3>();
        let mut row = |y| rows.row(y).iter().step_by(3).copied().collect();
        (0..picture.size().1 as usize).map(&mut row).collect()
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
            assert_eq!(
                seen(&numbered(orientation, 3, 2)),
                expected,
                "{orientation}"
            );
        }
        assert_eq!(seen(&numbered(9, 3, 2)), expected[0]);
        assert_eq!(seen(&numbered(0, 3, 2)), expected[0]);
    }

    /// More columns than are read together, asked for in any order.
    #[test]
    fn rows_that_are_read_together_are_those_that_are_read_alone() {
        for orientation in 5..=8 {
            let picture = numbered(orientation, 37, 5);
            let whole = seen(&picture);
            let mut rows = picture.rows::<3>();
            for y in [36, 0, 15, 16, 3, 20, 36, 35, 17] {
                let row: Vec<u8> = rows.row(y).iter().step_by(3).copied().collect();
                assert_eq!(row, whole[y], "{orientation} {y}");
            }
            assert_eq!(picture.rows::<1>().row(36).len(), 5);
        }
    }

    #[test]
    fn luma_keeps_grey_and_weighs_colours_as_pillow_does() {
        for grey in 0..=255 {
            assert_eq!(luma([grey; 3]), grey);
        }
        let colours = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [12, 200, 90]];
        assert_eq!(colours.map(luma), [76, 150, 29, 131]);
    }
}
