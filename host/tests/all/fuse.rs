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
            let given: Vec<NamedTensor> = inputs(&case)
                .into_iter()
                .map(|input| resized(input, batch, length))
                .collect();
            let alone = plain.run(given.clone()).expect(&name);
            let together = fused.run(given).expect(&name);
            let (alone, together) = (&alone[0].tensor, &together[0].tensor);
            assert_eq!(alone.shape(), together.shape(), "{name}");
            let off = apart(floats(alone), floats(together));
            let most = tolerance(&name);
            assert!(off < most, "{name} is off by {off} at {batch} x {length}");
        }
    }
}

/// Where numbers are rounded to 8 bits on the way, the last bit before that may come to much after it.
fn tolerance(name: &str) -> f32 {
    if name.starts_with("int8") { 0.05 } else { 1e-5 }
}

/// The same numbers again and again, in [batch, length, ..].
fn resized(input: NamedTensor, batch: usize, length: usize) -> NamedTensor {
    let mut shape = input.tensor.shape().to_vec();
    (shape[0], shape[1]) = (batch, length);
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
    assert!(model["fused"].as_u64().expect("a number") > 40, "{model}");
    assert_eq!(model["unfused"], Value::Null);
}
