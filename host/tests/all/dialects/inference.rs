//! The Open Inference Protocol, by Triton's own client and by hand.

use super::script;
use crate::client::finish;
use crate::models::node;
use crate::server::{Server, demo};
use crate::swap::{Folder, TOKEN, live, manifest};
use modelhost::model::{File, Model};
use modelhost::tensor::{Data, NamedTensor, Tensor};
use serde_json::{Value, json};

const MODEL: &str = "retail-demand";

#[tokio::test(flavor = "multi_thread")]
async fn tritons_client_finds_everything_that_it_asks_for() {
    let server = Server::start(&demo());
    let said = script("triton.py", &[&server.address, MODEL], "");
    for name in ["live", "ready", "model_ready"] {
        assert_eq!(said[name], true, "{name}");
    }
    assert_eq!(said["server"]["name"], "modelhost");
    assert_eq!(said["signature"]["platform"], "onnx_onnxv1");
    assert_eq!(said["signature"]["inputs"][0]["datatype"], "FP32");
    assert_eq!(said["signature"]["inputs"][0]["shape"][0], -1);
    assert_eq!(said["config"]["input"][0]["data_type"], "TYPE_FP32");
    assert_eq!(said["index"][0]["state"], "READY");
    let counted = &said["statistics"]["model_stats"][0]["inference_stats"]["success"]["count"];
    assert!(counted.as_u64() >= Some(6), "{counted}");
    assert_eq!(said["id"], "seven");
    assert_eq!(said["same"], json!([true, true, true, true, true]));

    // The same numbers as the model itself makes of these tensors.
    let file = crate::server::root().join("model-card/model.onnx");
    let file = File::read(&std::fs::read(file).expect("reads")).expect("ONNX");
    let model = Model::load(file).expect("loads");
    let tensor = |(name, values): (&String, &Value)| {
        let (mut shape, mut level) = (Vec::new(), values);
        while let Some(list) = level.as_array() {
            shape.push(list.len());
            level = &list[0];
        }
        let numbers = flat(values).into_iter().map(|x| x as f32).collect();
        NamedTensor {
            name: name.clone(),
            tensor: Tensor::new(shape, Data::F32(numbers)).expect("its own shape"),
        }
    };
    let inputs = said["inputs"].as_object().expect("inputs");
    let outputs = model
        .run(inputs.iter().map(tensor).collect())
        .expect("it runs");
    assert_eq!(json!(outputs[0].tensor.shape()), said["shape"]);
    let Data::F32(numbers) = outputs[0].tensor.data() else {
        panic!("not f32");
    };
    for (found, expected) in flat(&said["output"]).iter().zip(numbers) {
        assert!((found - f64::from(*expected)).abs() < 1e-4);
    }

    assert_eq!(said["staged"][0]["mean"].as_array().map(Vec::len), Some(7));
    let refused = &said["refused"];
    for (name, status, words) in [
        ("model", "404", "there is no such model"),
        ("input", "400", "input `"),
        ("output", "400", "there is no output `nothing`"),
        ("version", "404", "there is no version 9"),
        ("load", "404", "MODELHOST_ADMIN_TOKEN"),
    ] {
        assert_eq!(refused[name][0], status, "{name}: {refused}");
        let message = refused[name][1].as_str().unwrap_or_default();
        assert!(message.contains(words), "{name}: {message}");
    }
}

fn flat(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(list) => list.iter().flat_map(flat).collect(),
        number => vec![number.as_f64().expect("a number")],
    }
}

/// ONNX's numbers of the types.
const TYPES: [(&str, i32); 12] = [
    ("bool", 9),
    ("u8", 2),
    ("u16", 4),
    ("u32", 12),
    ("u64", 13),
    ("i8", 3),
    ("i16", 5),
    ("i32", 6),
    ("i64", 7),
    ("f16", 10),
    ("f32", 1),
    ("f64", 11),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_datatype_comes_back_as_it_went() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, number) in TYPES {
        let input = crate::models::vector("x", number, 2);
        let output = crate::models::vector("y", number, 2);
        let model =
            crate::models::written_typed(vec![node("Identity", &["x"], "y")], input, output);
        std::fs::write(folder.path().join(format!("{name}.onnx")), model).expect("writes");
        let text = format!("name: {name}\nmodel: {{ path: ., file: {name}.onnx }}\n");
        std::fs::write(folder.path().join(format!("{name}.yaml")), text).expect("writes");
    }
    let server = Server::start(folder.path());
    let names = TYPES.map(|(name, _)| name);
    let arguments = [&[server.address.as_str()], names.as_slice()].concat();
    let said = script("dtypes.py", &arguments, "");
    for name in names {
        assert_eq!(said[name], true, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_unloads_and_loads_and_nobody_else_does() {
    let folder = Folder::new();
    folder.write("m.yaml", &manifest("double", ""));
    let mut server = live(&folder.path("m.yaml"), &[]);
    let url = server.url.clone();
    let act = async |action: &str, token: &str| {
        let url = format!("{url}/v2/repository/models/m/{action}");
        finish(reqwest::Client::new().post(url).bearer_auth(token)).await
    };
    assert_eq!(act("unload", "wrong").await.status, 401);
    assert_eq!(act("unload", TOKEN).await.status, 200);
    let answer = server
        .post("/predict", &json!({"inputs": {"x": [[1]]}}))
        .await;
    assert_eq!(answer.status, 503, "{}", answer.text);
    let index = server.post("/v2/repository/index", &json!({})).await;
    assert_eq!(index.json()[0]["state"], "UNAVAILABLE", "{}", index.text);
    let asked = server
        .post("/v2/repository/index", &json!({"ready": true}))
        .await;
    assert_eq!(asked.json(), json!([]));
    assert_eq!(server.get("/ready").await.status, 200);
    assert_eq!(server.get("/v2/models/m/ready").await.status, 503);

    assert_eq!(act("load", TOKEN).await.status, 200);
    server.wait_for("the model is live");
    let answer = server
        .post("/predict", &json!({"inputs": {"x": [[1]]}}))
        .await;
    assert_eq!(answer.json()["outputs"], json!({"y": [[2.0]]}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_protocol_is_refused_in_its_own_form() {
    let folder = Folder::new();
    folder.write("m.yaml", &manifest("double", ""));
    let server = live(&folder.path("m.yaml"), &[]);
    let x = |more: Value| {
        let mut x = json!({"name": "x", "shape": [1, 1], "datatype": "FP32", "data": [1]});
        x.as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        json!({"inputs": [x]})
    };
    let infer = "/v2/models/m/infer";
    let good = server.post(infer, &x(json!({}))).await.json();
    assert_eq!(good["outputs"][0]["data"], json!([2.0]), "{good}");
    assert_eq!(good["outputs"][0]["datatype"], "FP32");
    let nested = server
        .post(infer, &x(json!({"data": [[1.0]]})))
        .await
        .json();
    assert_eq!(nested["outputs"], good["outputs"]);
    for (body, words) in [
        (json!({}), "missing field `inputs`"),
        (
            x(json!({"shape": [2, 1]})),
            "input `x`: shape [2, 1] needs 2 values, there are 1",
        ),
        (x(json!({"shape": [-1, 1]})), "negative"),
        (x(json!({"datatype": "FP8"})), "there is no datatype `FP8`"),
        (x(json!({"datatype": "INT64"})), "must be f32"),
        (x(json!({"data": ["a"]})), "input `x`: `data`"),
        (x(json!({"data": null})), "`data` is missing"),
        (
            x(json!({"parameters": {"binary_data_size": 4}})),
            "exclude each other",
        ),
        (
            x(json!({"parameters": {"shared_memory_region": "r"}})),
            "shared memory is not served",
        ),
        (json!({"inputs": []}), "input `x` is missing"),
    ] {
        let answer = server.post(infer, &body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text);
        let said = answer.json();
        assert_eq!(
            said.as_object().map(serde_json::Map::len),
            Some(1),
            "{said}"
        );
        let error = said["error"].as_str().unwrap_or_default();
        assert!(error.contains(words), "{words}: {error}");
    }
    let raw = reqwest::Client::new()
        .post(format!("{}{infer}", server.url))
        .header("inference-header-content-length", "0")
        .body(3.0_f32.to_le_bytes().to_vec());
    let answer = finish(raw).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/octet-stream");
    let missing = server.get("/v2/nothing").await;
    assert_eq!(missing.status, 404);
    assert!(
        missing.json().get("error_type").is_none(),
        "{}",
        missing.text
    );
}
