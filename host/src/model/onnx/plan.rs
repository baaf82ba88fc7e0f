//! Plans: a model made ready for inputs of known shapes.
//! Must not know signatures or where tensors come from.

use super::{bound, branch, contained, ops, region, sizes};
use crate::tensor::NamedTensor;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tract_onnx::pb;
use tract_onnx::prelude::{
    Framework, InferenceFact, InferenceModel, InferenceModelExt, IntoRunnable, Symbol, TDim,
    TractError, TractResult, TypedModel, TypedNode, TypedSimplePlan,
};
use tract_onnx::tract_core::ops::array::Pad;
use tract_onnx::tract_core::ops::cnn::{Conv, Deconv, MaxPool, SumPool};
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::scan::Scan;
use tract_onnx::tract_hir::infer::{Factoid, GenericFactoid, ShapeFactoid};
use tract_onnx::tract_hir::internal::DimLike;

/// Plans kept for this many shapes where each holds its own packed copy of weights.
const PLANS: usize = 8;

/// As [`PLANS`], where weights are packed once for all of them.
const LIGHT_PLANS: usize = 64;

/// How a plan for concrete shapes is made.
pub(super) enum Recipe {
    /// One plan for all shapes.
    Whole(Plan),
    /// Analysed once with symbols; shapes are filled in.
    Symbolic(TypedModel),
    /// The symbolic analysis fails on this file: it is analysed anew for each shape.
    PerShape(Arc<pb::ModelProto>),
    /// Values of these inputs decide shapes inside: it is analysed anew for each of their values too.
    PerValue(Arc<pb::ModelProto>, Vec<String>),
}

/// What it costs to run shapes that have not been run yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanCost {
    /// Nothing: one plan serves all.
    None,
    /// Some milliseconds: weights are shared.
    Light,
    /// An analysis, and a copy of the weights.
    Heavy,
    /// As [`PlanCost::Heavy`], for each of the values of some inputs.
    EachValue,
}

pub(super) type Plan = Arc<TypedSimplePlan>;

/// The plans of one model, made at first use.
pub(super) struct Plans {
    pub(super) recipe: Recipe,
    most: usize,
    /// Whether small operators are joined.
    joins: bool,
    slots: Mutex<Vec<Arc<Slot>>>,
}

/// What a plan is made for.
#[derive(Clone, PartialEq)]
pub(super) struct Case {
    /// Of the inputs that the plan takes.
    pub(super) shapes: Vec<Vec<usize>>,
    /// The inputs that are constants in the plan.
    pub(super) values: Vec<NamedTensor>,
}

/// The plan for one case, built by whoever needs it first.
struct Slot {
    case: Case,
    plan: OnceLock<Result<Planned, String>>,
}

#[derive(Clone)]
struct Planned {
    plan: Plan,
    /// Why it is not run, if so: a load tries sizes that no request has to have.
    refusal: Option<String>,
}

impl Plans {
    /// No plan yet.
    pub(super) fn new(recipe: Recipe) -> Plans {
        Plans {
            recipe,
            most: PLANS,
            joins: false,
            slots: Mutex::new(Vec::new()),
        }
    }

    /// Small operators are made one where sizes are known.
    pub(super) fn joined(self) -> Plans {
        Plans {
            joins: true,
            slots: Mutex::default(),
            ..self
        }
    }

    /// One plan for all shapes where nothing that takes time gains from knowing them, or more plans than else.
    pub(super) fn widened(self) -> Plans {
        let Recipe::Symbolic(model) = &self.recipe else {
            return self;
        };
        if model.nodes().iter().any(gains) {
            return self;
        }
        // One size alone takes few values: plans for each are a little faster than one for all.
        if symbols(model) > 1
            && let Ok(plan) = contained(|| model.clone().into_optimized()?.into_runnable())
        {
            return Plans::new(Recipe::Whole(plan));
        }
        Plans {
            most: LIGHT_PLANS,
            ..self
        }
    }

    /// What a plan for new shapes costs.
    pub(super) fn cost(&self) -> PlanCost {
        match self.recipe {
            Recipe::Whole(_) => PlanCost::None,
            Recipe::PerValue(..) => PlanCost::EachValue,
            Recipe::Symbolic(_) | Recipe::PerShape(_) if self.most > PLANS => PlanCost::Light,
            Recipe::Symbolic(_) | Recipe::PerShape(_) => PlanCost::Heavy,
        }
    }

    /// Takes the inputs that decide shapes out of `inputs`: the rest is what a plan runs on.
    pub(super) fn case(&self, inputs: &mut Vec<NamedTensor>) -> Case {
        let decides = |input: &NamedTensor| match &self.recipe {
            Recipe::PerValue(_, names) => names.contains(&input.name),
            Recipe::Whole(_) | Recipe::Symbolic(_) | Recipe::PerShape(_) => false,
        };
        let (values, rest) = std::mem::take(inputs).into_iter().partition(decides);
        *inputs = rest;
        let shape = |input: &NamedTensor| input.tensor.shape().to_vec();
        Case {
            shapes: inputs.iter().map(shape).collect(),
            values,
        }
    }

    /// Whether shapes are left in the plan for this case that only a run decides.
    pub(super) fn leaves_open(&self, case: Case) -> Result<bool, String> {
        let plan = self.planned(case)?.plan;
        let outputs = plan.model().nodes().iter().flat_map(|node| &node.outputs);
        let mut facts = outputs.map(|output| &output.fact);
        Ok(facts.any(|fact| !fact.shape.is_concrete()))
    }

    /// The plan for this case.
    pub(super) fn get(&self, case: Case) -> Result<Plan, String> {
        if let Recipe::Whole(plan) = &self.recipe {
            return Ok(plan.clone());
        }
        let Planned { plan, refusal } = self.planned(case)?;
        refusal.map_or(Ok(plan), Err)
    }

    fn planned(&self, case: Case) -> Result<Planned, String> {
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            let slot = match slots.iter().position(|slot| slot.case == case) {
                Some(index) => slots.remove(index),
                None => Arc::new(Slot {
                    case,
                    plan: OnceLock::new(),
                }),
            };
            slots.insert(0, slot.clone());
            slots.truncate(self.most);
            slot
        };
        slot.plan
            .get_or_init(|| contained(|| self.concretise(&slot.case)))
            .clone()
    }

    fn concretise(&self, case: &Case) -> TractResult<Planned> {
        let model = match &self.recipe {
            Recipe::Whole(plan) => {
                let (plan, refusal) = (plan.clone(), None);
                return Ok(Planned { plan, refusal });
            }
            Recipe::Symbolic(model) => model.set_symbols(&substitution(model, &case.shapes)?)?,
            Recipe::PerShape(proto) => typed(proto, Some(&case.shapes))?,
            Recipe::PerValue(proto, _) => {
                typed(&bound::filled(proto, &case.values)?, Some(&case.shapes))?
            }
        };
        same_sizes(&model)?;
        let refusal = sizes::refusal(&model)?;
        let model = model.into_decluttered()?;
        let joined = self.joins.then(|| contained(|| region::joined(&model)));
        let model = match joined.transpose() {
            Ok(joined) => joined.unwrap_or(model),
            Err(why) => {
                tracing::warn!("small operators run alone, because they cannot be joined: {why}");
                model
            }
        };
        let plan = model.into_optimized()?.into_runnable()?;
        Ok(Planned { plan, refusal })
    }
}

/// Whether an operator is run in another way once its shapes are known, or asks for more than shapes allow.
fn gains(node: &TypedNode) -> bool {
    node.op_is::<EinSum>()
        || node.op_is::<Conv>()
        || node.op_is::<Deconv>()
        || node.op_is::<MaxPool>()
        || node.op_is::<SumPool>()
        || node.op_is::<Pad>()
        || node.op_is::<Scan>()
}

/// How many sizes of the inputs are open.
fn symbols(model: &TypedModel) -> usize {
    let inputs = (0..model.inputs.len()).filter_map(|index| model.input_fact(index).ok());
    let dims = inputs.flat_map(|fact| fact.shape.iter());
    let symbols: HashSet<Symbol> = dims.flat_map(|dim| dim.symbols()).collect();
    symbols.len()
}

/// Refuses products over axes of different sizes: tract would stretch a size of 1, ONNX does not.
fn same_sizes(model: &TypedModel) -> TractResult<()> {
    for node in model.nodes() {
        let Some(product) = node.op_as::<EinSum>() else {
            continue;
        };
        let facts = model.node_input_facts(node.id)?;
        let summed = product.axes.iter_all_axes();
        for axis in summed.filter(|axis| axis.outputs.iter().all(|at| at.is_empty())) {
            let places = axis.inputs.iter().zip(&facts);
            let mut sizes = places.flat_map(|(at, fact)| at.iter().map(|at| &fact.shape[*at]));
            if let Some(first) = sizes.next()
                && let Some(other) = sizes.find(|size| *size != first)
            {
                return Err(TractError::msg(format!(
                    "`{}` takes the product over an axis of size {first} in one input and {other} in another",
                    node.name
                )));
            }
        }
    }
    Ok(())
}

/// The model that `proto` describes, with inputs of `shapes` or with symbols.
pub(super) fn typed(
    proto: &pb::ModelProto,
    shapes: Option<&[Vec<usize>]>,
) -> TractResult<TypedModel> {
    let conditions = |proto: &pb::ModelProto| analysed(proto, shapes)?.into_decluttered();
    analysed(&branch::settled(proto, conditions), shapes)
}

/// What `proto` itself says of the dims of its inputs, where weights decide it and the signature leaves it open.
pub(super) fn known(proto: &pb::ModelProto) -> TractResult<Vec<Vec<Option<usize>>>> {
    let mut model = parsed(proto)?;
    let size = |dim: GenericFactoid<TDim>| dim.concretize().and_then(|dim| dim.to_usize().ok());
    let count = model.input_outlets()?.len();
    for index in 0..count {
        let mut fact = model.input_fact(index)?.clone();
        let open = |dim: GenericFactoid<TDim>| match size(dim.clone()) {
            Some(_) => dim,
            None => GenericFactoid::Any,
        };
        if fact.shape.is_open() {
            continue;
        }
        fact.shape = ShapeFactoid::closed(fact.shape.dims().cloned().map(open).collect());
        model.set_input_fact(index, fact)?;
    }
    model.analyse(true)?;
    let sizes = |index| {
        let dims = model.input_fact(index)?.shape.dims();
        Ok(dims.cloned().map(size).collect())
    };
    (0..count).map(sizes).collect()
}

fn analysed(proto: &pb::ModelProto, shapes: Option<&[Vec<usize>]>) -> TractResult<TypedModel> {
    let mut model = parsed(proto)?;
    for (index, shape) in shapes.into_iter().flatten().enumerate() {
        let dtype = model.input_fact(index)?.datum_type;
        let fact = InferenceFact::default().with_shape(shape.iter().copied());
        let fact = match dtype {
            GenericFactoid::Only(dtype) => fact.with_datum_type(dtype),
            GenericFactoid::Any => fact,
        };
        model.set_input_fact(index, fact)?;
    }
    model.into_typed()
}

/// `proto` with our operators, before any analysis.
fn parsed(proto: &pb::ModelProto) -> TractResult<InferenceModel> {
    let mut onnx = tract_onnx::onnx().with_ignore_value_info(true);
    ops::register(&mut onnx.op_register);
    onnx.model_for_proto_model(proto)
}

fn substitution(model: &TypedModel, shapes: &[Vec<usize>]) -> TractResult<HashMap<Symbol, TDim>> {
    let mut symbols = HashMap::new();
    for (index, shape) in shapes.iter().enumerate() {
        for (dim, size) in model.input_fact(index)?.shape.iter().zip(shape) {
            if let TDim::Sym(symbol) = dim {
                symbols.insert(symbol.clone(), TDim::Val(*size as i64));
            }
        }
    }
    Ok(symbols)
}
