//! A model without plugins: four lines of YAML, named tensors in and out.
//! Writes its own tiny ONNX files, byte by byte, so that nothing hides how small they are.

use crate::server::Server;
use serde_json::{Value, json};
use std::path::Path;

/// Clients that ask at once, and how often each.
const CLIENTS: u64 = 6;
const REQUESTS: usize = 150;

/// A protobuf field: number and bytes.
pub(crate) fn bytes(field: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![field << 3 | 2];
    let mut length = content.len();
    while length >= 0x80 {
        out.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend_from_slice(content);
    out
}

/// A protobuf field: number and small integer.
fn number(field: u8, value: u8) -> Vec<u8> {
    vec![field << 3, value]
}

/// `name: dtype[batch, n]` as a ValueInfoProto.
fn value_info(name: &str, dtype: u8) -> Vec<u8> {
    let dim = |symbol: &str| bytes(1, &bytes(2, symbol.as_bytes()));
    let shape = [dim("batch"), dim("n")].concat();
    let tensor = [number(1, dtype), bytes(2, &shape)].concat();
    [bytes(1, name.as_bytes()), bytes(2, &bytes(1, &tensor))].concat()
}

/// An ONNX file of one node, `y = op(inputs)`.
fn model(op: &str, inputs: &[(&str, u8)], initializer: &[u8]) -> Vec<u8> {
    let names: Vec<&str> = inputs.iter().map(|(name, _)| *name).collect();
    model_of(&[node(op, &names, "y")], inputs, initializer)
}

fn node(op: &str, inputs: &[&str], output: &str) -> Vec<u8> {
    let inputs: Vec<u8> = inputs
        .iter()
        .flat_map(|name| bytes(1, name.as_bytes()))
        .collect();
    let rest = [bytes(2, output.as_bytes()), bytes(4, op.as_bytes())].concat();
    bytes(1, &[inputs, rest].concat())
}

/// An ONNX file of `nodes`, which make `y`.
fn model_of(nodes: &[Vec<u8>], inputs: &[(&str, u8)], initializer: &[u8]) -> Vec<u8> {
    let mut graph = [nodes.concat(), bytes(2, b"g")].concat();
    if !initializer.is_empty() {
        graph.extend(bytes(5, initializer));
    }
    for (name, dtype) in inputs.iter().filter(|(name, _)| *name != "table") {
        graph.extend(bytes(11, &value_info(name, *dtype)));
    }
    graph.extend(bytes(12, &value_info("y", 1)));
    let opset = bytes(8, &number(2, 17));
    [number(1, 8), bytes(7, &graph), opset].concat()
}

/// Writes `identity.onnx`: `y = x`, f32 `[batch, n]`.
pub(crate) fn identity(folder: &Path) {
    let file = model("Identity", &[("x", 1)], &[]);
    std::fs::write(folder.join("identity.onnx"), file).expect("writes");
}

fn four_lines(folder: &Path, file: &str) -> std::path::PathBuf {
    let manifest = folder.join("m.yaml");
    let text = format!("name: m\nmodel:\n  path: .\n  file: {file}\n");
    std::fs::write(&manifest, text).expect("writes");
    manifest
}

/// Four lines serve any ONNX file, with its own tensors as request and answer.
#[tokio::test(flavor = "multi_thread")]
async fn four_lines_serve_a_model_with_its_own_tensors() {
    let folder = tempfile::tempdir().expect("a folder");
    identity(folder.path());
    let server = Server::start(&four_lines(folder.path(), "identity.onnx"));
    for x in [
        json!([[1.5, -2.0]]),
        json!([[1.0], [2.0], [3.0]]),
        json!([[0.1]]),
    ] {
        let answer = server.post("/predict", &json!({"inputs": {"x": x}})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.json()["outputs"]["y"], x);
    }
    for (inputs, field) in [
        (json!({}), "/inputs/x"),
        (json!({"x": [1.0]}), "/inputs/x"),
        (json!({"x": [[1.0], [1.0, 2.0]]}), "/inputs/x"),
        (json!({"x": [["a"]]}), "/inputs/x"),
        (json!({"x": [[1e39]]}), "/inputs/x"),
        (json!({"z": [[1.0]], "x": [[1.0]]}), "/inputs/z"),
    ] {
        let answer = server.post("/predict", &json!({ "inputs": inputs })).await;
        let (error, _, found) = answer.refusal(422);
        assert!(found.starts_with(field), "{inputs}: {error} at {found}");
    }
    let model = server.get("/models/m").await.json();
    let x = &model["request_schema"]["properties"]["inputs"]["properties"]["x"];
    assert_eq!(
        x["x-tensor"],
        json!({"dtype": "f32", "shape": ["batch", "n"]})
    );
    assert_eq!(model["task"], json!(null));
}

/// An id outside of the table would make tract panic; it is refused before, and the next request is right.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_outside_its_table_is_refused_and_the_next_request_right() {
    let folder = tempfile::tempdir().expect("a folder");
    // f32 [3], 10 20 30.
    let raw: Vec<u8> = [10f32, 20.0, 30.0]
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let table = [
        number(1, 3),
        number(2, 1),
        bytes(8, b"table"),
        bytes(9, &raw),
    ]
    .concat();
    let file = model("Gather", &[("table", 1), ("ids", 7)], &table);
    std::fs::write(folder.path().join("gather.onnx"), file).expect("writes");
    let server = Server::start(&four_lines(folder.path(), "gather.onnx"));
    for bad in [
        json!([[3]]),
        json!([[-1]]),
        json!([[i64::MAX]]),
        json!([[0.5]]),
    ] {
        let answer = server
            .post("/predict", &json!({"inputs": {"ids": bad}}))
            .await;
        assert_eq!(answer.refusal(422).2, "/inputs/ids");
        let good = server
            .post("/predict", &json!({"inputs": {"ids": [[2, 0]]}}))
            .await;
        assert_eq!(good.json()["outputs"]["y"], json!([[30.0, 10.0]]));
    }
}

/// Knuth's linear congruential generator: the same requests in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 33) % sides
    }

    fn matrix(&mut self, rows: u64, columns: u64) -> Vec<Vec<f32>> {
        let mut row = || (0..columns).map(|_| self.roll(64) as f32 / 4.0).collect();
        (0..rows).map(|_| row()).collect()
    }
}

/// f32 [3, 2].
const WEIGHTS: [[f32; 2]; 3] = [[0.5, -2.0], [4.0, 1.0], [0.25, 8.0]];

/// [`WEIGHTS`] as the TensorProto `table`.
fn weights() -> Vec<u8> {
    let numbers = WEIGHTS.iter().flatten();
    let raw: Vec<u8> = numbers.flat_map(|it| it.to_le_bytes()).collect();
    let dims = [number(1, 3), number(1, 2)].concat();
    [dims, number(2, 1), bytes(8, b"table"), bytes(9, &raw)].concat()
}

fn product(x: &[Vec<f32>]) -> Value {
    let sum = |row: &Vec<f32>, column: usize| -> f32 {
        row.iter()
            .zip(WEIGHTS)
            .map(|(x, weights)| x * weights[column])
            .sum()
    };
    let row = |row| [sum(row, 0), sum(row, 1)];
    json!(x.iter().map(row).collect::<Vec<_>>())
}

/// `inputs` of a request that has to be refused: by the JSON, by the signature, and by the engine alone.
fn bad(dice: &mut Dice) -> Value {
    match dice.roll(9) {
        // The file leaves the columns open; only the product knows that there are three.
        0..=2 => {
            let (rows, columns) = (1 + dice.roll(5), [1, 2, 4, 5, 17][dice.roll(5) as usize]);
            json!({"x": dice.matrix(rows, columns)})
        }
        3 => json!({"x": dice.matrix(1, 3)[0]}),
        4 => json!({"x": [["a", "b", "c"]]}),
        5 => json!({}),
        6 => json!({"x": [[1, 2, 3], [1, 2]]}),
        // Finite, and the answer is not.
        7 => json!({"x": [[0, 0, 3e38]]}),
        _ => json!({"x": [[1, 2, 3]], "y": [[1]]}),
    }
}

/// Good and bad requests in turns that nobody planned, in shapes that come and go, from several clients at once.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_was_wrong_before_a_good_request_is_answered_rightly() {
    let folder = tempfile::tempdir().expect("a folder");
    let raw: Vec<u8> = WEIGHTS
        .iter()
        .flatten()
        .flat_map(|it| it.to_le_bytes())
        .collect();
    let dims = [number(1, 3), number(1, 2)].concat();
    let weights = [dims, number(2, 1), bytes(8, b"table"), bytes(9, &raw)].concat();
    // Another node reads `x`, so that the signature cannot know what the product takes.
    let nodes = [
        node("Abs", &["x"], "a"),
        node("MatMul", &["a", "table"], "y"),
    ];
    let file = model_of(&nodes, &[("x", 1)], &weights);
    std::fs::write(folder.path().join("product.onnx"), file).expect("writes");
    let server = Server::start(&four_lines(folder.path(), "product.onnx"));
    let client = async |seed| {
        let mut dice = Dice(seed);
        for _ in 0..REQUESTS {
            let is_good = dice.roll(2) == 0;
            let rows = 1 + dice.roll(12);
            let x = dice.matrix(rows, 3);
            let inputs = match is_good {
                true => json!({ "x": x }),
                false => bad(&mut dice),
            };
            let answer = server.post("/predict", &json!({ "inputs": inputs })).await;
            let (status, text) = (answer.status, &answer.text);
            if is_good {
                assert_eq!(status, 200, "{inputs}: {text}");
                assert_eq!(answer.json()["outputs"]["y"], product(&x), "{inputs}");
            } else {
                assert_eq!(status, 422, "{inputs}: {text}");
            }
        }
    };
    futures_util::future::join_all((0..CLIENTS).map(client)).await;
}

/// What a product of weights takes is part of the signature, also where the file leaves it open.
#[tokio::test(flavor = "multi_thread")]
async fn sizes_that_only_the_weights_decide_are_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let weights = weights();
    let file = model("MatMul", &[("x", 1), ("table", 1)], &weights);
    std::fs::write(folder.path().join("product.onnx"), file).expect("writes");
    let server = Server::start(&four_lines(folder.path(), "product.onnx"));
    let answer = server
        .post("/predict", &json!({"inputs": {"x": [[1]]}}))
        .await;
    let (error, _, field) = answer.refusal(422);
    assert_eq!(error, "input `x` must have shape [batch, 3], not [1, 1]");
    assert_eq!(field, "/inputs/x");
}
