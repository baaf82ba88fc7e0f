//! A model without plugins: four lines of YAML, named tensors in and out.
//! Writes its own tiny ONNX files, byte by byte, so that nothing hides how small they are.

use crate::server::Server;
use serde_json::json;
use std::path::Path;

/// A protobuf field: number and bytes.
fn bytes(field: u8, content: &[u8]) -> Vec<u8> {
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
    let mut node = Vec::new();
    for (name, _) in inputs {
        node.extend(bytes(1, name.as_bytes()));
    }
    node.extend(bytes(2, b"y"));
    node.extend(bytes(4, op.as_bytes()));
    let mut graph = [bytes(1, &node), bytes(2, b"g")].concat();
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
