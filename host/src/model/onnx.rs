//! ONNX through tract: load a file, read its signature, run it; the only file that names tract.
//! Must not know requests, plugins or batching.

use super::signature::{Dim, Mismatch, Port, Signature};
use crate::tensor::{self, Data, Dtype, NamedTensor};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tract_onnx::pb;
use tract_onnx::prelude::{
    Datum, DatumType, Framework, InferenceFact, InferenceModel, InferenceModelExt, IntoRunnable,
    IntoTValue, Symbol, TDim, TVec, TractResult, TypedModel, TypedSimplePlan,
};
use tract_onnx::tract_core::tract_data::half::f16;
use tract_onnx::tract_hir::infer::GenericFactoid;

/// Plans kept for this many shapes: each holds its own packed copy of the weights.
const PLANS: usize = 8;

/// Sizes of open dims that a load tries, until one can be planned: some files need more than 1,
/// and some image models exactly the size that they were trained with.
const PROBES: [usize; 7] = [1, 2, 16, 64, 224, 256, 384];

/// Why a model does not load or does not answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The file is no model that can be served.
    #[error("cannot load the model: {0}")]
    Load(String),
    /// The file keeps weights in another one.
    #[error(
        "cannot load the model: `{tensor}` keeps its data in another file, `{file}`, which is not supported; save the model with its weights inside"
    )]
    External {
        /// The first tensor that is elsewhere.
        tensor: String,
        /// Where, as the file says.
        file: String,
    },
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
    recipe: Recipe,
    plans: Mutex<Vec<Arc<Slot>>>,
}

/// How a plan for concrete shapes is made.
enum Recipe {
    /// Analysed once with symbols; shapes are filled in.
    Symbolic(TypedModel),
    /// The symbolic analysis fails on this file: it is analysed anew for each shape.
    PerShape(Box<pb::ModelProto>),
}

type Plan = Arc<TypedSimplePlan>;

/// The plan for one set of input shapes, built by whoever needs it first.
struct Slot {
    shapes: Vec<Vec<usize>>,
    plan: OnceLock<Result<Plan, String>>,
}

/// An ONNX file that was read and not analysed yet.
pub struct File {
    signature: Signature,
    proto: pb::ModelProto,
}

impl File {
    /// Reads the file that holds `bytes`.
    pub fn read(mut bytes: &[u8]) -> Result<File, Error> {
        let proto = contained(|| tract_onnx::onnx().proto_model_for_read(&mut bytes));
        let proto = proto.map_err(Error::Load)?;
        if let Some(elsewhere) = elsewhere(&proto) {
            return Err(elsewhere);
        }
        let signature = contained(|| signature(&proto)).map_err(Error::Load)?;
        Ok(File { signature, proto })
    }

    /// What the model takes and gives.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The operator that makes the numbers of an output, behind those that only change its form.
    pub fn producer(&self, output: &str) -> Option<&str> {
        let nodes = &self.proto.graph.as_ref()?.node;
        let mut name = output;
        // A file may say that a node feeds itself.
        for _ in 0..MOST_FORMS {
            let makes = |node: &&pb::NodeProto| node.output.iter().any(|made| made == name);
            let node = nodes.iter().find(makes)?;
            if !FORMS.contains(&node.op_type.as_str()) {
                return Some(&node.op_type);
            }
            name = node.input.first()?;
        }
        None
    }
}

/// Operators that leave the numbers as they are.
const FORMS: [&str; 7] = [
    "Identity",
    "Cast",
    "Reshape",
    "Squeeze",
    "Unsqueeze",
    "Flatten",
    "Transpose",
];
/// No exporter writes more of them one behind the other.
const MOST_FORMS: usize = 16;

impl Model {
    /// Analyses and plans a model.
    pub fn load(file: File) -> Result<Model, Error> {
        contained(|| load(file)).map_err(Error::Load)
    }

    /// What it takes and gives.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// How it is planned: `symbolic` or `per shape`.
    pub fn plan_kind(&self) -> &'static str {
        match self.recipe {
            Recipe::Symbolic(_) => "symbolic",
            Recipe::PerShape(_) => "per shape",
        }
    }

    /// Runs the model once. `inputs` in any order; outputs in the file's order.
    pub fn run(&self, inputs: Vec<NamedTensor>) -> Result<Vec<NamedTensor>, Error> {
        let inputs = self.signature.arrange(inputs)?;
        let shapes: Vec<Vec<usize>> = inputs
            .iter()
            .map(|input| input.tensor.shape().to_vec())
            .collect();
        let plan = self.plan(shapes).map_err(Error::Run)?;
        let outputs = contained(|| {
            let values = inputs
                .into_iter()
                .map(|input| Ok(to_tract(input.tensor)?.into_tvalue()))
                .collect::<TractResult<TVec<_>>>()?;
            let outputs = plan.run(values)?;
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

    /// The shapes of the inputs with every open dim at `size`.
    fn shapes_at(&self, size: usize) -> Vec<Vec<usize>> {
        let dims = |port: &Port| {
            let shape = port.shape.iter().flatten().enumerate();
            let dim = |(axis, dim): (usize, &Dim)| match dim {
                Dim::Fixed(fixed) => *fixed,
                // A batch of large pictures would only cost time.
                Dim::Symbol(_) | Dim::Any if axis == 0 && size > 64 => 1,
                Dim::Symbol(_) | Dim::Any => size,
            };
            shape.map(dim).collect()
        };
        self.signature.inputs.iter().map(dims).collect()
    }

    fn plan(&self, shapes: Vec<Vec<usize>>) -> Result<Plan, String> {
        let slot = {
            let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
            let slot = match plans.iter().position(|slot| slot.shapes == shapes) {
                Some(index) => plans.remove(index),
                None => Arc::new(Slot {
                    shapes,
                    plan: OnceLock::new(),
                }),
            };
            plans.insert(0, slot.clone());
            plans.truncate(PLANS);
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

fn load(file: File) -> TractResult<Model> {
    let File { signature, proto } = file;
    let recipe = match catch_unwind(AssertUnwindSafe(|| typed(&proto, None)?.into_decluttered())) {
        Ok(Ok(model)) => Recipe::Symbolic(model),
        _ => Recipe::PerShape(Box::new(proto)),
    };
    let model = Model {
        signature,
        recipe,
        plans: Mutex::new(Vec::new()),
    };
    // What this file cannot do at any size is said at load, not at the first request.
    let mut outcome = Ok(());
    for size in PROBES {
        outcome = model.plan(model.shapes_at(size)).map(drop);
        if outcome.is_ok() {
            break;
        }
    }
    outcome.map_err(tract_onnx::prelude::TractError::msg)?;
    Ok(model)
}

fn typed(proto: &pb::ModelProto, shapes: Option<&[Vec<usize>]>) -> TractResult<TypedModel> {
    let onnx = tract_onnx::onnx().with_ignore_value_info(true);
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

/// tract panics on some files and inputs; here a panic is an error like any other.
fn contained<T>(run: impl FnOnce() -> TractResult<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(format!("{error:#}")),
        Err(panic) => Err(panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_else(|| "the engine panicked".to_owned())),
    }
}

/// What to say of a file whose weights are not in it.
fn elsewhere(proto: &pb::ModelProto) -> Option<Error> {
    let mut tensors = proto.graph.as_ref()?.initializer.iter();
    let tensor = tensors.find(|tensor| tensor.data_location == Some(1))?;
    let mut said = tensor.external_data.iter();
    let file = said.find(|entry| entry.key == "location");
    Some(Error::External {
        tensor: tensor.name.clone(),
        file: file.map_or_else(|| "?".to_owned(), |entry| entry.value.clone()),
    })
}

fn signature(proto: &pb::ModelProto) -> TractResult<Signature> {
    let message = |text: String| tract_onnx::prelude::TractError::msg(text);
    let graph = proto
        .graph
        .as_ref()
        .ok_or_else(|| message("the file holds no graph; is it an ONNX model?".to_owned()))?;
    let is_initializer = |name: &str| graph.initializer.iter().any(|tensor| tensor.name == name);
    let mut inputs = graph
        .input
        .iter()
        .filter(|value| !is_initializer(&value.name))
        .map(port)
        .collect::<TractResult<Vec<_>>>()?;
    for input in &mut inputs {
        input.rows = rows(graph, &input.name);
        if let Some(shape) = &mut input.shape
            && let Some(dim @ (Dim::Any | Dim::Symbol(_))) = shape.get_mut(1)
            && let Some(channels) = channels(graph, &input.name)
        {
            *dim = Dim::Fixed(channels);
        }
    }
    let outputs = graph
        .output
        .iter()
        .map(port)
        .collect::<TractResult<Vec<_>>>()?;
    Ok(Signature { inputs, outputs })
}

fn port(value: &pb::ValueInfoProto) -> TractResult<Port> {
    let message = |text: String| tract_onnx::prelude::TractError::msg(text);
    let Some(pb::type_proto::Value::TensorType(tensor)) =
        value.r#type.as_ref().and_then(|kind| kind.value.as_ref())
    else {
        return Err(message(format!(
            "`{}` is no tensor; sequences, maps and optionals are not supported",
            value.name
        )));
    };
    let dtype = dtype(tensor.elem_type).ok_or_else(|| {
        message(format!(
            "`{}` has the ONNX element type {}, which is not supported",
            value.name, tensor.elem_type
        ))
    })?;
    let dim = |dim: &pb::tensor_shape_proto::Dimension| match &dim.value {
        Some(pb::tensor_shape_proto::dimension::Value::DimValue(size)) => {
            usize::try_from(*size).map_or(Dim::Any, Dim::Fixed)
        }
        Some(pb::tensor_shape_proto::dimension::Value::DimParam(name)) if !name.is_empty() => {
            Dim::Symbol(name.clone())
        }
        _ => Dim::Any,
    };
    Ok(Port {
        name: value.name.clone(),
        dtype,
        shape: tensor
            .shape
            .as_ref()
            .map(|shape| shape.dim.iter().map(dim).collect()),
        rows: None,
    })
}

/// The rows of the constant table that `input` indexes in a `Gather` on axis 0, the least where there are several.
fn rows(graph: &pb::GraphProto, input: &str) -> Option<usize> {
    graph
        .node
        .iter()
        .filter(|node| node.op_type == "Gather" && node.input.get(1).is_some_and(|i| i == input))
        .filter(|node| {
            !node
                .attribute
                .iter()
                .any(|attribute| attribute.name == "axis" && attribute.i != 0)
        })
        .filter_map(|node| {
            let table = node.input.first()?;
            let table = graph.initializer.iter().find(|t| t.name == *table)?;
            usize::try_from(*table.dims.first()?).ok()
        })
        .min()
}

/// The channels that the convolution of `input` takes: files often leave open what its weights decide.
fn channels(graph: &pb::GraphProto, input: &str) -> Option<usize> {
    let conv = graph
        .node
        .iter()
        .find(|node| node.op_type == "Conv" && node.input.first().is_some_and(|i| i == input))?;
    let weights = graph
        .initializer
        .iter()
        .find(|tensor| Some(&tensor.name) == conv.input.get(1))?;
    let group = conv.attribute.iter().find(|it| it.name == "group");
    let group = group.map_or(1, |group| group.i);
    usize::try_from(weights.dims.get(1)?.checked_mul(group)?).ok()
}

/// ONNX `TensorProto.DataType` to dtype.
fn dtype(onnx: i32) -> Option<Dtype> {
    Some(match onnx {
        1 => Dtype::F32,
        2 => Dtype::U8,
        3 => Dtype::I8,
        4 => Dtype::U16,
        5 => Dtype::I16,
        6 => Dtype::I32,
        7 => Dtype::I64,
        9 => Dtype::Bool,
        10 => Dtype::F16,
        11 => Dtype::F64,
        12 => Dtype::U32,
        13 => Dtype::U64,
        _ => return None,
    })
}

fn to_tract(tensor: tensor::Tensor) -> TractResult<tract_onnx::prelude::Tensor> {
    fn of<T: Datum + Copy>(
        shape: &[usize],
        data: &[T],
    ) -> TractResult<tract_onnx::prelude::Tensor> {
        tract_onnx::prelude::Tensor::from_shape(shape, data)
    }
    let (shape, data) = tensor.into_parts();
    match data {
        Data::F16(bits) => of(
            &shape,
            &bits.into_iter().map(f16::from_bits).collect::<Vec<_>>(),
        ),
        Data::F32(v) => of(&shape, &v),
        Data::F64(v) => of(&shape, &v),
        Data::I8(v) => of(&shape, &v),
        Data::I16(v) => of(&shape, &v),
        Data::I32(v) => of(&shape, &v),
        Data::I64(v) => of(&shape, &v),
        Data::U8(v) => of(&shape, &v),
        Data::U16(v) => of(&shape, &v),
        Data::U32(v) => of(&shape, &v),
        Data::U64(v) => of(&shape, &v),
        Data::Bool(v) => of(&shape, &v),
        // No signature that loads has these dtypes, and `arrange` refuses tensors of other dtypes.
        Data::Bf16(_) | Data::Text(_) => Err(tract_onnx::prelude::TractError::msg(
            "bf16 and text tensors are not supported",
        )),
    }
}

fn from_tract(value: &tract_onnx::prelude::Tensor) -> TractResult<tensor::Tensor> {
    // Symbolic dims are tract's own; ONNX calls the same values i64.
    let cast;
    let value = if value.datum_type() == DatumType::TDim {
        cast = value.cast_to::<i64>()?.into_owned();
        &cast
    } else {
        value
    };
    let view = value.try_as_plain_ram()?;
    let data = match value.datum_type().unquantized() {
        DatumType::F16 => Data::F16(
            view.as_slice::<f16>()?
                .iter()
                .map(|x| x.to_bits())
                .collect(),
        ),
        DatumType::F32 => Data::F32(view.as_slice()?.to_vec()),
        DatumType::F64 => Data::F64(view.as_slice()?.to_vec()),
        DatumType::I8 => Data::I8(view.as_slice()?.to_vec()),
        DatumType::I16 => Data::I16(view.as_slice()?.to_vec()),
        DatumType::I32 => Data::I32(view.as_slice()?.to_vec()),
        DatumType::I64 => Data::I64(view.as_slice()?.to_vec()),
        DatumType::U8 => Data::U8(view.as_slice()?.to_vec()),
        DatumType::U16 => Data::U16(view.as_slice()?.to_vec()),
        DatumType::U32 => Data::U32(view.as_slice()?.to_vec()),
        DatumType::U64 => Data::U64(view.as_slice()?.to_vec()),
        DatumType::Bool => Data::Bool(view.as_slice()?.to_vec()),
        other => {
            return Err(tract_onnx::prelude::TractError::msg(format!(
                "an output has the dtype {other:?}, which is not supported"
            )));
        }
    };
    tensor::Tensor::new(value.shape().to_vec(), data).map_err(tract_onnx::prelude::TractError::new)
}
