//! From a file to a model: what is refused, what is fused, and which recipe for plans works.
//! Must not know how operators are computed.

use super::plan::{self, Case, Plans, Recipe};
use super::{File, Fusion, Model, bound, contained, fuse, rewrite, support, trial};
use crate::model::signature::{Dim, Port, Signature};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tract_onnx::pb::{GraphProto, ModelProto};
use tract_onnx::prelude::{TractError, TractResult};

/// Sizes of open dims that a load tries, until one can be planned: some files need more than 1,
/// and some image models exactly the size that they were trained with.
const PROBES: [usize; 7] = [1, 2, 16, 64, 224, 256, 384];

/// No more sizes are tried than these.
const MOST_PROBES: usize = 16;

/// What is known of each dim of each input.
type Known = Vec<Vec<Option<usize>>>;

/// The model in `file`, fused where that answers as the file's own operators do.
pub(super) fn load(file: File) -> TractResult<Model> {
    let (signature, mut proto) = prepared(file)?;
    let sizes = proto.graph.as_ref().map_or(PROBES.to_vec(), sizes);
    let Some(graph) = &mut proto.graph else {
        return planned(signature, Arc::new(proto), &sizes);
    };
    let rounds = rounds(graph);
    let nodes = graph.node.clone();
    let operators = fuse::fuse(graph);
    // Where most of the time goes into convolutions, it is not worth to analyse the file twice.
    let convolutions = nodes.iter().filter(|node| node.op_type == "Conv").count();
    if operators <= convolutions {
        graph.node = nodes;
        return planned(signature, Arc::new(proto), &sizes);
    }
    let proto = Arc::new(proto);
    let fused = contained(|| tried(signature.clone(), proto.clone(), &sizes));
    let mut proto = Arc::unwrap_or_clone(proto);
    if let Some(graph) = &mut proto.graph {
        graph.node = nodes;
    }
    let proto = Arc::new(proto);
    let left_out = match fused {
        Err(why) => why,
        Ok((mut fused, known)) => {
            fused.plans = fused.plans.widened().joined();
            let cases = sizes.iter().map(|size| fused.shapes_at(*size, &known));
            match trial::disagreement(&fused, &proto, cases, rounds) {
                Some(why) => why,
                None => {
                    fused.fusion.operators = operators;
                    return Ok(fused);
                }
            }
        }
    };
    let mut plain = planned(signature, proto, &sizes)?;
    plain.fusion.left_out = Some(left_out);
    Ok(plain)
}

/// The model in `file`, every operator on its own.
pub(super) fn load_unfused(file: File) -> TractResult<Model> {
    let (signature, proto) = prepared(file)?;
    let sizes = proto.graph.as_ref().map_or(PROBES.to_vec(), sizes);
    planned(signature, Arc::new(proto), &sizes)
}

fn prepared(file: File) -> TractResult<(Signature, ModelProto)> {
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
    proto.graph.iter_mut().for_each(fuse::attend);
    proto.graph.iter_mut().for_each(rewrite::rewrite);
    Ok((signature, proto))
}

/// Whether numbers are rounded between operators, so that the least difference before may be a large one after.
fn rounds(graph: &GraphProto) -> bool {
    let quantises = |name: &str| name.ends_with("QuantizeLinear");
    graph.node.iter().any(|node| quantises(&node.op_type))
}

fn planned(signature: Signature, proto: Arc<ModelProto>, sizes: &[usize]) -> TractResult<Model> {
    Ok(tried(signature, proto, sizes)?.0)
}

/// A model, and what its file itself says of open dims.
fn tried(
    signature: Signature,
    proto: Arc<ModelProto>,
    sizes: &[usize],
) -> TractResult<(Model, Known)> {
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
        fusion: Fusion::default(),
    };
    let mut reason = String::new();
    for recipe in symbolic.into_iter().chain(per_shape.flatten()) {
        let known = match recipe {
            Recipe::PerShape(_) => contained(|| plan::known(&proto)).unwrap_or_default(),
            Recipe::Whole(_) | Recipe::Symbolic(_) | Recipe::PerValue(..) => Vec::new(),
        };
        model.plans = Plans::new(recipe);
        match model.probe(sizes, &known) {
            // What is open here is not in a plan for each of the values.
            Ok(true) if graph.is_some_and(bound::slices) => (),
            Ok(_) => return Ok((model, known)),
            Err(why) => reason = why,
        }
    }
    let deciding = graph.map(bound::deciding).unwrap_or_default();
    if deciding.is_empty() {
        return Err(TractError::msg(reason));
    }
    // Which plan there is depends on values that only requests bring.
    model.plans = Plans::new(Recipe::PerValue(proto, deciding));
    Ok((model, Known::new()))
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

impl Model {
    /// Plans for some size: what this file cannot do at any is said at load, not at the first request.
    /// Gives whether shapes are left that only a run decides.
    fn probe(&self, sizes: &[usize], known: &Known) -> Result<bool, String> {
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
    fn shapes_at(&self, size: usize, known: &Known) -> Case {
        let dims = |(index, port): (usize, &Port)| {
            let known = |axis: usize| *known.get(index)?.get(axis)?;
            // A batch of large pictures would only cost time.
            let fitting = |axis| if axis == 0 && size > 64 { 1 } else { size };
            let open = |axis, _: &Dim| known(axis).unwrap_or_else(|| fitting(axis));
            port.sized(open).unwrap_or_default()
        };
        Case {
            shapes: self.signature.inputs.iter().enumerate().map(dims).collect(),
            values: Vec::new(),
        }
    }
}
