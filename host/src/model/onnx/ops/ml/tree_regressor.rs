//! TreeEnsembleRegressor, and what TreeEnsemble makes of its leaves.
//! Must not know how a tree is walked.

use super::rows::Rows;
use super::transform::Transform;
use super::tree::Forest;
use super::tree_ids;
use crate::model::onnx::kernel::{Built, Kernel, operator, required};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

#[derive(Debug)]
pub(super) enum Aggregate {
    Sum,
    Average,
    Min,
    Max,
}

/// Leaves that are worth something for targets.
#[derive(Debug)]
pub(super) struct Regressor {
    pub(super) forest: Forest,
    pub(super) base: Vec<f64>,
    pub(super) targets: usize,
    pub(super) aggregate: Aggregate,
    pub(super) transform: Transform,
}

pub(in crate::model::onnx::ops) fn tree_ensemble_regressor(
    _context: &ParsingContext,
    node: &NodeProto,
) -> Built {
    let name: Option<&str> = node.get_attr_opt("aggregate_function")?;
    let aggregate = match name.unwrap_or("SUM") {
        "SUM" => Aggregate::Sum,
        "AVERAGE" => Aggregate::Average,
        "MIN" => Aggregate::Min,
        "MAX" => Aggregate::Max,
        other => bail!("its aggregate_function `{other}` is not supported"),
    };
    let base: Option<Vec<f32>> = node.get_attr_opt_vec("base_values")?;
    let base = base.into_iter().flatten().map(f64::from).collect();
    let targets: i64 = node.get_attr_opt("n_targets")?.unwrap_or(1);
    let regressor = Regressor {
        forest: tree_ids::forest(node, "target")?,
        base,
        targets: usize::try_from(targets).context("n_targets is negative")?,
        aggregate,
        transform: Transform::of(node)?,
    };
    regressor.check()?;
    operator(node, regressor)
}

impl Regressor {
    /// Refuses targets that are not there.
    pub(super) fn check(&self) -> TractResult<()> {
        ensure!(
            self.forest.all().all(|(target, _)| target < self.targets),
            "a leaf names a target that is not there"
        );
        ensure!(
            self.base.is_empty() || self.base.len() == self.targets,
            "its base_values do not fit its targets"
        );
        Ok(())
    }

    /// What each row of `input` is worth.
    pub(super) fn scores(&self, input: &Tensor) -> TractResult<Tensor> {
        let rows = Rows::exact(input)?;
        let mut values = Vec::new();
        for row in rows.iter() {
            values.extend(self.of_row(row)?);
        }
        Tensor::from_shape(&[rows.count, self.targets], &values)
    }

    fn of_row(&self, row: &[f64]) -> TractResult<Vec<f64>> {
        let mut totals: Vec<Option<f64>> = vec![None; self.targets];
        let leaves = self.forest.leaves(row)?;
        for (target, weight) in leaves.iter().copied().flatten() {
            let total = &mut totals[*target];
            *total = Some(match (&self.aggregate, *total) {
                (_, None) => *weight,
                (Aggregate::Sum | Aggregate::Average, Some(total)) => total + weight,
                (Aggregate::Min, Some(total)) => total.min(*weight),
                (Aggregate::Max, Some(total)) => total.max(*weight),
            });
        }
        let trees = match self.aggregate {
            Aggregate::Average => leaves.len() as f64,
            _ => 1.0,
        };
        let base = |at| self.base.get(at).copied().unwrap_or(0.0);
        let totals = totals.into_iter().enumerate();
        let mut scores: Vec<f64> = totals
            .map(|(at, total)| total.unwrap_or(0.0) / trees + base(at))
            .collect();
        self.transform.apply(&mut scores);
        Ok(scores)
    }
}

impl Kernel for Regressor {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let count = Rows::count_in(required(inputs, 0)?);
        Ok(vec![f32::fact(&[count, self.targets.to_dim()])])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let scores = self.scores(required(inputs, 0)?)?;
        Ok(vec![scores.cast_to::<f32>()?.into_owned()])
    }
}
