//! ONNX through tract: load a file, read its signature, run it; the only folder that names tract.
//! Must not know requests, plugins or batching.

mod bound;
mod branch;
mod convert;
mod decided;
mod external;
mod file;
mod fuse;
mod kernel;
mod load;
mod lookup;
mod ops;
mod output;
mod plan;
mod region;
mod rewrite;
mod run;
mod sizes;
mod support;
mod threads;
mod trial;
mod zip_map;

pub use file::File;
pub use plan::PlanCost;

use self::plan::{Plans, Recipe};
use super::signature::{Dim, Mismatch, Port, Signature};
use crate::tensor::NamedTensor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tract_onnx::prelude::TractResult;
use tract_onnx::tract_core::ops::source::TypedSource;

/// Why a model does not load or does not answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The file is no model that can be served.
    #[error("cannot load the model: {0}")]
    Load(String),
    /// The inputs do not fit the signature.
    #[error(transparent)]
    Input(#[from] Mismatch),
    /// The engine failed on inputs that fit the signature.
    #[error("the model failed: {0}")]
    Run(String),
    /// An output holds NaN or infinity.
    #[error("the model's output `{0}` is not finite")]
    NonFinite(String),
}

/// A loaded ONNX model. Runs from any number of threads; remembers nothing between runs.
pub struct Model {
    signature: Signature,
    plans: Plans,
    fusion: Fusion,
}

/// How much of a model runs in operators that stand for several of the file's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fusion {
    /// How many such operators there are.
    pub operators: usize,
    /// Why there are none, where there could be some.
    pub left_out: Option<String>,
}

impl Model {
    /// Analyses and plans a model.
    pub fn load(file: File) -> Result<Model, Error> {
        contained(|| load::load(file)).map_err(Error::Load)
    }

    /// As [`Model::load`], with every operator of the file run on its own.
    pub fn load_unfused(file: File) -> Result<Model, Error> {
        contained(|| load::load_unfused(file)).map_err(Error::Load)
    }

    /// What it takes and gives.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// How it is planned: `symbolic`, `per shape` or `per value`.
    pub fn plan_kind(&self) -> &'static str {
        match self.plans.recipe {
            Recipe::Whole(_) | Recipe::Symbolic(_) => "symbolic",
            Recipe::PerShape(_) => "per shape",
            Recipe::PerValue(..) => "per value",
        }
    }

    /// How much of it is fused.
    pub fn fusion(&self) -> &Fusion {
        &self.fusion
    }

    /// How many operators run, one after the other, on inputs like these.
    pub fn operators(&self, inputs: Vec<NamedTensor>) -> Result<usize, Error> {
        let mut inputs = self.signature.arrange(inputs)?;
        let case = self.plans.case(&mut inputs);
        let plan = self.plans.get(case).map_err(Error::Run)?;
        let is_source = |id: &&usize| plan.model().node(**id).op_is::<TypedSource>();
        let order = plan.order_without_consts().iter();
        Ok(order.filter(|id| !is_source(id)).count())
    }

    /// What a plan for new shapes costs.
    pub fn plan_cost(&self) -> PlanCost {
        self.plans.cost()
    }

    /// Inputs of these numbers of rows and of what else is open, the same each time; none where there is nothing to make them of.
    pub fn made_up(&self, rows: usize, size: usize) -> Option<Vec<NamedTensor>> {
        let open = |axis, _: &Dim| if axis == 0 { rows } else { size };
        let shape = |port: &Port| port.sized(open);
        let shapes: Option<Vec<Vec<usize>>> = self.signature.inputs.iter().map(shape).collect();
        self.made_up_as(&shapes?)
    }

    /// As [`Model::made_up`], with inputs of these shapes.
    pub fn made_up_as(&self, shapes: &[Vec<usize>]) -> Option<Vec<NamedTensor>> {
        trial::made(&self.signature, shapes)
    }

    /// Runs the model once. `inputs` in any order; outputs in the file's order.
    pub fn run(&self, inputs: Vec<NamedTensor>) -> Result<Vec<NamedTensor>, Error> {
        self.run_arranged(self.signature.arrange(inputs)?, 1)
    }

    /// As [`Model::run`], on inputs as [`Signature::arrange`] gives them, on so many `threads` where that helps.
    pub fn run_arranged(
        &self,
        mut inputs: Vec<NamedTensor>,
        threads: usize,
    ) -> Result<Vec<NamedTensor>, Error> {
        let case = self.plans.case(&mut inputs);
        let plan = self.plans.get(case).map_err(Error::Run)?;
        let outputs = contained(|| threads::on(threads, || run::run(&plan, inputs)));
        let outputs = outputs.map_err(Error::Run)?;
        outputs
            .into_iter()
            .zip(&self.signature.outputs)
            .map(|(tensor, port)| match tensor.first_non_finite() {
                Some(_) => Err(Error::NonFinite(port.name.clone())),
                None => Ok(NamedTensor {
                    name: port.name.clone(),
                    tensor,
                }),
            })
            .collect()
    }
}

/// tract panics on some files and inputs; here a panic is an error like any other, which says that it was one.
fn contained<T>(run: impl FnOnce() -> TractResult<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(format!("{error:#}")),
        Err(panic) => Err(run::said(&*panic)),
    }
}
