//! Plans: a model made ready for one set of input shapes.
//! Must not know signatures or where tensors come from.

use super::{contained, ops};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tract_onnx::pb;
use tract_onnx::prelude::{
    Framework, InferenceFact, InferenceModel, InferenceModelExt, IntoRunnable, Symbol, TDim,
    TractResult, TypedModel, TypedSimplePlan,
};
use tract_onnx::tract_hir::infer::GenericFactoid;

/// Plans kept for this many shapes: each holds its own packed copy of the weights.
const PLANS: usize = 8;

/// How a plan for concrete shapes is made.
pub(super) enum Recipe {
    /// Analysed once with symbols; shapes are filled in.
    Symbolic(TypedModel),
    /// The symbolic analysis fails on this file: it is analysed anew for each shape.
    PerShape(Box<pb::ModelProto>),
}

pub(super) type Plan = Arc<TypedSimplePlan>;

/// The plans of one model, made at first use.
pub(super) struct Plans {
    pub(super) recipe: Recipe,
    slots: Mutex<Vec<Arc<Slot>>>,
}

/// The plan for one set of input shapes, built by whoever needs it first.
struct Slot {
    shapes: Vec<Vec<usize>>,
    plan: OnceLock<Result<Plan, String>>,
}

impl Plans {
    /// No plan yet.
    pub(super) fn new(recipe: Recipe) -> Plans {
        Plans {
            recipe,
            slots: Mutex::new(Vec::new()),
        }
    }

    /// The plan for inputs of these shapes.
    pub(super) fn get(&self, shapes: Vec<Vec<usize>>) -> Result<Plan, String> {
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            let slot = match slots.iter().position(|slot| slot.shapes == shapes) {
                Some(index) => slots.remove(index),
                None => Arc::new(Slot {
                    shapes,
                    plan: OnceLock::new(),
                }),
            };
            slots.insert(0, slot.clone());
            slots.truncate(PLANS);
            slot
        };
        slot.plan
            .get_or_init(|| contained(|| self.concretise(&slot.shapes)))
            .clone()
    }

    fn concretise(&self, shapes: &[Vec<usize>]) -> TractResult<Plan> {
        let model = match &self.recipe {
            Recipe::Symbolic(model) => model.set_symbols(&substitution(model, shapes)?)?,
            Recipe::PerShape(proto) => typed(proto, Some(shapes))?,
        };
        model.into_decluttered()?.into_optimized()?.into_runnable()
    }
}

/// The model that `proto` describes, with inputs of `shapes` or with symbols.
pub(super) fn typed(
    proto: &pb::ModelProto,
    shapes: Option<&[Vec<usize>]>,
) -> TractResult<TypedModel> {
    let mut onnx = tract_onnx::onnx().with_ignore_value_info(true);
    ops::register(&mut onnx.op_register);
    let mut model: InferenceModel = onnx.model_for_proto_model(proto)?;
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
