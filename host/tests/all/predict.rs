//! Predictions over HTTP with the demo: what comes back, and what is refused how.
//! Knows the wire and the demo's manifest.

use crate::client::exchange;
use crate::server::{Server, demo, root};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Eight weeks of a plausible category.
fn series() -> Vec<f64> {
    (0..56)
        .map(|day| f64::from(100 + (day % 7) * 10 + day / 7))
        .collect()
}

fn request() -> Value {
    json!({"inputs": {"series": series(), "start": "2017-08-30"}})
}

fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap_or_else(|| panic!("a list: {value}"))
        .iter()
        .map(|number| number.as_f64().expect("a number"))
        .collect()
}

/// The whole path: JSON in, seven days of ordered quantiles with dates, model and timing out.
#[tokio::test(flavor = "multi_thread")]
async fn a_forecast_has_seven_days_of_ordered_quantiles() {
    let server = Server::start(&demo());
    for path in ["/predict", "/", "/models/retail-demand/predict"] {
        let answer = server.post(path, &request()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let json = answer.json();
        let output = &json["outputs"][0];
        assert_eq!(output["dates"][0], "2017-10-25");
        assert_eq!(output["dates"][6], "2017-10-31");
        let [low, median, high] = ["0.1", "0.5", "0.9"].map(|q| numbers(&output["quantiles"][q]));
        for day in 0..7 {
            assert!(low[day] <= median[day] && median[day] <= high[day]);
            assert!((0.0..10_000.0).contains(&median[day]), "{median:?}");
        }
        assert_eq!(numbers(&output["mean"]).len(), 7);
        assert_eq!(json["model"]["name"], "retail-demand");
        assert_eq!(json["model"]["sha256"].as_str().map(str::len), Some(64));
        for stage in ["queue", "preprocess", "model", "postprocess", "total"] {
            assert!(answer.header("server-timing").contains(stage));
        }
    }
}

/// The answers of the training code, for held-out windows with and without dates, promotions and gaps.
#[tokio::test(flavor = "multi_thread")]
async fn answers_equal_those_of_the_training_code() {
    for (name, windows, least) in [
        ("retail-demand", "model-card/windows.json.gz", 1_000),
        ("stock-forecast", "model-card/stocks/windows.json.gz", 100),
    ] {
        let server = Server::start(&root().join("manifests").join(format!("{name}.yaml")));
        let packed = std::fs::read(root().join(windows)).expect("windows");
        let mut text = String::new();
        std::io::Read::read_to_string(
            &mut flate2::read::GzDecoder::new(packed.as_slice()),
            &mut text,
        )
        .expect("gzip");
        let windows: Vec<Value> = serde_json::from_str(&text).expect("JSON");
        assert!(windows.len() >= least, "{name}: {}", windows.len());
        for (index, window) in windows.iter().enumerate() {
            let path = format!("/models/{name}/predict");
            let answer = server.post(&path, &window["request"]).await;
            assert_eq!(
                answer.status, 200,
                "{name}, window {index}: {}",
                answer.text
            );
            let found = &answer.json()["outputs"][0];
            let expected = &window["expect"]["outputs"][0];
            assert_eq!(found["dates"], expected["dates"], "{name}, window {index}");
            for (level, values) in expected["quantiles"].as_object().expect("quantiles") {
                let pairs = numbers(values)
                    .into_iter()
                    .zip(numbers(&found["quantiles"][level]));
                for (expected, found) in pairs {
                    assert!(
                        (expected - found).abs() <= 2e-3_f64.max(expected.abs() * 1e-4),
                        "{name}, window {index}, quantile {level}: expected {expected}, got {found}"
                    );
                }
            }
        }
    }
}

/// A list of inputs is one batch, answered in order, each as it is alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_inputs_is_answered_in_order_as_each_is_alone() {
    let server = Server::start(&demo());
    let other: Vec<f64> = series().iter().map(|units| units * 3.0 + 5.0).collect();
    let items = json!([
        {"series": series(), "start": "2017-08-30", "item": "A"},
        {"series": other, "item": "B"},
    ]);
    let both = server
        .post("/predict", &json!({"inputs": items}))
        .await
        .json();
    for (index, item) in items.as_array().expect("two").iter().enumerate() {
        let alone = server
            .post("/predict", &json!({"inputs": item}))
            .await
            .json();
        let (together, alone) = (&both["outputs"][index], &alone["outputs"][0]);
        assert_eq!(together["item"], item["item"]);
        for (a, b) in numbers(&together["mean"])
            .iter()
            .zip(numbers(&alone["mean"]))
        {
            assert!((a - b).abs() <= 2e-3, "{a} {b}");
        }
    }
    assert_eq!(both["outputs"][1]["dates"], Value::Null);
}

/// Bad bodies get a 4xx that names the field; never a 500, never an empty body.
#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_with_field_and_fix() {
    let server = Server::start(&demo());
    let with = |change: fn(&mut Value)| {
        let mut request = request();
        change(&mut request);
        request
    };
    let cases: Vec<(Value, &str, &str)> = vec![
        (json!({}), "/inputs", "missing"),
        (json!([]), "", "object"),
        (json!({"inputs": 3}), "/inputs", "must be"),
        (json!({"inputs": []}), "/inputs", "at least 1"),
        (
            with(|r| r["inputs"]["serie"] = json!([])),
            "/inputs/serie",
            "did you mean `series`",
        ),
        (
            with(|r| r["inputs"]["series"] = json!("1,2,3")),
            "/inputs/series",
            "a list",
        ),
        (
            with(|r| r["inputs"]["series"][3] = json!("a")),
            "/inputs/series/3",
            "number",
        ),
        (
            with(|r| r["inputs"]["series"] = json!([1, 2, 3])),
            "/inputs/series",
            "14",
        ),
        (
            with(|r| r["inputs"]["series"] = json!(vec![1; 5000])),
            "/inputs/series",
            "4000",
        ),
        (
            with(|r| r["inputs"]["series"][5] = json!(1e300)),
            "/inputs/series/5",
            "at most",
        ),
        (
            with(|r| r["inputs"]["start"] = json!("yesterday")),
            "/inputs/start",
            "date",
        ),
        (
            with(|r| r["inputs"]["start"] = json!("2017-02-30")),
            "/inputs/start",
            "2017-02-30",
        ),
        (
            with(|r| r["inputs"]["frequency"] = json!("H")),
            "/inputs/frequency",
            "D",
        ),
        (
            with(|r| r["inputs"]["future"] = json!({"price": [1]})),
            "/inputs/future/price",
            "display",
        ),
        (
            with(|r| r["parameters"] = json!({"horizon": 0})),
            "/parameters/horizon",
            "at least 1",
        ),
        (
            with(|r| r["parameters"] = json!({"horizon": 8})),
            "/parameters/horizon",
            "at most 7",
        ),
        (
            with(|r| r["parameters"] = json!({"horizon": 1.5})),
            "/parameters/horizon",
            "whole number",
        ),
        (
            with(|r| r["parameters"] = json!({"quantiles": [0.999]})),
            "/parameters/quantiles",
            "0.975",
        ),
        (
            with(|r| r["parameters"] = json!({"top_k": 1})),
            "/parameters/top_k",
            "unknown field",
        ),
        (
            with(|r| r["option"] = json!({})),
            "/option",
            "unknown field",
        ),
    ];
    for (body, field, fix) in cases {
        let answer = server.post("/predict", &body).await;
        let (error, error_type, found) = answer.refusal(422);
        assert_eq!(error_type, "invalid_input");
        assert!(found.starts_with(field), "{error}: {found} for {field}");
        assert!(error.contains(fix), "`{error}` should contain `{fix}`");
    }
    let good = server.post("/predict", &request()).await;
    assert_eq!(good.status, 200, "a good request after all the bad ones");
}

/// What is not JSON, not of the right type, or too large.
#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_json_are_told_apart() {
    let server = Server::start(&demo());
    for malformed in ["", "{", "{\"inputs\": {\"series\": [NaN]}}", "\u{0}", "nul"] {
        let answer = server
            .send("/predict", "application/json", malformed.to_owned())
            .await;
        assert_eq!(answer.refusal(400).1, "malformed");
    }
    let deep = "[".repeat(100_000);
    let answer = server.send("/predict", "application/json", deep).await;
    assert_eq!(answer.refusal(400).1, "malformed");
    let invalid_utf8 = vec![b'"', 0xff, 0xfe, b'"'];
    let answer = server
        .send("/predict", "application/json", invalid_utf8)
        .await;
    assert_eq!(answer.refusal(400).1, "malformed");
    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "image/png",
    ] {
        let answer = server
            .send("/predict", media_type, request().to_string())
            .await;
        let (error, error_type, _) = answer.refusal(415);
        assert_eq!(error_type, "unsupported_media_type");
        assert!(error.contains("application/json"), "{error}");
    }
    let charset = "application/json; charset=utf-8";
    let answer = server
        .send("/predict", charset, request().to_string())
        .await;
    assert_eq!(answer.status, 200);
}

/// A body of 10 MB is refused with 413, announced or chunked, and a client that sends all of it gets to read so.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_10_mb_is_refused_announced_or_chunked() {
    let server = Server::start(&demo());
    let huge = format!("{{\"inputs\": \"{}\"}}", "x".repeat(10 << 20));
    let head = "POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let announced = format!("{head}content-length: {}\r\n\r\n{huge}", huge.len());
    let mut chunked = format!("{head}transfer-encoding: chunked\r\n\r\n");
    for _ in 0..160 {
        write!(chunked, "{:x}\r\n{}\r\n", 1 << 16, "x".repeat(1 << 16)).expect("writes");
    }
    chunked.push_str("0\r\n\r\n");
    for request in [announced, chunked] {
        let text = exchange(&mut server.connect(), request.as_bytes());
        assert!(text.starts_with("HTTP/1.1 413"), "{text}");
        assert!(text.contains("\"error_type\":\"too_large\""), "{text}");
    }
    for path in ["/predict", "/models/none/predict"] {
        let answer = server.send(path, "application/json", huge.clone()).await;
        let (_, error_type, _) = answer.refusal(if path == "/predict" { 413 } else { 404 });
        assert!(["too_large", "not_found"].contains(&error_type.as_str()));
    }
    assert_eq!(server.post("/predict", &request()).await.status, 200);
}

/// Unknown paths and models, and wrong methods, in the same shape; 405 names what is allowed.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_models_and_methods_are_refused_in_one_shape() {
    let server = Server::start(&demo());
    for path in [
        "/nothing",
        "/predict/more",
        "/models/a/b",
        "/ui/none.js",
        "/ui/000000000000/app.js",
        "/..%2f",
    ] {
        assert_eq!(server.get(path).await.refusal(404).1, "not_found", "{path}");
    }
    for path in ["/models/none", "/models/%00"] {
        let (error, ..) = server.get(path).await.refusal(404);
        assert!(error.contains("retail-demand"), "{error}");
    }
    let answer = server.post("/models/none/predict", &request()).await;
    assert!(answer.refusal(404).0.contains("retail-demand"));
    let cases = [
        (reqwest::Method::GET, "/predict", "POST"),
        (
            reqwest::Method::DELETE,
            "/models/retail-demand",
            "GET, HEAD, POST",
        ),
        (reqwest::Method::PUT, "/", "GET, HEAD, POST"),
        (reqwest::Method::POST, "/metrics", "GET, HEAD"),
    ];
    for (method, path, allow) in cases {
        let answer = server.ask(method, path).await;
        assert_eq!(answer.refusal(405).1, "method_not_allowed");
        assert_eq!(answer.header("allow"), allow);
    }
    for path in ["/", "/health", "/ready"] {
        let answer = server.ask(reqwest::Method::HEAD, path).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, ""), "{path}");
    }
}

/// The client's id comes back, when it is fit to be logged.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_is_echoed_when_it_is_fit_for_a_log() {
    let server = Server::start(&demo());
    let ask = |id: String| {
        let head = format!("GET /health HTTP/1.1\r\nhost: x\r\nx-request-id: {id}\r\n\r\n");
        exchange(&mut server.connect(), head.as_bytes())
    };
    assert!(ask("abc-123".to_owned()).contains("x-request-id: abc-123\r\n"));
    assert!(!ask("x".repeat(200)).contains("xxxxx"));
}

/// What Prometheus scrapes names the request just made.
#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_requests_stages_and_the_model() {
    let server = Server::start(&demo());
    server.post("/predict", &request()).await;
    server.post("/predict", &json!({})).await;
    let text = server.get("/metrics").await.text;
    for line in [
        "modelhost_requests_total{model=\"retail-demand\",route=\"predict\",status=\"200\"} 1",
        "modelhost_requests_total{model=\"retail-demand\",route=\"predict\",status=\"422\"} 1",
        "modelhost_stage_duration_seconds_count{model=\"retail-demand\",stage=\"model\"} 1",
        "modelhost_queue_depth{model=\"retail-demand\"} 0",
        "modelhost_loads_total{model=\"retail-demand\",result=\"ok\"} 1",
        "modelhost_ready{model=\"retail-demand\"} 1",
        "modelhost_build_info{version=",
        "modelhost_model_info{model=\"retail-demand\"",
        "process_resident_memory_bytes",
    ] {
        assert!(text.contains(line), "no `{line}` in\n{text}");
    }
    let mut promtool = std::process::Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("promtool is there; host/tests/run installs it");
    std::io::Write::write_all(
        &mut promtool.stdin.take().expect("stdin is piped"),
        text.as_bytes(),
    )
    .expect("promtool reads");
    let output = promtool.wait_with_output().expect("promtool ends");
    let said = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success() && said.is_empty(),
        "{}",
        String::from_utf8_lossy(&said)
    );
}

/// The model's page of facts: signature, digests, schemas, card, evaluation.
#[tokio::test(flavor = "multi_thread")]
async fn the_model_route_tells_what_is_loaded() {
    let server = Server::start(&demo());
    let list = server.get("/models").await.json();
    assert_eq!(list["models"][0]["name"], "retail-demand");
    assert_eq!(list["models"][0]["state"], "ready");
    assert_eq!(list["models"][0]["default"], true);
    let model = server.get("/models/retail-demand").await.json();
    assert_eq!(model["signature"]["inputs"][0]["name"], "past");
    assert_eq!(model["signature"]["inputs"][0]["shape"][0], "batch");
    assert_eq!(model["plugins"]["preprocess"]["name"], "window-series");
    assert_eq!(model["sha256"], list["models"][0]["sha256"]);
    let inputs = &model["request_schema"]["properties"]["inputs"];
    assert_eq!(inputs["properties"]["series"]["type"], "array");
    assert!(model["evaluation"]["metrics"]["transformer"]["wape"].is_number());
    assert_eq!(model["card"]["front_matter"]["license"], "apache-2.0");
    assert!(
        model["examples"]
            .as_array()
            .is_some_and(|list| !list.is_empty())
    );
}
