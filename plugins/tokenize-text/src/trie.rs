//! Which pieces of a vocabulary begin at a place in a text: a trie in flat lists.
//! Knows no scores. A quarter of a million pieces take about ten megabytes, where a tree of maps takes hundreds.

/// Nodes in the order of their depth; the children of a node lie together, ordered by their byte.
#[derive(Debug, Default)]
pub(crate) struct Trie {
    /// The byte that leads to the node. The root's means nothing.
    bytes: Vec<u8>,
    /// Where the children of the node begin; they end where those of the next node begin.
    children: Vec<u32>,
    /// The piece that ends at the node, or [`NONE`].
    pieces: Vec<u32>,
}

const NONE: u32 = u32::MAX;
const ROOT: u32 = 0;

impl Trie {
    /// Of the pieces numbered 0 to `pieces`, each as `bytes_of` gives it. Of two equal ones the last counts.
    pub(crate) fn new<'a>(pieces: u32, bytes_of: impl Fn(u32) -> &'a [u8]) -> Self {
        let mut sorted: Vec<u32> = (0..pieces).collect();
        sorted.sort_by_key(|id| (bytes_of(*id), *id));
        let mut trie = Self::default();
        trie.push(0);
        // Of each node that has no children yet: which of the sorted pieces go through it. All of one depth at once.
        let mut level = vec![(0, sorted.len())];
        let mut depth = 0;
        while !level.is_empty() {
            let mut next = Vec::new();
            let first_of_level = trie.bytes.len() - level.len();
            for (offset, (mut from, to)) in level.into_iter().enumerate() {
                let node = first_of_level + offset;
                while from < to && bytes_of(sorted[from]).len() == depth {
                    trie.pieces[node] = sorted[from];
                    from += 1;
                }
                trie.children[node] = index(trie.bytes.len());
                while from < to {
                    let byte = bytes_of(sorted[from])[depth];
                    let same = sorted[from..to].partition_point(|id| bytes_of(*id)[depth] == byte);
                    trie.push(byte);
                    next.push((from, from + same));
                    from += same;
                }
            }
            level = next;
            depth += 1;
        }
        // The children of the last node end here.
        trie.children.push(index(trie.bytes.len()));
        trie
    }

    fn push(&mut self, byte: u8) {
        self.bytes.push(byte);
        self.children.push(0);
        self.pieces.push(NONE);
    }

    fn child(&self, node: u32, byte: u8) -> Option<u32> {
        let from = self.children[node as usize];
        let to = self.children[node as usize + 1];
        let among = &self.bytes[from as usize..to as usize];
        let at = among.binary_search(&byte).ok()?;
        Some(from + index(at))
    }

    /// Every piece that `text` begins with, shortest first: its length and its number.
    pub(crate) fn prefixes<'a>(
        &'a self,
        text: &'a [u8],
    ) -> impl Iterator<Item = (usize, u32)> + 'a {
        let mut node = Some(ROOT);
        text.iter()
            .enumerate()
            .map_while(move |(at, byte)| {
                node = self.child(node?, *byte);
                Some((at + 1, self.pieces[node? as usize]))
            })
            .filter(|(_, piece)| *piece != NONE)
    }

    /// The piece that is the whole of `text`.
    pub(crate) fn get(&self, text: &[u8]) -> Option<u32> {
        let node = text
            .iter()
            .try_fold(ROOT, |node, byte| self.child(node, *byte))?;
        Some(self.pieces[node as usize]).filter(|piece| *piece != NONE)
    }
}

fn index(at: usize) -> u32 {
    u32::try_from(at).expect("a vocabulary's bytes are counted by 32 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIECES: [&str; 7] = ["a", "", "abc", "b", "ab", "é", "ab"];

    fn trie() -> Trie {
        Trie::new(7, |id| PIECES[id as usize].as_bytes())
    }

    #[test]
    fn the_pieces_that_a_text_begins_with_come_shortest_first() {
        let found: Vec<_> = trie().prefixes(b"abcd").collect();
        assert_eq!(found, [(1, 0), (2, 6), (3, 2)]);
        assert_eq!(trie().prefixes(b"xab").count(), 0);
        assert_eq!(trie().prefixes(b"").count(), 0);
    }

    #[test]
    fn a_whole_piece_is_found_and_a_part_of_one_is_not() {
        assert_eq!(trie().get("é".as_bytes()), Some(5));
        assert_eq!(trie().get(&"é".as_bytes()[..1]), None);
        assert_eq!(trie().get(b"ab"), Some(6));
        assert_eq!(trie().get(b"abd"), None);
    }

    #[test]
    fn a_vocabulary_without_pieces_finds_nothing() {
        let empty = Trie::new(0, |_| unreachable!());
        assert_eq!(empty.get(b"a"), None);
    }
}
