//! Claims about requests that share runs of a model: they are answered as alone, each is refused for its own faults only.
//! Knows the wire; the models are made here, or are those of `data/fuse`.

use crate::client::finish;
use crate::models::{node, pairs, written};
use crate::server::{Server, root};
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

/// A run of four, or of fewer after a second.
const FOUR: &str = "batching: { max_size: 4, max_wait_us: 1000000 }";

struct Served {
    server: Server,
    _folder: TempDir,
}

fn served(model: &[u8], batching: &str) -> Served {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("model.onnx"), model).expect("writes");
    let manifest = folder.path().join("m.yaml");
    let text = format!("name: m\ndefault: true\nmodel: {{ path: . }}\n{batching}\n");
    std::fs::write(&manifest, text).expect("writes");
    Served {
        server: Server::start(&manifest),
        _folder: folder,
    }
}

fn encoder() -> Vec<u8> {
    let path = root().join("host/tests/data/fuse/sdpa-script17.onnx");
    std::fs::read(Path::new(&path)).expect("reads")
}

fn text(ids: &[u64]) -> Value {
    json!({"inputs": {"input_ids": [ids], "attention_mask": [vec![1; ids.len()]]}})
}

impl Served {
    /// All of `bodies` at once, in their order.
    async fn ask(&self, bodies: &[Value]) -> Vec<(u16, Value)> {
        let client = reqwest::Client::new();
        let tasks: Vec<_> = bodies
            .iter()
            .map(|body| {
                let request = client.post(format!("{}/predict", self.server.url));
                let request = request.body(body.to_string());
                tokio::spawn(async move {
                    let answer = finish(request).await;
                    (answer.status, answer.json())
                })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.expect("joins"));
        }
        answers
    }

    /// Rows that ran, and in how many runs.
    async fn runs(&self) -> (usize, usize) {
        let text = self.server.get("/metrics").await.text;
        let number = |name: &str| {
            let start = format!("modelhost_batch_rows_{name}{{model=\"m\"}} ");
            let line = text.lines().find_map(|line| line.strip_prefix(&start));
            line.expect("counted").parse().expect("a number")
        };
        (number("sum"), number("count"))
    }
}

fn flat(value: &Value, numbers: &mut Vec<f64>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| flat(value, numbers)),
        other => numbers.push(other.as_f64().expect("a number")),
    }
}

fn alike(a: &Value, b: &Value) -> bool {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    flat(a, &mut left);
    flat(b, &mut right);
    left.len() == right.len() && left.iter().zip(&right).all(|(a, b)| (a - b).abs() < 1e-5)
}

/// Of other lengths too: the short ones are filled up, and nobody sees it.
#[tokio::test(flavor = "multi_thread")]
async fn requests_that_wait_share_a_run_and_are_answered_as_alone() {
    let (shared, alone) = (
        served(&encoder(), FOUR),
        served(&encoder(), "batching: { max_size: 1 }"),
    );
    let bodies = [
        text(&[4, 19, 13, 0, 3, 8, 9, 12]),
        text(&[19, 7, 3, 17, 3, 1, 2]),
        text(&[1, 2, 3, 4, 5, 6, 7, 8]),
        text(&[5, 5, 5, 5, 6, 6, 6]),
    ];
    let mut expected = Vec::new();
    for body in &bodies {
        expected.extend(alone.ask(std::slice::from_ref(body)).await);
    }
    assert_eq!(alone.runs().await, (4, 4));
    // A machine that stalls for the second that a run waits may part them, but not each time.
    let mut runs = Vec::new();
    while runs.len() < 3 && !runs.contains(&1) {
        let together = shared.ask(&bodies).await;
        for ((status, answer), (_, expected)) in together.iter().zip(&expected) {
            assert_eq!(*status, 200, "{answer}");
            let (answer, expected) = (&answer["outputs"]["out"], &expected["outputs"]["out"]);
            assert!(alike(answer, expected), "{answer} is not {expected}");
        }
        let (rows, all) = shared.runs().await;
        runs.push(all - runs.iter().sum::<usize>());
        assert_eq!(rows, 4 * runs.len());
    }
    assert!(runs.contains(&1), "{runs:?}");
    let model = shared.server.get("/models/m").await.json();
    assert_eq!(model["batching"]["max_size"], 4, "{model}");
    assert_eq!(model["batching"]["padded"], true);
    let model = alone.server.get("/models/m").await.json();
    let reason = model["batching"]["reason"].as_str().expect("a reason");
    assert!(reason.contains("batching.max_size: 1"), "{reason}");
}

/// One row of four makes a NaN, another has no such id.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_refused_for_what_another_has_sent() {
    let log = written(vec![node("Log", &["x"], "y")], &[], vec![pairs()]);
    let served = served(&log, FOUR);
    let body = |x: f64| json!({"inputs": {"x": [[x, 1.0]]}});
    let answers = served
        .ask(&[body(1.0), body(-1.0), body(1.0), body(1.0)])
        .await;
    let statuses: Vec<u16> = answers.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, [200, 422, 200, 200], "{answers:?}");
    let error = answers[1].1["error"].as_str().expect("an error");
    assert!(error.contains("not finite"), "{error}");
    for (_, answer) in [&answers[0], &answers[2], &answers[3]] {
        assert_eq!(answer["outputs"]["y"], json!([[0.0, 0.0]]));
    }
}

/// What one request brings is split where it is more than a run should be, and its answer is whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_request_runs_in_parts_and_is_answered_whole() {
    let negative = written(vec![node("Neg", &["x"], "y")], &[], vec![pairs()]);
    let served = served(&negative, "batching: { max_size: 16 }");
    let rows: Vec<[f64; 2]> = (0..40).map(|row| [f64::from(row), 0.5]).collect();
    let expected: Vec<[f64; 2]> = rows.iter().map(|[a, b]| [-a, -b]).collect();
    let answers = served.ask(&[json!({"inputs": {"x": rows}})]).await;
    assert!(
        alike(&answers[0].1["outputs"]["y"], &json!(expected)),
        "{answers:?}"
    );
    let (rows, runs) = served.runs().await;
    assert_eq!(rows, 40);
    assert!(runs >= 3, "{runs}");
}

/// Many at once, of many lengths, while the model waits for nobody: each is answered as alone.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_asked_beside_it_an_answer_is_the_same() {
    let served = served(&encoder(), "batching: { max_size: 16 }");
    let bodies: Vec<Value> = (0..60u64)
        .map(|index| {
            let ids: Vec<u64> = (0..3 + index % 11)
                .map(|at| (at * 7 + index) % 20)
                .collect();
            text(&ids)
        })
        .collect();
    let mut alone = Vec::new();
    for body in &bodies {
        alone.extend(served.ask(std::slice::from_ref(body)).await);
    }
    for ((_, expected), (status, answer)) in alone.iter().zip(served.ask(&bodies).await) {
        assert_eq!(status, 200);
        assert!(alike(
            &answer["outputs"]["out"],
            &expected["outputs"]["out"]
        ));
    }
}
