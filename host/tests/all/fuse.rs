//! Claims about fused operators: what exporters write is found, and answers as it does when each operator runs alone.
//! What must come out is onnxruntime's, by `data/fuse/make.py`.

use modelhost::model::{File, Model};
use modelhost::tensor::{Data, NamedTensor, Tensor};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::server::{Server, demo, root};

fn data() -> PathBuf {
    root().join("host/tests/data/fuse")
}

fn cases() -> Map<String, Value> {
    let text = std::fs::read_to_string(data().join("expected.json")).expect("reads");
    serde_json::from_str(&text).expect("JSON")
}

fn file(path: PathBuf) -> File {
    File::read(&std::fs::read(path).expect("reads")).expect("a model")
}

/// The shape of nested lists, and their numbers.
fn flat(value: &Value, shape: &mut Vec<usize>, depth: usize, numbers: &mut Vec<f64>) {
    if let Value::Array(values) = value {
        if shape.len() == depth {
            shape.push(values.len());
        }
        for value in values {
            flat(value, shape, depth + 1, numbers);
        }
    } else {
        numbers.push(value.as_f64().expect("a number"));
    }
}

fn inputs(case: &Value) -> Vec<NamedTensor> {
    let given = case["inputs"].as_object().expect("inputs");
    let input = |(name, value): (&String, &Value)| {
        let (mut shape, mut numbers) = (Vec::new(), Vec::new());
        flat(value, &mut shape, 0, &mut numbers);
        let data = if name == "x" {
            Data::F32(numbers.into_iter().map(|it| it as f32).collect())
        } else {
            Data::I64(numbers.into_iter().map(|it| it as i64).collect())
        };
        NamedTensor {
            name: name.clone(),
            tensor: Tensor::new(shape, data).expect("shape fits"),
        }
    };
    given.iter().map(input).collect()
}

fn floats(tensor: &Tensor) -> &[f32] {
    match tensor.data() {
        Data::F32(numbers) => numbers,
        other => panic!("{} is not f32", other.dtype()),
    }
}

fn apart(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let pairs = a.iter().zip(b);
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn encoders_of_both_exporters_are_fused_and_answer_as_onnxruntime() {
    let mut found = BTreeMap::new();
    for (name, case) in cases() {
        let model = Model::load(file(data().join(format!("{name}.onnx")))).expect(&name);
        let answer = model.run(inputs(&case)).expect(&name);
        let (mut shape, mut expected) = (Vec::new(), Vec::new());
        flat(&case["out"], &mut shape, 0, &mut expected);
        let expected: Vec<f32> = expected.into_iter().map(|it| it as f32).collect();
        assert_eq!(answer[0].tensor.shape(), shape, "{name}");
        let off = apart(floats(&answer[0].tensor), &expected);
        assert!(off < tolerance(&name), "{name} is off by {off}");
        assert_eq!(model.plan_kind(), "symbolic", "{name}");
        assert_eq!(model.fusion().left_out, None, "{name}");
        // On some machines sums of whole numbers are not exact, and products stay tract's.
        if !name.starts_with("int8") {
            found.insert(name, model.fusion().operators);
        }
    }
    let text = std::fs::read_to_string(data().join("operators.json")).expect("reads");
    let expected: BTreeMap<String, usize> = serde_json::from_str(&text).expect("JSON");
    assert_eq!(found, expected);
}

#[test]
fn a_fused_model_answers_as_the_unfused_one_at_every_size() {
    for (name, case) in cases() {
        let path = data().join(format!("{name}.onnx"));
        let fused = Model::load(file(path.clone())).expect(&name);
        let plain = Model::load_unfused(file(path)).expect(&name);
        assert_eq!(plain.fusion().operators, 0);
        for (batch, length) in [(1, 2), (3, 2), (2, 7), (5, 16)] {
            let inputs = inputs(&case).into_iter();
            let inputs = inputs.map(|input| resized(input, &plain, batch, length));
            let off = between(&fused, &plain, inputs.collect());
            let most = tolerance(&name);
            assert!(off < most, "{name} is off by {off} at {batch} x {length}");
        }
    }
}

/// How far apart two models answer.
fn between(one: &Model, other: &Model, inputs: Vec<NamedTensor>) -> f32 {
    let one = one.run(inputs.clone()).expect("it answers");
    let other = other.run(inputs).expect("it answers");
    assert_eq!(one[0].tensor.shape(), other[0].tensor.shape());
    apart(floats(&one[0].tensor), floats(&other[0].tensor))
}

#[test]
fn small_operators_between_layers_run_as_one() {
    let path = data().join("small-script17.onnx");
    let fused = Model::load(file(path.clone())).expect("it loads");
    let plain = Model::load_unfused(file(path)).expect("it loads");
    let inputs = |batch| plain.made_up(batch, 0).expect("inputs");
    let apart = plain.operators(inputs(3)).expect("a plan");
    let together = fused.operators(inputs(3)).expect("a plan");
    assert!(apart > 90 && together < 12, "{apart} and {together}");
    for batch in [1, 2, 7, 64] {
        let off = between(&fused, &plain, inputs(batch));
        assert!(off < 1e-5, "they are off by {off} at {batch}");
    }
}

#[test]
fn what_is_no_longer_small_runs_alone() {
    let path = data().join("small-script17.onnx");
    let fused = Model::load(file(path.clone())).expect("it loads");
    let plain = Model::load_unfused(file(path)).expect("it loads");
    let inputs = |batch| plain.made_up(batch, 0).expect("inputs");
    // Of [batch, 5, 16] numbers and more, some values have more than 32768 from here on, and some have not.
    let some = fused.operators(inputs(500)).expect("a plan");
    let all = fused.operators(inputs(10_000)).expect("a plan");
    assert!(all > some && some > 11, "{some} and {all}");
    for batch in [500, 10_000] {
        let off = between(&fused, &plain, inputs(batch));
        assert!(off < 1e-4, "they are off by {off} at {batch}");
    }
}

/// Where numbers are rounded to 8 bits on the way, the last bit before that may come to much after it.
fn tolerance(name: &str) -> f32 {
    if name.starts_with("int8") { 0.05 } else { 1e-5 }
}

/// The same numbers again and again, in [batch, length, ..] where these are open.
fn resized(input: NamedTensor, model: &Model, batch: usize, length: usize) -> NamedTensor {
    let mut ports = model.signature().inputs.iter();
    let port = ports.find(|port| port.name == input.name);
    let sized = port.and_then(|port| port.sized(|axis, _| [batch, length][axis]));
    let shape = sized.expect("its rank is known");
    let count = shape.iter().product();
    let data = match input.tensor.data() {
        Data::I64(ids) => Data::I64(ids.iter().copied().cycle().take(count).collect()),
        Data::F32(numbers) => Data::F32(numbers.iter().copied().cycle().take(count).collect()),
        other => panic!("{} is not made", other.dtype()),
    };
    NamedTensor {
        name: input.name,
        tensor: Tensor::new(shape, data).expect("shape fits"),
    }
}

#[tokio::test]
async fn what_is_fused_is_said() {
    let server = Server::start(&demo());
    let model = server.get("/models/retail-demand").await.json();
    assert!(model["fused"].as_u64().expect("a number") > 30, "{model}");
    assert_eq!(model["unfused"], Value::Null);
}
