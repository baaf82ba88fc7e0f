//! Rows without end: lines of JSON and tables, in and out.

use crate::client::{Answer, finish};
use crate::server::{Server, demo};
use crate::swap::{Folder, live, manifest};
use crate::tasks::models;
use flate2::read::GzDecoder;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use std::io::Read as _;

async fn send(
    server: &Server,
    content_type: &str,
    accept: &str,
    body: impl Into<reqwest::Body>,
) -> Answer {
    let post = reqwest::Client::new()
        .post(format!("{}/predict", server.url))
        .header("content-type", content_type)
        .header("accept", accept)
        .body(body);
    finish(post).await
}

fn doubling() -> (Server, Folder) {
    let folder = Folder::new();
    folder.write("m.yaml", &manifest("double", ""));
    (live(&folder.path("m.yaml"), &[]), folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_line_is_answered_in_its_place_and_those_that_fail_say_why() {
    let (server, _folder) = doubling();
    let body = "{\"x\": [[1]]}\n\n{\"inputs\": {\"x\": [[2]]}}\nnonsense\n{\"inputs\": {\"z\": 1}}\n{\"x\": [[3]]}";
    let answer = send(&server, "application/x-ndjson", "*/*", body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    assert_eq!(answer.header("x-model-name"), "m");
    let lines: Vec<Value> = answer
        .text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let rows: Vec<&Value> = lines.iter().map(|line| &line["row"]).collect();
    assert_eq!(
        rows,
        [&json!(1), &json!(2), &json!(3), &json!(4), &json!(5)]
    );
    for (at, factor) in [(0, 2.0), (1, 4.0), (4, 6.0)] {
        assert_eq!(lines[at]["outputs"], json!({"y": [[factor]]}));
    }
    assert_eq!(lines[2]["error_type"], "malformed");
    assert_eq!(lines[3]["error_type"], "invalid_input");
}

/// Row by row in gzip too: what is there can be unpacked before the rest is.
#[tokio::test(flavor = "multi_thread")]
async fn rows_are_packed_for_those_who_unpack() {
    let (server, _folder) = doubling();
    let body = "{\"x\": [[1]]}\n".repeat(5000);
    let plain = send(&server, "application/jsonl", "*/*", body.clone()).await;
    assert_eq!(plain.header("content-encoding"), "");
    assert_eq!(plain.header("vary"), "accept-encoding");
    let post = reqwest::Client::new().post(format!("{}/predict", server.url));
    let post = post.header("content-type", "application/jsonl");
    let post = post.header("accept-encoding", "gzip").body(body);
    let packed = post.send().await.expect("answers");
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let packed = packed.bytes().await.expect("a body");
    assert!(
        packed.len() * 4 < plain.text.len(),
        "{} bytes",
        packed.len()
    );
    let mut text = String::new();
    GzDecoder::new(&packed[..])
        .read_to_string(&mut text)
        .expect("gzip");
    assert_eq!(text, plain.text);
    let mut first = String::new();
    // Cut short in the middle, and still the first rows are there.
    GzDecoder::new(&packed[..packed.len() / 2])
        .read_to_string(&mut first)
        .expect_err("no end");
    assert!(plain.text.starts_with(&first) && first.lines().count() > 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_days_becomes_a_forecast_for_each_item() {
    let server = Server::start(&demo());
    let days = |item: &str| {
        (1..=28)
            .map(|day| format!("{item},2017-09-{day:02},{}\n", 10 + day % 7))
            .collect::<String>()
    };
    let body = format!(
        "item,date,units\n{}{}{}",
        days("tea"),
        "short,2017-09-01,4\n",
        days("coffee")
    );
    let answer = send(&server, "text/csv", "text/csv", body.clone()).await;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    let lines: Vec<&str> = answer.text.lines().collect();
    assert_eq!(lines[0], "row,item,date,mean,error,q0.1,q0.5,q0.9");
    assert_eq!(lines.len(), 1 + 7 + 1 + 7);
    assert!(lines[1].starts_with("1,tea,2017-09-29,"), "{}", lines[1]);
    assert!(
        lines[8].starts_with("2,,,,") && lines[8].contains("14"),
        "{}",
        lines[8]
    );
    assert!(lines[9].starts_with("3,coffee,2017-09-29,"), "{}", lines[9]);

    let answer = send(&server, "text/csv", "application/x-ndjson", body).await;
    let first: Value =
        serde_json::from_str(answer.text.lines().next().expect("a line")).expect("JSON");
    let series: Vec<i32> = (1..=28).map(|day| 10 + day % 7).collect();
    let inputs = json!({"inputs": {"series": series, "start": "2017-09-01", "item": "tea"}});
    let direct = server.post("/predict", &inputs).await.json();
    assert_eq!(first["outputs"], direct["outputs"]);
    let answer = send(&server, "text/csv", "*/*", "a;b\n1;2\n").await;
    assert!(
        answer
            .refusal(422)
            .0
            .contains("name the column of values `value`"),
        "{}",
        answer.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_rows_is_predicted_row_by_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let stage =
        "{ plugin: table-row, config: { columns: [{ name: size, minimum: 1 }, age, rooms] } }";
    let path = models().join("tiny-table");
    let text = format!(
        "name: m\ntask: tabular-regression\nmodel: {{ path: {}, file: model.onnx }}\npreprocess: {stage}\npostprocess: {stage}\n",
        path.display()
    );
    let manifest = folder.path().join("m.yaml");
    std::fs::write(&manifest, text).expect("writes");
    let server = Server::start(&manifest);
    let body = "\u{feff}id;size;age;rooms\r\na;50;10;2\r\nb;0;10;2\r\n\"c;\";120;1;5\r\n";
    let answer = send(&server, "text/csv; charset=utf-8", "*/*", body).await;
    let lines: Vec<&str> = answer.text.lines().collect();
    assert_eq!(lines[0], "row,prediction,error");
    assert_eq!(lines.len(), 4, "{}", answer.text);
    assert!(lines[2].starts_with("2,,"), "{}", lines[2]);
    let direct = json!({"inputs": {"size": [120], "age": [1], "rooms": [5]}});
    let direct = server.post("/predict", &direct).await.json();
    assert_eq!(lines[3], format!("3,{},", direct[0]));
}

/// A body larger than any limit, of which memory never holds more than a few rows.
#[tokio::test(flavor = "multi_thread")]
async fn many_rows_take_no_more_memory_than_few() {
    let (server, _folder) = doubling();
    server.stop_reading_the_log();
    const PARTS: usize = 200;
    let part = "{\"x\": [[1, 2]]}\n".repeat(500);
    let run = async |parts: usize| {
        let part = part.clone();
        let parts = futures_util::stream::iter(
            (0..parts).map(move |_| Ok::<_, std::io::Error>(part.clone())),
        );
        let post = reqwest::Client::new()
            .post(format!("{}/predict", server.url))
            .header("content-type", "application/x-ndjson")
            .body(reqwest::Body::wrap_stream(parts));
        let mut answer = post.send().await.expect("an answer").bytes_stream();
        let mut lines = 0;
        while let Some(part) = answer.next().await {
            let part = part.expect("the answer goes on");
            lines += part.iter().filter(|byte| **byte == b'\n').count();
        }
        lines
    };
    assert_eq!(run(20).await, 20 * 500);
    let before = resident(&server);
    assert_eq!(run(PARTS).await, PARTS * 500);
    let after = resident(&server);
    assert!(after < before + (8 << 20), "{before} bytes became {after}");
}

/// Bytes of memory that a process has.
fn resident(server: &Server) -> u64 {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("it runs");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .expect("a line");
    let kib = line.trim().trim_end_matches(" kB").trim();
    kib.parse::<u64>().expect("a number") * 1024
}
