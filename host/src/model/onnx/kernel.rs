//! An operator of ours among tract's: dtype and shape out of the inputs', values out of values.
//! Must not know which operators there are.

use std::fmt::Debug;
use std::sync::Arc;
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::{op_as_typed_op, op_out_of_plan};
use tract_onnx::tract_hir::internal::*;

/// What a registered builder gives back.
pub(super) type Built = TractResult<(Box<dyn InferenceOp>, Vec<String>)>;
/// How the registry wants a builder.
pub(super) type Builder = fn(&ParsingContext, &NodeProto) -> Built;

/// One operator with its attributes read. Slots are as in the ONNX specification: `None` where an optional input is left out.
pub(super) trait Kernel: Debug + Send + Sync + 'static {
    /// Dtype and shape of every output that the specification lists.
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>>;
    /// The outputs.
    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>>;
    /// How many inputs are the model's; those behind may be constants.
    fn varying(&self) -> usize {
        1
    }
    /// A kernel that has taken in the constants, and does without their slots; asked where all behind the varying are such.
    fn bound(&self, _constants: &[Option<&Tensor>]) -> TractResult<Option<Arc<dyn Kernel>>> {
        Ok(None)
    }
}

/// The operator of `node`, computed by `kernel`.
pub(super) fn operator(node: &NodeProto, kernel: impl Kernel) -> Built {
    let present = |names: &[String]| names.iter().map(|name| !name.is_empty()).collect();
    let op = Custom {
        name: node.op_type.clone(),
        inputs: present(&node.input),
        outputs: present(&node.output),
        kernel: Arc::new(kernel),
    };
    Ok((expand(op), vec![]))
}

/// The nodes of an operator of one output that is computed by `kernel`, put into `model`.
pub(super) fn wired(
    kernel: impl Kernel,
    prefix: &str,
    model: &mut TypedModel,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    wired_with(kernel, 1, prefix, model, inputs)
}

/// As [`wired`], of so many outputs.
pub(super) fn wired_with(
    kernel: impl Kernel,
    outputs: usize,
    prefix: &str,
    model: &mut TypedModel,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    let op = Custom {
        name: format!("{kernel:?}"),
        inputs: vec![true; inputs.len()],
        outputs: vec![true; outputs],
        kernel: Arc::new(kernel),
    };
    model.wire_node(prefix, op, inputs)
}

/// The input in slot `index`, which the specification requires.
pub(super) fn required<T>(inputs: &[Option<T>], index: usize) -> TractResult<&T> {
    inputs
        .get(index)
        .and_then(Option::as_ref)
        .with_context(|| format!("input {index} is missing"))
}

/// `axis` counted from the front.
pub(super) fn axis_in(axis: i64, rank: usize) -> TractResult<usize> {
    let counted = if axis < 0 { axis + rank as i64 } else { axis };
    let fits = usize::try_from(counted).ok().filter(|axis| *axis < rank);
    fits.with_context(|| format!("axis {axis} is outside of rank {rank}"))
}

/// As [`required`], and refused unless it is of 32-bit numbers.
pub(super) fn required_f32(inputs: &[Option<TypedFact>], index: usize) -> TractResult<&TypedFact> {
    let input = required(inputs, index)?;
    ensure!(
        input.datum_type == f32::datum_type(),
        "only f32 is supported"
    );
    Ok(input)
}

#[derive(Clone, Debug)]
struct Custom {
    name: String,
    inputs: Vec<bool>,
    outputs: Vec<bool>,
    kernel: Arc<dyn Kernel>,
}

impl PartialEq for Custom {
    fn eq(&self, other: &Custom) -> bool {
        Arc::ptr_eq(&self.kernel, &other.kernel)
    }
}

impl Eq for Custom {}

impl Custom {
    /// `given`, put into the specification's slots.
    fn slots<T>(&self, given: impl IntoIterator<Item = T>) -> Vec<Option<T>> {
        let mut given = given.into_iter();
        let slot = |present: &bool| if *present { given.next() } else { None };
        self.inputs.iter().map(slot).collect()
    }

    /// Those of `all` that the graph uses.
    fn wanted<T>(&self, all: Vec<T>) -> TractResult<TVec<T>> {
        let wanted = self.outputs.iter().filter(|wanted| **wanted).count();
        let kept: TVec<T> = all
            .into_iter()
            .zip(&self.outputs)
            .filter_map(|(output, wanted)| wanted.then_some(output))
            .collect();
        ensure!(kept.len() == wanted, "{} has fewer outputs", self.name);
        Ok(kept)
    }

    fn facts(&self, inputs: impl IntoIterator<Item = TypedFact>) -> TractResult<TVec<TypedFact>> {
        // tract calls sizes TDim; ONNX calls the same values i64.
        let inputs = inputs.into_iter().map(|mut fact| {
            if fact.datum_type == TDim::datum_type() {
                fact.datum_type = i64::datum_type();
            }
            fact
        });
        self.wanted(self.kernel.facts(&self.slots(inputs))?)
    }
}

impl Expansion for Custom {
    fn name(&self) -> StaticName {
        self.name.clone().into()
    }

    fn nboutputs(&self) -> TractResult<usize> {
        Ok(self.outputs.iter().filter(|wanted| **wanted).count())
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        let dtypes = inputs.iter().map(|input| &input.datum_type);
        solver.given_all(dtypes, move |solver, dtypes: Vec<DatumType>| {
            let shapes = inputs.iter().map(|input| &input.shape);
            solver.given_all(shapes, move |solver, shapes: Vec<TVec<TDim>>| {
                let facts = dtypes
                    .iter()
                    .zip(&shapes)
                    .map(|(dtype, shape)| dtype.fact(shape));
                for (output, fact) in outputs.iter().zip(self.facts(facts)?) {
                    solver.equals(&output.datum_type, fact.datum_type)?;
                    solver.equals(&output.shape, fact.shape.to_tvec())?;
                }
                Ok(())
            })
        })
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let facts = inputs.iter().map(|input| model.outlet_fact(*input));
        let facts = facts.collect::<TractResult<Vec<_>>>()?;
        let varying = self.kernel.varying().min(inputs.len());
        let constants = facts[varying..].iter().map(|fact| fact.konst.as_deref());
        let Some(constants) = constants.collect::<Option<Vec<_>>>() else {
            return model.wire_node(prefix, self.clone(), inputs);
        };
        let given = std::iter::repeat_n(None, varying).chain(constants.into_iter().map(Some));
        let slots: Vec<_> = self.slots(given).into_iter().map(Option::flatten).collect();
        let Some(kernel) = self.kernel.bound(&slots)? else {
            return model.wire_node(prefix, self.clone(), inputs);
        };
        let bound = Custom {
            inputs: (0..slots.len()).map(|slot| slot < varying).collect(),
            kernel,
            ..self.clone()
        };
        let rest = &inputs[..varying];
        model.wire_node(prefix, bound, rest)
    }
}

impl Op for Custom {
    fn name(&self) -> StaticName {
        self.name.clone().into()
    }

    op_as_typed_op!();
}

impl EvalOp for Custom {
    op_out_of_plan!();

    fn eval(&self, _context: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let inputs = inputs
            .iter()
            .map(|input| {
                if input.datum_type() == TDim::datum_type() {
                    input.cast_to::<i64>()
                } else {
                    Ok(Cow::Borrowed(&**input))
                }
            })
            .collect::<TractResult<Vec<_>>>()?;
        let outputs = self
            .kernel
            .run(&self.slots(inputs.iter().map(|input| &**input)))?;
        let outputs = self.wanted(outputs)?;
        Ok(outputs.into_iter().map(IntoTValue::into_tvalue).collect())
    }
}

impl TypedOp for Custom {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        self.facts(inputs.iter().map(|fact| fact.without_value()))
    }

    as_op!();
}
