//! ONNX through tract: load a file, read its signature, run it; the only folder that names tract.
//! Must not know requests, plugins or batching.

mod bound;
mod branch;
mod convert;
mod decided;
mod external;
mod file;
mod kernel;
mod lookup;
mod ops;
mod plan;
mod rewrite;
mod run;
mod sizes;
mod support;
mod zip_map;

pub use file::File;

use self::convert::{from_tract, to_tract};
use self::plan::{Case, Plans, Recipe};
use super::signature::{Dim, Mismatch, Port, Signature};
use crate::tensor::NamedTensor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tract_onnx::pb::GraphProto;
use tract_onnx::prelude::{IntoTValue, TVec, TractError, TractResult};

/// Sizes of open dims that a load tries, until one can be planned: some files need more than 1,
/// and some image models exactly the size that they were trained with.
const PROBES: [usize; 7] = [1, 2, 16, 64, 224, 256, 384];

/// No more sizes are tried than these.
const MOST_PROBES: usize = 16;

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
}

impl Model {
    /// Analyses and plans a model.
    pub fn load(file: File) -> Result<Model, Error> {
        contained(|| load(file)).map_err(Error::Load)
    }

    /// What it takes and gives.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// How it is planned: `symbolic`, `per shape` or `per value`.
    pub fn plan_kind(&self) -> &'static str {
        match self.plans.recipe {
            Recipe::Symbolic(_) => "symbolic",
            Recipe::PerShape(_) => "per shape",
            Recipe::PerValue(..) => "per value",
        }
    }

    /// Runs the model once. `inputs` in any order; outputs in the file's order.
    pub fn run(&self, inputs: Vec<NamedTensor>) -> Result<Vec<NamedTensor>, Error> {
        let mut inputs = self.signature.arrange(inputs)?;
        let case = self.plans.case(&mut inputs);
        let plan = self.plans.get(case).map_err(Error::Run)?;
        let outputs = contained(|| {
            let values = inputs
                .into_iter()
                .map(|input| Ok(to_tract(input.tensor)?.into_tvalue()))
                .collect::<TractResult<TVec<_>>>()?;
            let outputs = run::run(&plan, values)?;
            outputs
                .iter()
                .map(|value| from_tract(value))
                .collect::<TractResult<Vec<_>>>()
        })
        .map_err(Error::Run)?;
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

    /// Plans for some size: what this file cannot do at any is said at load, not at the first request.
    /// Gives whether shapes are left that only a run decides.
    fn probe(&self, sizes: &[usize], known: &[Vec<Option<usize>>]) -> Result<bool, String> {
        let mut outcome = Ok(false);
        for size in sizes {
            outcome = self.plans.leaves_open(self.shapes_at(*size, known));
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    /// The shapes of the inputs with every open dim at `size`, but for those that are `known`.
    fn shapes_at(&self, size: usize, known: &[Vec<Option<usize>>]) -> Case {
        let dims = |(index, port): (usize, &Port)| {
            let shape = port.shape.iter().flatten().enumerate();
            let known = |axis: usize| *known.get(index)?.get(axis)?;
            let dim = |(axis, dim): (usize, &Dim)| match dim {
                Dim::Fixed(fixed) => *fixed,
                Dim::Symbol(_) | Dim::Any if known(axis).is_some() => known(axis).unwrap_or(size),
                // A batch of large pictures would only cost time.
                Dim::Symbol(_) | Dim::Any if axis == 0 && size > 64 => 1,
                Dim::Symbol(_) | Dim::Any => size,
            };
            shape.map(dim).collect()
        };
        Case {
            shapes: self.signature.inputs.iter().enumerate().map(dims).collect(),
            values: Vec::new(),
        }
    }
}

fn load(file: File) -> TractResult<Model> {
    let File {
        signature,
        mut proto,
        missing,
    } = file;
    if let Some(missing) = missing.first() {
        return Err(TractError::msg(format!(
            "its weights lie in `{missing}`, which is not there"
        )));
    }
    if let Some(refusal) = support::refusal(&proto) {
        return Err(TractError::msg(refusal));
    }
    proto.graph.iter_mut().for_each(rewrite::rewrite);
    let proto = Arc::new(proto);
    let graph = proto.graph.as_ref();
    let symbolic = AssertUnwindSafe(|| plan::typed(&proto, None)?.into_decluttered());
    let symbolic = match catch_unwind(symbolic) {
        Ok(Ok(model)) if !graph.is_some_and(support::keeps_symbols) => {
            Some(Recipe::Symbolic(model))
        }
        _ => None,
    };
    // Asked only where the symbolic plan fails.
    let per_shape = std::iter::once_with(|| {
        let chooses = graph.is_some_and(bound::chooses);
        (!chooses).then(|| Recipe::PerShape(proto.clone()))
    });
    let mut model = Model {
        signature,
        plans: Plans::new(Recipe::PerShape(proto.clone())),
    };
    let sizes = graph.map_or(PROBES.to_vec(), sizes);
    let mut reason = String::new();
    for recipe in symbolic.into_iter().chain(per_shape.flatten()) {
        let known = match recipe {
            Recipe::PerShape(_) => contained(|| plan::known(&proto)).unwrap_or_default(),
            Recipe::Symbolic(_) | Recipe::PerValue(..) => Vec::new(),
        };
        model.plans = Plans::new(recipe);
        match model.probe(&sizes, &known) {
            // What is open here is not in a plan for each of the values.
            Ok(true) if graph.is_some_and(bound::slices) => (),
            Ok(_) => return Ok(model),
            Err(why) => reason = why,
        }
    }
    let deciding = graph.map(bound::deciding).unwrap_or_default();
    if deciding.is_empty() {
        return Err(TractError::msg(reason));
    }
    // Which plan there is depends on values that only requests bring.
    model.plans = Plans::new(Recipe::PerValue(proto, deciding));
    Ok(model)
}

/// [`PROBES`], and the sizes of the matrices in the file: a product may leave open what only its weights decide.
fn sizes(graph: &GraphProto) -> Vec<usize> {
    let mut sizes = PROBES.to_vec();
    let matrices = graph.initializer.iter().filter(|it| it.dims.len() == 2);
    for dim in matrices.flat_map(|matrix| &matrix.dims) {
        let size = usize::try_from(*dim).ok();
        sizes.extend(size.filter(|size| sizes.len() < MOST_PROBES && !sizes.contains(size)));
    }
    sizes
}

/// tract panics on some files and inputs; here a panic is an error like any other, which says that it was one.
fn contained<T>(run: impl FnOnce() -> TractResult<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(format!("{error:#}")),
        Err(panic) => Err(run::said(&*panic)),
    }
}
