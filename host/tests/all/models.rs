//! What models answer that the conformance cases have none like: made here, read, loaded and run.
//! Each behaves as onnxruntime does, or is refused in words of its own.

mod numbers;
mod rows;
mod tables;

use modelhost::model::{Error, File, Model};
use modelhost::tensor::{Data, NamedTensor, Tensor};
use prost::Message;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_shape_proto::Dimension;
use tract_onnx::pb::tensor_shape_proto::dimension::Value as Size;
use tract_onnx::pb::type_proto::{Tensor as TensorType, Value};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto,
};

/// ONNX's numbers of element types.
const F32: i32 = 1;
const BOOL: i32 = 9;
const I64: i64 = 7;

#[test]
fn an_if_whose_branches_agree_once_sizes_are_known_takes_either() {
    let then = branch(vec![node("Relu", &["x"], "a")], "a");
    let other = [
        node("Shape", &["x"], "shape"),
        node("Neg", &["x"], "negative"),
        node("Reshape", &["negative", "shape"], "b"),
    ];
    let model = choosing(then, branch(other.to_vec(), "b"));
    for (rows, columns) in [(2, 3), (1, 1), (4, 2)] {
        let values: Vec<f32> = (0..rows * columns).map(|at| at as f32 - 2.5).collect();
        let relu: Vec<f32> = values.iter().map(|value| value.max(0.0)).collect();
        let negative: Vec<f32> = values.iter().map(|value| -value).collect();
        let shape = [rows, columns];
        let given = |flag| [floats("x", &shape, &values), truth("c", flag)];
        assert_eq!(answer(&model, given(true)), floats("y", &shape, &relu));
        assert_eq!(answer(&model, given(false)), floats("y", &shape, &negative));
    }
}

#[test]
fn an_if_whose_branches_differ_in_shape_follows_its_flag() {
    let then = branch(vec![node("Relu", &["x"], "a")], "a");
    let other = branch(vec![node("Transpose", &["x"], "b")], "b");
    let model = choosing(then, other);
    let given = |flag| [floats("x", &[1, 2], &[1.0, 2.0]), truth("c", flag)];
    let expected = |shape: &[usize]| floats("y", shape, &[1.0, 2.0]);
    assert_eq!(answer(&model, given(true)), expected(&[1, 2]));
    assert_eq!(answer(&model, given(false)), expected(&[2, 1]));
}

/// As PyTorch exports `squeeze(0)`.
#[test]
fn an_if_on_a_size_takes_the_branch_of_each_request() {
    let nodes = vec![
        node("Shape", &["x"], "shape"),
        node("Gather", &["shape", "zero"], "rows"),
        node("Equal", &["rows", "one"], "c"),
        chosen(
            branch(vec![node("Squeeze", &["x", "axes"], "a")], "a"),
            branch(vec![node("Identity", &["x"], "b")], "b"),
        ),
    ];
    let constants = [
        whole("zero", &[], 0),
        whole("one", &[], 1),
        whole("axes", &[1], 0),
    ];
    let model = model(nodes, &constants, vec![open("x")]);
    let squeezed = answer(&model, [floats("x", &[1, 2], &[1.0, 2.0])]);
    assert_eq!(squeezed, floats("y", &[2], &[1.0, 2.0]));
    let kept = answer(&model, [floats("x", &[2, 1], &[1.0, 2.0])]);
    assert_eq!(kept, floats("y", &[2, 1], &[1.0, 2.0]));
}

#[test]
fn a_size_that_only_a_request_decides_is_compared_then() {
    let to = AttributeProto {
        name: "to".to_owned(),
        r#type: AttributeType::Int as i32,
        i: i64::from(F32),
        ..AttributeProto::default()
    };
    let cast = NodeProto {
        attribute: vec![to],
        ..node("Cast", &["ones"], "y")
    };
    let nodes = vec![
        node("Shape", &["x"], "shape"),
        node("Equal", &["shape", "one"], "ones"),
        cast,
    ];
    let model = model(nodes, &[whole("one", &[], 1)], vec![open("x")]);
    for (shape, expected) in [([1, 2], [1.0, 0.0]), ([2, 1], [0.0, 1.0])] {
        let given = answer(&model, [floats("x", &shape, &[1.0, 2.0])]);
        assert_eq!(given, floats("y", &[2], &expected));
    }
}

#[test]
fn a_fraction_beyond_32_bits_is_cast_whole() {
    let to = AttributeProto {
        name: "to".to_owned(),
        r#type: AttributeType::Int as i32,
        i: I64,
        ..AttributeProto::default()
    };
    let mut cast = node("Cast", &["x"], "y");
    cast.attribute.push(to);
    let model = model(vec![cast], &[], vec![open("x")]);
    let given = floats("x", &[1, 3], &[3e9, -3e9, 1.75]);
    let tensor = Tensor::new(
        vec![1, 3],
        Data::I64(vec![3_000_000_000, -3_000_000_000, 1]),
    );
    let tensor = tensor.expect("the shape fits");
    assert_eq!(answer(&model, [given]).tensor, tensor);
}

#[test]
fn one_value_in_a_list_goes_for_a_scalar_and_never_the_other_way_round() {
    let inputs = vec![value("s", F32, &[]), value("o", F32, &[Size::DimValue(1)])];
    let model = model(vec![node("Add", &["s", "o"], "y")], &[], inputs);
    let given = |s: &[usize], o: &[usize]| vec![floats("s", s, &[1.0]), floats("o", o, &[2.0])];
    assert_eq!(answer(&model, given(&[], &[1])), floats("y", &[1], &[3.0]));
    let refused = |given| match model.run(given) {
        Err(Error::Input(mismatch)) => mismatch.message,
        other => panic!("not refused: {:?}", other.map(drop)),
    };
    assert_eq!(answer(&model, given(&[1], &[1])), floats("y", &[1], &[3.0]));
    let text = refused(given(&[1, 1], &[1]));
    assert_eq!(text, "input `s` must have shape [], not [1, 1]");
    let text = refused(given(&[], &[]));
    assert_eq!(text, "input `o` must have shape [1], not []");
}

/// A model of `x`, of any size, and a flag `c` that chooses how `y` is made.
fn choosing(then: GraphProto, other: GraphProto) -> Model {
    let inputs = vec![open("x"), value("c", BOOL, &[])];
    model(vec![chosen(then, other)], &[], inputs)
}

fn model(nodes: Vec<NodeProto>, constants: &[TensorProto], inputs: Vec<ValueInfoProto>) -> Model {
    let file = File::read(&written(nodes, constants, inputs)).expect("it is ONNX");
    Model::load(file).expect("it loads")
}

/// The file of a model that makes `y`.
pub(crate) fn written(
    nodes: Vec<NodeProto>,
    constants: &[TensorProto],
    inputs: Vec<ValueInfoProto>,
) -> Vec<u8> {
    let graph = GraphProto {
        node: nodes,
        initializer: constants.to_vec(),
        input: inputs,
        output: vec![any("y")],
        ..GraphProto::default()
    };
    let import = OperatorSetIdProto {
        domain: String::new(),
        version: 17,
    };
    let proto = ModelProto {
        ir_version: 8,
        opset_import: vec![import],
        graph: Some(graph),
        ..ModelProto::default()
    };
    proto.encode_to_vec()
}

/// The same, of one input and an output of its type.
pub(crate) fn written_typed(
    nodes: Vec<NodeProto>,
    input: ValueInfoProto,
    output: ValueInfoProto,
) -> Vec<u8> {
    let bytes = written(nodes, &[], vec![input]);
    let mut proto = ModelProto::decode(bytes.as_slice()).expect("it was written");
    if let Some(graph) = &mut proto.graph {
        graph.output = vec![output];
    }
    proto.encode_to_vec()
}

/// So many values of a type.
pub(crate) fn vector(name: &str, elem_type: i32, length: i64) -> ValueInfoProto {
    value(name, elem_type, &[Size::DimValue(length)])
}

fn answer(model: &Model, given: impl IntoIterator<Item = NamedTensor>) -> NamedTensor {
    let mut outputs = model.run(given.into_iter().collect()).expect("it runs");
    outputs.remove(0)
}

pub(crate) fn node(operator: &str, inputs: &[&str], output: &str) -> NodeProto {
    NodeProto {
        op_type: operator.to_owned(),
        input: inputs.iter().map(|name| (*name).to_owned()).collect(),
        output: vec![output.to_owned()],
        ..NodeProto::default()
    }
}

/// An `If` on `c` that makes `y`.
fn chosen(then: GraphProto, other: GraphProto) -> NodeProto {
    let graph = |name: &str, graph| AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Graph as i32,
        g: Some(graph),
        ..AttributeProto::default()
    };
    NodeProto {
        attribute: vec![graph("then_branch", then), graph("else_branch", other)],
        ..node("If", &["c"], "y")
    }
}

fn branch(nodes: Vec<NodeProto>, output: &str) -> GraphProto {
    GraphProto {
        node: nodes,
        output: vec![any(output)],
        ..GraphProto::default()
    }
}

fn any(name: &str) -> ValueInfoProto {
    let tensor = TensorType {
        elem_type: F32,
        shape: None,
    };
    typed(name, tensor)
}

/// A table of any size.
fn open(name: &str) -> ValueInfoProto {
    let dim = |name: &str| Size::DimParam(name.to_owned());
    value(name, F32, &[dim("rows"), dim("columns")])
}

/// `x`, any number of rows of two.
pub(crate) fn pairs() -> ValueInfoProto {
    let rows = Size::DimParam("rows".to_owned());
    value("x", F32, &[rows, Size::DimValue(2)])
}

fn value(name: &str, elem_type: i32, dims: &[Size]) -> ValueInfoProto {
    let dim = |size: &Size| Dimension {
        value: Some(size.clone()),
        ..Dimension::default()
    };
    let shape = TensorShapeProto {
        dim: dims.iter().map(dim).collect(),
    };
    let tensor = TensorType {
        elem_type,
        shape: Some(shape),
    };
    typed(name, tensor)
}

fn typed(name: &str, tensor: TensorType) -> ValueInfoProto {
    let kind = TypeProto {
        value: Some(Value::TensorType(tensor)),
        ..TypeProto::default()
    };
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(kind),
        ..ValueInfoProto::default()
    }
}

fn whole(name: &str, dims: &[i64], value: i64) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        dims: dims.to_vec(),
        data_type: 7,
        int64_data: vec![value],
        ..TensorProto::default()
    }
}

fn floats(name: &str, shape: &[usize], values: &[f32]) -> NamedTensor {
    named(name, shape, Data::F32(values.to_vec()))
}

fn truth(name: &str, value: bool) -> NamedTensor {
    named(name, &[], Data::Bool(vec![value]))
}

fn named(name: &str, shape: &[usize], data: Data) -> NamedTensor {
    NamedTensor {
        name: name.to_owned(),
        tensor: Tensor::new(shape.to_vec(), data).expect("shape fits"),
    }
}
