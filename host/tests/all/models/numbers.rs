//! Single operators on numbers that tract alone has wrong: what onnxruntime gives for the same.
//! Must not know how a model is planned.

use super::*;

#[test]
fn whole_numbers_are_reduced_beyond_32_bits() {
    let large = i64s("x", &[2, 2], &[1 << 40, 3, -(1 << 40), -2]);
    for (operator, expected) in [
        ("ReduceMean", [549_755_813_889, -549_755_813_889]),
        ("ReduceMax", [1 << 40, -2]),
        ("ReduceMin", [3, -(1 << 40)]),
        ("ReduceProd", [3 << 40, 2 << 40]),
        ("ReduceL1", [(1 << 40) + 3, (1 << 40) + 2]),
        ("ReduceSumSquare", [i64::MAX, i64::MAX]),
    ] {
        let mut reduce = node(operator, &["x"], "y");
        reduce.attribute.push(wholes("axes", &[1]));
        reduce.attribute.push(number("keepdims", 0));
        let given = [large.clone()];
        assert_eq!(
            made(reduce, &given),
            i64s("y", &[2], &expected),
            "{operator}"
        );
    }
}

#[test]
fn a_sum_of_exponentials_does_not_overflow() {
    let given = [floats("x", &[1, 2], &[100.0, 100.0])];
    let sum = made(node("ReduceLogSumExp", &["x"], "y"), &given);
    assert_eq!(sum, floats("y", &[1, 1], &[100.693_146]));
    let soft = made(node("Softplus", &["x"], "y"), &given);
    assert_eq!(soft, floats("y", &[1, 2], &[100.0, 100.0]));
}

#[test]
fn the_largest_of_nothing_is_no_number() {
    let mut max = node("ReduceMax", &["x"], "y");
    max.attribute.push(wholes("axes", &[1]));
    let model = model(vec![max], &[], vec![open("x")]);
    let given = model.run(vec![floats("x", &[1, 0], &[])]);
    assert!(matches!(given, Err(Error::NonFinite(_))));
    let some = floats("x", &[1, 2], &[-3.0, -4.0]);
    assert_eq!(answer(&model, [some]), floats("y", &[1, 1], &[-3.0]));
}

#[test]
fn the_largest_truth_is_whether_any_is() {
    let truths =
        |name, shape: &[usize], values: &[bool]| named(name, shape, Data::Bool(values.to_vec()));
    let given = [truths("x", &[2, 2], &[true, false, false, false])];
    let mut max = node("ReduceMax", &["x"], "y");
    max.attribute = vec![wholes("axes", &[1]), number("keepdims", 0)];
    assert_eq!(made(max, &given), truths("y", &[2], &[true, false]));
}

#[test]
fn the_place_of_the_largest_size_is_found() {
    let nodes = vec![node("Shape", &["x"], "s"), node("ArgMax", &["s"], "y")];
    let model = model(nodes, &[], vec![open("x")]);
    let given = floats("x", &[1, 2], &[1.0, 2.0]);
    assert_eq!(answer(&model, [given]), i64s("y", &[1], &[1]));
}

#[test]
fn a_gate_that_is_shut_lets_nothing_through() {
    let gate = node("Sigmoid", &["x"], "gate");
    let model = model(
        vec![gate, node("Mul", &["x", "gate"], "y")],
        &[],
        vec![open("x")],
    );
    let given = floats("x", &[1, 2], &[-1e4, 1e4]);
    assert_eq!(answer(&model, [given]), floats("y", &[1, 2], &[0.0, 1e4]));
}

#[test]
fn a_square_of_whole_numbers_wraps_around() {
    let square = node("Mul", &["x", "x"], "y");
    let bytes = |values: &[u8]| named("x", &[2], Data::U8(values.to_vec()));
    let mut expected = bytes(&[9, 144]);
    expected.name = "y".to_owned();
    assert_eq!(made(square.clone(), &[bytes(&[3, 20])]), expected);
    let large = i64s("x", &[2], &[1 << 33, -3]);
    assert_eq!(made(square, &[large]), i64s("y", &[2], &[0, 9]));
    let power = model(
        vec![node("Pow", &["x", "by"], "y")],
        &[whole("by", &[], 2)],
        vec![declared(&i64s("x", &[2], &[0, 0]))],
    );
    let given = i64s("x", &[2], &[(1 << 33) + 1, -3]);
    assert_eq!(
        answer(&power, [given]),
        i64s("y", &[2], &[(1 << 34) + 1, 9])
    );
}

#[test]
fn a_whole_division_rounds_towards_zero_and_refuses_zero() {
    let nodes = vec![
        node("Shape", &["x"], "shape"),
        node("Sub", &["shape", "ten"], "less"),
        node("Div", &["less", "two"], "y"),
    ];
    let constants = [whole("ten", &[1], 10), whole("two", &[1], 2)];
    let halves = model(nodes, &constants, vec![open("x")]);
    let given = floats("x", &[1, 5], &[0.0; 5]);
    assert_eq!(answer(&halves, [given]), i64s("y", &[2], &[-4, -2]));
    let both = [i64s("a", &[1], &[1]), i64s("b", &[1], &[0])];
    let inputs = both.iter().map(declared).collect();
    let divided = model(vec![node("Div", &["a", "b"], "y")], &[], inputs);
    let error = divided.run(both.to_vec()).expect_err("no answer");
    let text = error.to_string();
    assert!(text.contains("a whole number is divided by 0"), "{text}");
}

#[test]
fn a_size_meets_numbers_beyond_32_bits() {
    let large = whole("large", &[1], 1_000_000_000_000);
    for (operator, expected) in [
        ("Add", [1_000_000_000_002, 1_000_000_000_003]),
        ("Max", [1_000_000_000_000, 1_000_000_000_000]),
        ("Min", [2, 3]),
        ("Mul", [2_000_000_000_000, 3_000_000_000_000]),
    ] {
        let nodes = vec![
            node("Shape", &["x"], "shape"),
            node(operator, &["shape", "large"], "y"),
        ];
        let model = model(nodes, std::slice::from_ref(&large), vec![open("x")]);
        let given = floats("x", &[2, 3], &[0.0; 6]);
        let answered = answer(&model, [given]);
        assert_eq!(answered, i64s("y", &[2], &expected), "{operator}");
    }
}

/// As exporters write "to the end".
#[test]
fn an_end_beyond_all_sizes_stays_beyond() {
    let end = whole("end", &[1], i64::MAX);
    let mut starts = whole("starts", &[2], 0);
    starts.int64_data = vec![0, 1];
    let mut concat = node("Concat", &["shape", "end"], "ends");
    concat.attribute.push(number("axis", 0));
    let mut shape = node("Shape", &["x"], "shape");
    shape.attribute.push(number("end", 1));
    let nodes = vec![shape, concat, node("Slice", &["x", "starts", "ends"], "y")];
    let model = model(nodes, &[end, starts], vec![open("x")]);
    let given = floats("x", &[1, 3], &[1.0, 2.0, 3.0]);
    assert_eq!(answer(&model, [given]), floats("y", &[1, 2], &[2.0, 3.0]));
}

#[test]
fn truths_are_compared() {
    let truths = |name, values: &[bool]| named(name, &[2], Data::Bool(values.to_vec()));
    let given = [truths("a", &[true, false]), truths("b", &[false, false])];
    let expected = truths("y", &[false, true]);
    assert_eq!(made(node("Equal", &["a", "b"], "y"), &given), expected);
}

#[test]
fn what_is_cast_to_i64_is_summed_up() {
    let mut cast = node("Cast", &["x"], "wide");
    cast.attribute.push(number("to", I64));
    let nodes = vec![cast, node("CumSum", &["wide", "axis"], "y")];
    let given = named("x", &[3], Data::I32(vec![1, 2, 3]));
    let axis = whole("axis", &[], 0);
    let model = model(nodes, &[axis], vec![declared(&given)]);
    assert_eq!(answer(&model, [given]), i64s("y", &[3], &[1, 3, 6]));
}

#[test]
fn indices_count_from_the_back_too_and_not_beyond() {
    let data = floats("x", &[2, 2], &[1.0, 2.0, 3.0, 4.0]);
    let at = |index| i64s("at", &[1, 2], &[index, -2]);
    let gather = node("GatherND", &["x", "at"], "y");
    let taken = made(gather.clone(), &[data.clone(), at(-1)]);
    assert_eq!(taken, floats("y", &[1], &[3.0]));
    let scatter = node("ScatterND", &["x", "at", "new"], "y");
    let put = [data.clone(), at(-1), floats("new", &[1], &[9.0])];
    let expected = floats("y", &[2, 2], &[1.0, 2.0, 9.0, 4.0]);
    assert_eq!(made(scatter, &put), expected);
    let inputs = [&data, &at(2)].map(declared).to_vec();
    let model = model(vec![gather], &[], inputs);
    let error = model.run(vec![data, at(2)]).expect_err("no answer");
    let text = error.to_string();
    assert!(
        text.contains("index 2 is outside of an axis of size 2"),
        "{text}"
    );
}

#[test]
fn a_pad_below_zero_takes_away() {
    let mut pads = whole("pads", &[4], 0);
    pads.int64_data = vec![-1, 1, 1, -1];
    let pad = node("Pad", &["x", "pads"], "y");
    let model = model(vec![pad], &[pads], vec![open("x")]);
    let given = floats("x", &[2, 2], &[1.0, 2.0, 3.0, 4.0]);
    let expected = floats("y", &[2, 2], &[0.0, 3.0, 0.0, 0.0]);
    assert_eq!(answer(&model, [given]), expected);
}

#[test]
fn a_class_that_is_not_there_is_nowhere_hot() {
    let mut values = whole("values", &[2], 0);
    values.int64_data = vec![5, 7];
    let nodes = vec![node("OneHot", &["x", "depth", "values"], "y")];
    let given = i64s("x", &[3], &[1, -2, 2]);
    let constants = [whole("depth", &[], 2), values];
    let model = model(nodes, &constants, vec![declared(&given)]);
    let expected = i64s("y", &[3, 2], &[5, 7, 7, 5, 5, 5]);
    assert_eq!(answer(&model, [given]), expected);
}

#[test]
fn columns_of_one_row_are_a_row() {
    let mut taken = node("ArrayFeatureExtractor", &["x", "columns"], "y");
    taken.domain = "ai.onnx.ml".to_owned();
    let given = [
        i64s("x", &[3], &[10, 20, 30]),
        i64s("columns", &[1, 2], &[2, 0]),
    ];
    assert_eq!(made(taken, &given), i64s("y", &[1, 2], &[30, 10]));
}

#[test]
fn sizes_are_summed_up() {
    let nodes = vec![
        node("Shape", &["x"], "s"),
        node("CumSum", &["s", "axis"], "y"),
    ];
    let model = model(nodes, &[whole("axis", &[], 0)], vec![open("x")]);
    let given = floats("x", &[2, 3], &[0.0; 6]);
    assert_eq!(answer(&model, [given]), i64s("y", &[2], &[2, 5]));
}

#[test]
fn a_window_larger_than_its_input_is_refused() {
    let mut pool = node("MaxPool", &["x"], "y");
    pool.attribute.push(wholes("kernel_shape", &[3]));
    let mut pads = whole("pads", &[6], 0);
    pads.int64_data = vec![0, 0, 2, 0, 0, 0];
    let mut reflect = node("Pad", &["x", "pads"], "y");
    reflect.attribute.push(AttributeProto {
        name: "mode".to_owned(),
        r#type: AttributeType::String as i32,
        s: b"reflect".to_vec(),
        ..AttributeProto::default()
    });
    let given = |size: usize| vec![floats("x", &[1, 1, size], &vec![1.0; size])];
    for (node, text) in [
        (
            pool,
            "node `y` takes a window of 3 over 1, of which 0 are padding",
        ),
        (
            reflect,
            "node `y` takes a reflection of 2 over an axis of size 1",
        ),
    ] {
        let inputs = given(1).iter().map(declared).collect();
        let model = model(vec![node], &[pads.clone()], inputs);
        let error = model.run(given(1)).expect_err("no answer");
        assert_eq!(error.to_string(), format!("the model failed: {text}"));
        assert!(model.run(given(3)).is_ok());
    }
}

#[test]
fn a_gemm_has_factors_of_any_width() {
    let mut gemm = node("Gemm", &["a", "b", "c"], "y");
    gemm.attribute.push(AttributeProto {
        name: "alpha".to_owned(),
        r#type: AttributeType::Float as i32,
        f: 0.5,
        ..AttributeProto::default()
    });
    let f64s = |name, values: &[f64]| named(name, &[1, 1], Data::F64(values.to_vec()));
    let given = [f64s("a", &[4.0]), f64s("b", &[3.0]), f64s("c", &[1.0])];
    assert_eq!(made(gemm.clone(), &given), f64s("y", &[7.0]));
    let f16s = |name, bits: u16| named(name, &[1, 1], Data::F16(vec![bits]));
    let given = [f16s("a", 0x4400), f16s("b", 0x4200), f16s("c", 0x3c00)];
    assert_eq!(made(gemm, &given), f16s("y", 0x4700));
}

#[test]
fn a_mask_of_truths_hides() {
    let attention = node("Attention", &["q", "k", "v", "mask"], "y");
    let mask = |seen: [bool; 2]| named("mask", &[1, 2], Data::Bool(seen.to_vec()));
    let given = |seen| {
        let one = floats("q", &[1, 1, 1, 1], &[1.0]);
        let two = |name| floats(name, &[1, 1, 2, 1], &[3.0, 5.0]);
        vec![one, two("k"), two("v"), mask(seen)]
    };
    let answered = made(attention.clone(), &given([false, true]));
    assert_eq!(answered, floats("y", &[1, 1, 1, 1], &[5.0]));
    // As onnxruntime has it.
    let nothing = made(attention, &given([false, false]));
    assert_eq!(nothing, floats("y", &[1, 1, 1, 1], &[0.0]));
}

#[test]
fn a_mask_of_one_row_hides_in_all_of_them() {
    let attention = node("Attention", &["q", "k", "v", "mask"], "y");
    let two = |name, numbers: &[f32]| floats(name, &[1, 1, 2, 1], numbers);
    let mask = floats("mask", &[1, 1, 1, 2], &[f32::MIN, 0.0]);
    let given = [
        two("q", &[1.0, 2.0]),
        two("k", &[3.0, 5.0]),
        two("v", &[7.0, 9.0]),
        mask,
    ];
    assert_eq!(made(attention, &given), two("y", &[9.0, 9.0]));
}

#[test]
fn a_node_that_breaks_off_is_named() {
    let given = [
        floats("x", &[1, 2], &[1.0, 2.0]),
        i64s("at", &[1, 2], &[0, 7]),
    ];
    let inputs = given.iter().map(declared).collect();
    let gather = node("GatherElements", &["x", "at"], "y");
    let model = model(vec![gather], &[], inputs);
    let error = model.run(given.to_vec()).expect_err("no answer");
    let text = error.to_string();
    let named = "the model failed: node `y`: the engine panicked: ";
    assert!(text.starts_with(named), "{text}");
}

#[test]
fn corners_are_aligned_over_whole_sizes() {
    let text = |name: &str, text: &str| AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::String as i32,
        s: text.as_bytes().to_vec(),
        ..AttributeProto::default()
    };
    let mut resize = node("Resize", &["x", "", "scales"], "y");
    let corners = text("coordinate_transformation_mode", "align_corners");
    resize.attribute.push(corners);
    let scales = TensorProto {
        name: "scales".to_owned(),
        dims: vec![2],
        data_type: F32,
        float_data: vec![1.0, 0.55],
        ..TensorProto::default()
    };
    let given = floats("x", &[1, 6], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    for (mode, expected) in [("nearest", [0.0, 2.0, 5.0]), ("linear", [0.0, 2.5, 5.0])] {
        let mut resize = resize.clone();
        resize.attribute.push(text("mode", mode));
        let model = model(vec![resize], std::slice::from_ref(&scales), vec![open("x")]);
        let answered = answer(&model, [given.clone()]);
        assert_eq!(answered, floats("y", &[1, 3], &expected), "{mode}");
    }
}

/// What a model of `node` alone answers.
pub(super) fn made(node: NodeProto, given: &[NamedTensor]) -> NamedTensor {
    let inputs = given.iter().map(declared).collect();
    answer(&model(vec![node], &[], inputs), given.to_vec())
}

/// An input for `tensor`, and for any other of its rank.
fn declared(tensor: &NamedTensor) -> ValueInfoProto {
    let rank = tensor.tensor.shape().len();
    let dims = (0..rank).map(|axis| Size::DimParam(format!("{}.{axis}", tensor.name)));
    let dims: Vec<Size> = dims.collect();
    let elem_type = match tensor.tensor.data() {
        Data::F32(_) => F32,
        Data::U8(_) => 2,
        Data::I32(_) => 6,
        Data::I64(_) => 7,
        Data::Bool(_) => BOOL,
        Data::F16(_) => 10,
        Data::F64(_) => 11,
        other => panic!("{other:?}"),
    };
    value(&tensor.name, elem_type, &dims)
}

pub(super) fn i64s(name: &str, shape: &[usize], values: &[i64]) -> NamedTensor {
    named(name, shape, Data::I64(values.to_vec()))
}

pub(super) fn number(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Int as i32,
        i: value,
        ..AttributeProto::default()
    }
}

pub(super) fn wholes(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Ints as i32,
        ints: values.to_vec(),
        ..AttributeProto::default()
    }
}
