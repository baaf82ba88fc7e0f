//! Places in a text, from bytes to characters.
//! Knows no tokens.

/// Counts the characters (Unicode code points) before a place. Places near the last one cost little.
#[derive(Debug)]
pub(crate) struct Characters<'a> {
    text: &'a str,
    byte: usize,
    count: usize,
}

impl<'a> Characters<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let (byte, count) = (0, 0);
        Self { text, byte, count }
    }

    /// How many characters there are before `byte`; `None` where that is not between two of them.
    pub(crate) fn before(&mut self, byte: usize) -> Option<usize> {
        let count = |from: usize, to: usize| Some(self.text.get(from..to)?.chars().count());
        self.count = match byte >= self.byte {
            true => self.count + count(self.byte, byte)?,
            false => self.count - count(byte, self.byte)?,
        };
        self.byte = byte;
        Some(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_characters_forth_and_back() {
        let mut characters = Characters::new("aé😀z");
        let places = [(0, 0), (3, 2), (7, 3), (8, 4), (1, 1), (7, 3), (0, 0)];
        for (byte, count) in places {
            assert_eq!(characters.before(byte), Some(count), "{byte}");
        }
    }

    #[test]
    fn what_is_no_place_has_no_count() {
        let mut characters = Characters::new("aé");
        assert_eq!(characters.before(2), None);
        assert_eq!(characters.before(4), None);
        assert_eq!(characters.before(3), Some(2));
    }
}
