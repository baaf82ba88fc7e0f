//! Decision trees: read from a node's attributes, walked down to a leaf.
//! Must not know what leaves are worth together.

use std::collections::HashMap;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

#[derive(Debug, Clone, Copy)]
enum Test {
    Leq,
    Lt,
    Gte,
    Gt,
    Eq,
    Neq,
}

#[derive(Debug)]
enum Place {
    Branch {
        column: usize,
        test: Test,
        value: f32,
        missing_is_true: bool,
        yes: usize,
        no: usize,
    },
    /// Classes or targets with what they weigh.
    Leaf(Vec<(usize, f32)>),
}

/// The trees of one ensemble.
#[derive(Debug)]
pub(super) struct Forest {
    places: Vec<Place>,
    roots: Vec<usize>,
    columns: usize,
}

impl Forest {
    /// The trees of `node`, whose leaves' attributes begin with `leaf`.
    pub(super) fn of(node: &NodeProto, leaf: &str) -> TractResult<Forest> {
        for attribute in &node.attribute {
            ensure!(
                !attribute.name.ends_with("_as_tensor"),
                "its `{}` is not supported; export it with 32-bit weights",
                attribute.name
            );
        }
        let numbers = |name: &str| node.get_attr_vec::<i64>(name);
        let (trees, ids) = (numbers("nodes_treeids")?, numbers("nodes_nodeids")?);
        let columns = numbers("nodes_featureids")?;
        let (yes, no) = (
            numbers("nodes_truenodeids")?,
            numbers("nodes_falsenodeids")?,
        );
        let values: Vec<f32> = node.get_attr_vec("nodes_values")?;
        let modes: Vec<&str> = node.get_attr_vec("nodes_modes")?;
        let missing: Vec<i64> = node
            .get_attr_opt_vec("nodes_missing_value_tracks_true")?
            .unwrap_or_default();
        let count = trees.len();
        let lengths = [
            ids.len(),
            columns.len(),
            yes.len(),
            no.len(),
            values.len(),
            modes.len(),
        ];
        ensure!(
            lengths.iter().all(|length| *length == count) && count > 0,
            "its lists of nodes differ in length"
        );
        let mut index = HashMap::new();
        let mut roots = Vec::new();
        for at in 0..count {
            if at == 0 || trees[at] != trees[at - 1] {
                roots.push(at);
            }
            let twice = index.insert((trees[at], ids[at]), at);
            ensure!(
                twice.is_none(),
                "its node {} of tree {} is there twice",
                ids[at],
                trees[at]
            );
        }
        let find = |tree: i64, id: i64| {
            let found = index.get(&(tree, id)).copied();
            found.with_context(|| format!("its tree {tree} has no node {id}"))
        };
        let mut places = Vec::new();
        for at in 0..count {
            let test = match modes[at] {
                "LEAF" => {
                    places.push(Place::Leaf(Vec::new()));
                    continue;
                }
                "BRANCH_LEQ" => Test::Leq,
                "BRANCH_LT" => Test::Lt,
                "BRANCH_GTE" => Test::Gte,
                "BRANCH_GT" => Test::Gt,
                "BRANCH_EQ" => Test::Eq,
                "BRANCH_NEQ" => Test::Neq,
                other => bail!("its node mode `{other}` is not supported"),
            };
            places.push(Place::Branch {
                column: usize::try_from(columns[at]).context("a column is negative")?,
                test,
                value: values[at],
                missing_is_true: missing.get(at) == Some(&1),
                yes: find(trees[at], yes[at])?,
                no: find(trees[at], no[at])?,
            });
        }
        let list = |part: &str| numbers(&format!("{leaf}_{part}"));
        let (trees, ids, classes) = (list("treeids")?, list("nodeids")?, list("ids")?);
        let weights: Vec<f32> = node.get_attr_vec(&format!("{leaf}_weights"))?;
        ensure!(
            [ids.len(), classes.len(), weights.len()] == [trees.len(); 3],
            "its lists of leaves differ in length"
        );
        for (at, weight) in weights.into_iter().enumerate() {
            let class = usize::try_from(classes[at]).context("a class is negative")?;
            // onnxruntime leaves out what is said of a node that is no leaf.
            if let Place::Leaf(leaf) = &mut places[find(trees[at], ids[at])?] {
                leaf.push((class, weight));
            }
        }
        let forest = Forest {
            columns: columns.iter().max().map_or(0, |most| *most as usize + 1),
            places,
            roots,
        };
        ensure!(forest.ends(), "its trees run in a circle");
        Ok(forest)
    }

    /// Whether every way down comes to a leaf: each place has one way to it at most, and roots none.
    fn ends(&self) -> bool {
        let mut reached = vec![false; self.places.len()];
        let mut open: Vec<usize> = self.roots.clone();
        while let Some(at) = open.pop() {
            if std::mem::replace(&mut reached[at], true) {
                return false;
            }
            if let Place::Branch { yes, no, .. } = &self.places[at] {
                open.extend([*yes, *no]);
            }
        }
        true
    }

    /// What each leaf that `row` comes to says, tree by tree.
    pub(super) fn leaves(&self, row: &[f32]) -> TractResult<Vec<&[(usize, f32)]>> {
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
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, f32)> {
        self.places.iter().flat_map(|place| match place {
            Place::Leaf(leaf) => leaf.clone(),
            Place::Branch { .. } => Vec::new(),
        })
    }

    fn leaf(&self, mut at: usize, row: &[f32]) -> &[(usize, f32)] {
        loop {
            match &self.places[at] {
                Place::Leaf(leaf) => return leaf,
                Place::Branch {
                    column,
                    test,
                    value,
                    missing_is_true,
                    yes,
                    no,
                } => {
                    let given = row[*column];
                    let holds = match test {
                        Test::Leq => given <= *value,
                        Test::Lt => given < *value,
                        Test::Gte => given >= *value,
                        Test::Gt => given > *value,
                        Test::Eq => given == *value,
                        Test::Neq => given != *value,
                    };
                    let holds = holds || (*missing_is_true && given.is_nan());
                    at = if holds { *yes } else { *no };
                }
            }
        }
    }
}
