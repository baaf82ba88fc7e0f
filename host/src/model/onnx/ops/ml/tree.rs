//! Decision trees: walked down to a leaf.
//! Must not know how an operator writes them down, or what leaves are worth together.

use tract_onnx::tract_hir::internal::*;

/// What a branch asks of a number.
#[derive(Debug)]
pub(super) enum Test {
    Leq(f64),
    Lt(f64),
    Gte(f64),
    Gt(f64),
    Eq(f64),
    Neq(f64),
    Member(Vec<f64>),
}

impl Test {
    fn holds(&self, given: f64) -> bool {
        match self {
            Test::Leq(value) => given <= *value,
            Test::Lt(value) => given < *value,
            Test::Gte(value) => given >= *value,
            Test::Gt(value) => given > *value,
            Test::Eq(value) => given == *value,
            Test::Neq(value) => given != *value,
            Test::Member(values) => values.contains(&given),
        }
    }
}

#[derive(Debug)]
pub(super) enum Place {
    Branch {
        column: usize,
        test: Test,
        missing_is_true: bool,
        yes: usize,
        no: usize,
    },
    /// Classes or targets with what they weigh.
    Leaf(Vec<(usize, f64)>),
}

/// The trees of one ensemble.
#[derive(Debug)]
pub(super) struct Forest {
    // Invariant: every way down from a root comes to a leaf.
    places: Vec<Place>,
    roots: Vec<usize>,
    columns: usize,
}

impl Forest {
    /// The trees that begin at `roots` and go on as `places` say, by their indices.
    pub(super) fn new(places: Vec<Place>, roots: Vec<usize>) -> TractResult<Forest> {
        let column = |place: &Place| match place {
            Place::Branch { column, .. } => column + 1,
            Place::Leaf(_) => 0,
        };
        let forest = Forest {
            columns: places.iter().map(column).max().unwrap_or(0),
            places,
            roots,
        };
        ensure!(!forest.roots.is_empty(), "it has no trees");
        ensure!(forest.ends(), "its trees run in a circle");
        Ok(forest)
    }

    /// Whether every way down comes to a leaf. Two ways may lead to one place: converters write
    /// a set of values as tests in a row whose yes is the same.
    fn ends(&self) -> bool {
        #[derive(Clone, Copy)]
        enum Seen {
            Never,
            Above,
            Done,
        }
        let mut seen = vec![Seen::Never; self.places.len()];
        let mut open: Vec<(usize, bool)> = self.roots.iter().map(|root| (*root, false)).collect();
        while let Some((at, is_left)) = open.pop() {
            if is_left {
                seen[at] = Seen::Done;
                continue;
            }
            match (seen[at], &self.places[at]) {
                (Seen::Above, _) => return false,
                (Seen::Never, Place::Branch { yes, no, .. }) => {
                    seen[at] = Seen::Above;
                    open.extend([(at, true), (*yes, false), (*no, false)]);
                }
                (Seen::Never, Place::Leaf(_)) | (Seen::Done, _) => (),
            }
        }
        true
    }

    /// What each leaf that `row` comes to says, tree by tree.
    pub(super) fn leaves(&self, row: &[f64]) -> TractResult<Vec<&[(usize, f64)]>> {
        ensure!(
            row.len() >= self.columns,
            "{} columns instead of {}",
            row.len(),
            self.columns
        );
        Ok(self
            .roots
            .iter()
            .map(|root| self.leaf(*root, row))
            .collect())
    }

    /// Everything that leaves say.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, f64)> {
        self.places.iter().flat_map(|place| match place {
            Place::Leaf(leaf) => leaf.clone(),
            Place::Branch { .. } => Vec::new(),
        })
    }

    fn leaf(&self, mut at: usize, row: &[f64]) -> &[(usize, f64)] {
        loop {
            match &self.places[at] {
                Place::Leaf(leaf) => return leaf,
                Place::Branch {
                    column,
                    test,
                    missing_is_true,
                    yes,
                    no,
                } => {
                    let given = row[*column];
                    let holds = test.holds(given) || (*missing_is_true && given.is_nan());
                    at = if holds { *yes } else { *no };
                }
            }
        }
    }
}
