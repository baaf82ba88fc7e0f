//! `modelhost bench`: what it measures, what it counts, what it says when there is nothing to measure.
//! Knows the command line and its output; times only as far as a clock decides them.

use crate::client::read_answer;
use crate::process::modelhost;
use crate::server::{Server, demo};
use serde_json::Value;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A short run that sends `body` to `url`.
fn asked(url: &str, body: &str, pace: [&str; 2]) -> Output {
    let fixed = ["bench", "--url", url, "--body", body];
    modelhost(&[&fixed[..], &["--duration", "0.2", "--json"], &pace].concat())
}

/// The report of a run with `--json`.
fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)))
}

fn written(folder: &Path, name: &str, text: &str) -> String {
    let file: PathBuf = folder.join(name);
    std::fs::write(&file, text).expect("writes");
    file.display().to_string()
}

/// Answers each request with 200 as long as `answers`, which is told how many came before, says so; else hangs up.
fn fake(answers: impl Fn(usize) -> bool + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/x", listener.local_addr().expect("it is bound"));
    let (answers, count) = (Arc::new(answers), Arc::new(AtomicUsize::new(0)));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let (answers, count) = (answers.clone(), count.clone());
            std::thread::spawn(move || {
                while read_answer(&mut stream).ends_with('}')
                    && answers(count.fetch_add(1, Ordering::SeqCst))
                    && stream
                        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
                        .is_ok()
                {}
            });
        }
    });
    url
}

/// Without a URL it starts a server, and everything that it says of both loops is in its JSON.
#[test]
fn both_loops_measure_a_server_of_their_own() {
    let demo = demo().display().to_string();
    let output = modelhost(&[
        "bench",
        &demo,
        "--duration",
        "0.4",
        "--concurrency",
        "1,2",
        "--rate",
        "50",
        "--json",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "");
    let report = report(&output);
    assert_eq!(report["modelhost"], env!("CARGO_PKG_VERSION"));
    assert_eq!(report["model"], "retail-demand");
    assert_eq!(report["sha256"].as_str().map(str::len), Some(64));
    assert!(report["cpus"].as_u64() > Some(0));
    assert!(report["cpu"].is_string() || report["cpu"].is_null());
    assert_eq!(report["date"].as_str().map(str::len), Some(20));
    assert_eq!(report["duration_s"], 0.4);
    let measurements = report["measurements"].as_array().expect("measurements");
    let paces: Vec<_> = measurements
        .iter()
        .map(|it| (&it["loop"], &it["concurrency"], &it["rate"]))
        .map(|(kind, clients, rate)| format!("{kind} {clients} {rate}"))
        .collect();
    assert_eq!(
        paces,
        [
            "\"closed\" 1 null",
            "\"closed\" 2 null",
            "\"open\" null 50.0"
        ]
    );
    for it in measurements {
        let requests = it["requests"].as_u64().expect("a count");
        assert!(requests > 0, "{it}");
        assert_eq!(it["statuses"], serde_json::json!({ "200": requests }));
        assert_eq!((&it["io_errors"], &it["not_sent"]), (&0.into(), &0.into()));
        assert!(it["requests_per_s"].as_f64() > Some(0.0), "{it}");
        for time in ["mean", "p50", "p90", "p99", "p99.9", "max"] {
            assert!(it["latency_ms"][time].as_f64() > Some(0.0), "{it}");
        }
        for stage in ["queue", "preprocess", "model", "postprocess", "total"] {
            assert!(it["server_ms"][stage].is_number(), "{it}");
        }
    }
    // The schedule, not the server, decides how many these are.
    let of_schedule = measurements[2]["requests"].as_u64().expect("a count");
    assert!((19..=21).contains(&of_schedule), "{of_schedule}");
}

/// With a URL the server is that one, asked for the model of the manifest or at just that path; people get a table.
#[test]
fn a_running_server_is_measured_by_its_url() {
    let server = Server::start(&demo());
    let demo = demo().display().to_string();
    for url in [server.url.clone(), format!("{}/predict", server.url)] {
        let output = modelhost(&[
            "bench",
            &demo,
            "--url",
            &url,
            "--duration",
            "0.2",
            "--concurrency",
            "2",
            "--rate",
            "20",
        ]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(text(&output.stderr), "");
        let table = text(&output.stdout);
        assert!(table.starts_with("retail-demand, sha256 "), "{table}");
        let rows: Vec<Vec<&str>> = table
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        let cells = |first: &str| {
            let row = rows.iter().find(|row| row.first() == Some(&first));
            row.unwrap_or_else(|| panic!("no `{first}`: {table}"))
        };
        assert!(cells("clients").contains(&"requests/s"), "{table}");
        assert!(cells("rate").contains(&"p99.9"), "{table}");
        for (row, end) in [("2", vec!["none", "0"]), ("20", vec!["none", "0", "0"])] {
            let row = cells(row);
            assert!(row.ends_with(&end), "{table}");
            assert!(!row.contains(&"-"), "{table}");
        }
    }
}

/// Answers that are not 200 are counted by status, have no part in rate and times, and fail the command, which quotes one.
#[test]
fn refusals_are_counted_and_fail() {
    let server = Server::start(&demo());
    let folder = tempfile::tempdir().expect("a folder");
    let body = written(folder.path(), "wrong.json", "{\"inputs\": {}}");
    let output = asked(&server.url, &body, ["--concurrency", "1"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("/inputs/series"),
        "{}",
        text(&output.stderr)
    );
    let it = &report(&output)["measurements"][0];
    let statuses = it["statuses"].as_object().expect("statuses");
    assert!(!statuses.contains_key("200") && statuses.len() == 1, "{it}");
    assert_eq!(statuses.values().next(), Some(&it["requests"]));
    assert_eq!(it["requests_per_s"], 0.0);
    assert!(it["latency_ms"]["p50"].is_null(), "{it}");
    assert!(it["server_ms"]["model"].is_null(), "{it}");
}

/// A server that hangs up is an I/O error each time, and the client goes on with a new connection.
#[test]
fn broken_connections_are_counted_and_fail() {
    let folder = tempfile::tempdir().expect("a folder");
    let body = written(folder.path(), "request.json", "{}");
    let url = fake(|number| number % 2 == 0);
    let output = asked(&url, &body, ["--concurrency", "1"]);
    assert_eq!(output.status.code(), Some(1));
    let it = &report(&output)["measurements"][0];
    assert!(it["io_errors"].as_u64() > Some(0), "{it}");
    assert!(it["statuses"]["200"].as_u64() > Some(0), "{it}");
}

/// An open loop sends on time though nothing is answered, and times run from when requests were due: a server that holds
/// all answers back until the eighth request is there makes the sixth, the first that counts, two intervals late.
#[test]
fn an_open_loop_does_not_wait_for_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let body = written(folder.path(), "request.json", "{}");
    let gate = Barrier::new(8);
    let url = fake(move |number| {
        // The first asks whether there is a server.
        if (1..=8).contains(&number) {
            gate.wait();
        }
        true
    });
    let output = asked(&url, &body, ["--rate", "50"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let it = &report(&output)["measurements"][0];
    assert!(it["latency_ms"]["max"].as_f64() > Some(39.0), "{it}");
    assert_eq!(it["not_sent"], 0, "{it}");
}

/// What cannot be measured is said with what to do about it.
#[test]
fn what_cannot_be_measured_is_said() {
    let server = Server::start(&demo());
    let demo = demo().display().to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let bare = written(
        folder.path(),
        "bare.yaml",
        "name: bare\nmodel: { path: . }\n",
    );
    let broken = written(folder.path(), "broken.json", "{");
    let body = written(folder.path(), "request.json", "{}");
    let cases: &[(&[&str], i32, &str)] = &[
        (&[&bare], 64, "--body FILE"),
        (&[&bare, "--body", &body], 1, "could not load the model"),
        (&[&demo, "--body", &broken], 64, "broken.json"),
        (&[&demo, "--body", "nowhere.json"], 64, "nowhere.json"),
        (&[&demo, "--model", "other"], 64, "retail-demand"),
        (&[&demo, "--url", "https://localhost"], 64, "http://"),
        (&[&demo, "--url", "localhost:1"], 64, "http://HOST:PORT"),
        (&[&demo, "--url", "http://127.0.0.1:1"], 1, "cannot connect"),
        (&[&demo, "--duration", "0"], 64, "--duration"),
        (&[&demo, "--rate", "0"], 64, "--rate"),
        (&["--url", &server.url], 64, "MANIFEST"),
        (
            &["--url", &server.url, "--body", &body, "--model", "other"],
            1,
            "there are: retail-demand",
        ),
    ];
    for (arguments, code, said) in cases {
        let output = modelhost(&[&["bench"], *arguments].concat());
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {stderr}");
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
        assert_eq!(text(&output.stdout), "", "{arguments:?}");
    }
}
