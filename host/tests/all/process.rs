//! The process as operators see it: start, signals, bad files, a hub that fails, slow clients, exit codes.
//! Knows the command line and the wire; nothing of a model.

use crate::client::{eventually, exchange, read_answer};
use crate::fake_hub::{FakeHub, Fault, NAME, OWNER, On};
use crate::server::{Server, demo, root};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn series() -> Value {
    json!({"inputs": {"series": vec![5; 30]}})
}

/// A request whose body has not come whole.
fn half_sent(server: &Server) -> (TcpStream, String) {
    let body = series().to_string();
    let (first, rest) = body.split_at(body.len() / 2);
    let mut stream = server.connect();
    let head = format!(
        "POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{first}",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("the server reads");
    (stream, rest.to_owned())
}

async fn in_flight(server: &Server, count: usize) {
    // The request for the metrics is one of them.
    let line = format!("modelhost_requests_in_flight {}\n", count + 1);
    eventually("requests are in flight", || async {
        server.get("/metrics").await.text.contains(&line)
    })
    .await;
}

/// SIGTERM: not ready any more, nothing new taken, what is in flight answered, exit code 0.
#[tokio::test(flavor = "multi_thread")]
async fn sigterm_answers_what_is_in_flight_and_exits_with_zero() {
    let mut server = Server::start(&demo());
    let (mut stream, rest) = half_sent(&server);
    in_flight(&server, 1).await;
    server.signal("TERM");
    server.wait_for("draining");
    eventually("it is not ready", || async {
        server.get("/ready").await.status == 503
    })
    .await;
    assert_eq!(server.get("/health").await.status, 200);
    let refused = server.post("/predict", &series()).await;
    assert_eq!(refused.refusal(503).1, "not_ready");
    assert!(!refused.header("retry-after").is_empty());
    let answer = exchange(&mut stream, rest.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(server.wait_for_exit().code(), Some(0));
}

/// The grace period bounds the wait for a client that never finishes; a second signal ends it.
#[tokio::test(flavor = "multi_thread")]
async fn draining_ends_with_the_grace_period_or_a_second_signal() {
    let mut server = Server::launch(&demo(), &[("MODELHOST_GRACE_S", "1")]);
    server.wait_for("the model is live");
    let _stuck = half_sent(&server);
    in_flight(&server, 1).await;
    server.signal("TERM");
    server.wait_for("grace period is over");
    assert_eq!(server.wait_for_exit().code(), Some(0));

    let mut server = Server::start(&demo());
    let _stuck = half_sent(&server);
    in_flight(&server, 1).await;
    server.signal("TERM");
    server.wait_for("draining");
    server.signal("TERM");
    assert_eq!(server.wait_for_exit().code(), Some(130));
}

/// A client that stops in its head is dropped, one that stops in its body is told.
#[tokio::test(flavor = "multi_thread")]
async fn clients_that_stall_are_let_go() {
    let mut server = Server::launch(&demo(), &[("MODELHOST_CLIENT_TIMEOUT_S", "1")]);
    server.wait_for("the model is live");
    let mut stream = server.connect();
    stream
        .write_all(b"GET /health HTTP/1.1\r\nhost:")
        .expect("writes");
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).expect("the server closes");
    assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));

    let (mut stream, _) = half_sent(&server);
    let answer = read_answer(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("\"error_type\":\"timeout\""), "{answer}");
}

/// The demo's manifest for a folder that holds nothing but the model.
fn alone(text: &str) -> String {
    text.replace("  reference: reference.npz\n", "")
}

fn copy_of_the_demo(folder: &Path) -> (PathBuf, PathBuf) {
    let text = std::fs::read_to_string(demo()).expect("the demo's manifest");
    let manifest = folder.join("m.yaml");
    std::fs::write(
        &manifest,
        alone(&text).replace("path: ../model-card", "path: ."),
    )
    .expect("writes");
    (manifest, folder.join("model.onnx"))
}

/// A model file that is none is said in a sentence; the server lives, and heals once the file is right.
#[tokio::test(flavor = "multi_thread")]
async fn a_corrupted_model_is_reported_and_heals() {
    let good = std::fs::read(root().join("model-card/model.onnx")).expect("the model");
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n".to_vec();
    let cases = [
        (Vec::new(), ""),
        (good[..good.len() / 2].to_vec(), "model.onnx"),
        (b"<html>not found</html>".to_vec(), "model.onnx"),
        (pointer, "LFS"),
    ];
    for (bytes, said) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let (manifest, model) = copy_of_the_demo(folder.path());
        std::fs::write(&model, &bytes).expect("writes");
        let mut server = Server::launch(&manifest, &[]);
        server.wait_for("the model is not loaded");
        assert_eq!(server.get("/health").await.status, 200);
        assert_eq!(server.get("/ready").await.status, 503);
        assert_eq!(server.get("/").await.status, 200);
        let answer = server.post("/predict", &series()).await;
        let (error, error_type, _) = answer.refusal(503);
        assert_eq!(error_type, "not_ready");
        assert!(error.contains(said), "{error}");
        assert!(!answer.header("retry-after").is_empty());
        let state = server.get("/models/retail-demand").await.json();
        assert_eq!(state["state"], "failed");
        assert!(
            state["error"]
                .as_str()
                .is_some_and(|error| error.contains(said))
        );

        std::fs::write(&model, &good).expect("writes");
        server.wait_for("the model is live");
        assert_eq!(server.post("/predict", &series()).await.status, 200);
    }
}

/// A missing plugin, a plugin that refuses its configuration, an example that differs: each in a sentence.
#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_a_model_from_going_live_is_said() {
    let cases = [
        (
            "plugin: window-series",
            "plugin: window-serie",
            "there is no bundled plugin `window-serie`",
        ),
        ("    context: 84", "    contxt: 84", "contxt"),
        (
            "    minimum: 0",
            "    minimum: 1000000",
            "is answered differently at",
        ),
        ("tensor: quantiles", "tensor: nothing", "nothing"),
    ];
    for (from, to, said) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let (manifest, model) = copy_of_the_demo(folder.path());
        std::fs::copy(root().join("model-card/model.onnx"), &model).expect("copies");
        let text = std::fs::read_to_string(&manifest).expect("reads");
        assert!(text.contains(from), "{from}");
        std::fs::write(&manifest, text.replace(from, to)).expect("writes");
        let mut server = Server::launch(&manifest, &[]);
        server.wait_for("the model is not loaded");
        let (error, ..) = server.post("/predict", &series()).await.refusal(503);
        assert!(error.contains(said), "`{error}` should contain `{said}`");
    }
}

async fn hub_with_the_demo(folder: &Path) -> (FakeHub, PathBuf) {
    let read = |file: &str| std::fs::read(root().join("model-card").join(file)).expect("reads");
    let hub = FakeHub::start()
        .await
        .lfs("model.onnx", &read("model.onnx"))
        .git("README.md", &read("README.md"));
    let text = std::fs::read_to_string(demo()).expect("the demo's manifest");
    let manifest = folder.join("m.yaml");
    let repo = format!("repo: {OWNER}/{NAME}");
    std::fs::write(
        &manifest,
        alone(&text).replace("path: ../model-card", &repo),
    )
    .expect("writes");
    (hub, manifest)
}

#[test]
fn the_version_names_the_commit() {
    let output = Command::new(env!("CARGO_BIN_EXE_modelhost"))
        .arg("--version")
        .output()
        .expect("it runs");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    let rest = said.trim().strip_prefix("modelhost ").unwrap_or_default();
    let (version, commit) = rest.split_once(" (").expect("both");
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    let is_hex = commit
        .trim_end_matches(')')
        .chars()
        .all(|digit| digit.is_ascii_hexdigit());
    assert!(is_hex && commit.len() == 13, "{said}");
}

/// From a Hub: the commit is resolved and shown; while it stalls the server answers, and heals by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_hub_keeps_nobody_waiting_and_heals() {
    let folder = tempfile::tempdir().expect("a folder");
    let (hub, manifest) = hub_with_the_demo(folder.path()).await;
    hub.fail(On::Get, Fault::Stall, 1);
    let cache = folder.path().join("cache").display().to_string();
    let environment = [
        ("HF_ENDPOINT", hub.endpoint.as_str()),
        ("HF_HUB_CACHE", &cache),
        ("HF_HUB_DOWNLOAD_TIMEOUT", "1"),
    ];
    let mut server = Server::launch(&manifest, &environment);
    assert_eq!(server.get("/health").await.status, 200);
    let (error, ..) = server.post("/predict", &series()).await.refusal(503);
    assert!(error.contains("loading"), "{error}");
    server.wait_for("the model is live");
    let answer = server.post("/predict", &series()).await.json();
    assert_eq!(answer["model"]["revision"].as_str().map(str::len), Some(40));
    let state = server.get("/models/retail-demand").await.json();
    assert_eq!(state["source"]["repo"], format!("{OWNER}/{NAME}"));
    assert_eq!(state["revision"], answer["model"]["revision"]);
}

/// `kill -9` in the middle of a download leaves nothing that a new process would stumble over.
#[tokio::test(flavor = "multi_thread")]
async fn kill_9_during_a_download_leaves_nothing_to_repair() {
    let folder = tempfile::tempdir().expect("a folder");
    let (hub, manifest) = hub_with_the_demo(folder.path()).await;
    hub.fail(On::Get, Fault::Stall, 1);
    let cache = folder.path().join("cache").display().to_string();
    let environment = [
        ("HF_ENDPOINT", hub.endpoint.as_str()),
        ("HF_HUB_CACHE", &cache),
    ];
    let mut server = Server::launch(&manifest, &environment);
    eventually("the download has begun", || async {
        let state = server.get("/models/retail-demand").await.json();
        state["stage"]
            .as_str()
            .is_some_and(|stage| stage.contains("fetching model.onnx"))
    })
    .await;
    server.signal("KILL");
    assert_eq!(server.wait_for_exit().code(), None);

    let mut server = Server::launch(&manifest, &environment);
    server.wait_for("the model is live");
    assert_eq!(server.post("/predict", &series()).await.status, 200);
    drop(server);

    let offline = [("HF_HUB_OFFLINE", "1"), ("HF_HUB_CACHE", cache.as_str())];
    let mut server = Server::launch(&manifest, &offline);
    server.wait_for("the model is live");
}

/// A log that nobody reads any more stops neither answers nor the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_nobody_reads_stops_nothing() {
    let mut server = Server::start(&demo());
    server.stop_reading_the_log();
    // More than a pipe holds: each refusal writes a line with its path.
    let path = format!("/{}", "x".repeat(2000));
    for _ in 0..100 {
        assert_eq!(server.get(&path).await.status, 404);
    }
    server.signal("TERM");
    assert_eq!(server.wait_for_exit().code(), Some(0));
}

pub(crate) fn modelhost(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_modelhost"))
        .args(arguments)
        .output()
        .expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Exit codes and streams of the commands that end by themselves.
#[test]
fn commands_end_with_the_right_code_and_say_why() {
    let demo = demo().display().to_string();
    let good = modelhost(&["check", &demo]);
    assert_eq!(good.status.code(), Some(0), "{}", text(&good.stderr));
    assert!(text(&good.stdout).contains("ok: retail-demand model.onnx sha256"));

    let folder = tempfile::tempdir().expect("a folder");
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).expect("a folder");
    let empty = empty.display().to_string();
    let bad = folder.path().join("bad.yaml");
    std::fs::write(&bad, "nam: x\nmodel: { path: . }\n").expect("writes");
    let bad = bad.display().to_string();
    for command in [
        &["check", &bad][..],
        &["serve", &bad],
        &["serve", &empty],
        &["check", "nowhere.yaml"],
    ] {
        let output = modelhost(command);
        assert_eq!(output.status.code(), Some(64), "{command:?}");
        assert!(!output.stderr.is_empty());
    }
    assert!(text(&modelhost(&["check", &bad]).stderr).contains("did you mean `name`"));
    assert_eq!(modelhost(&["serv"]).status.code(), Some(64));
    assert_eq!(modelhost(&["--help"]).status.code(), Some(0));

    let missing = folder.path().join("missing.yaml");
    std::fs::write(&missing, "name: x\nmodel: { path: . }\n").expect("writes");
    let output = modelhost(&["check", &missing.display().to_string()]);
    assert_eq!(output.status.code(), Some(64));
    assert!(
        text(&output.stderr).contains("model.onnx"),
        "{}",
        text(&output.stderr)
    );

    let input = folder.path().join("request.json");
    std::fs::write(&input, series().to_string()).expect("writes");
    let input = input.display().to_string();
    let output = modelhost(&["predict", &demo, "--input", &input]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let json: Value = serde_json::from_slice(&output.stdout).expect("stdout is JSON");
    assert_eq!(json["outputs"][0]["mean"].as_array().map(Vec::len), Some(7));
    std::fs::write(&input, "{\"inputs\": {}}").expect("writes");
    let output = modelhost(&["predict", &demo, "--input", &input]);
    assert_eq!(output.status.code(), Some(64));
    assert!(text(&output.stderr).contains("/inputs/series"));
}

/// The health check that the image uses, and a port that is taken.
#[test]
fn the_health_command_and_a_taken_port() {
    let server = Server::start(&demo());
    let (_, port) = server.address.split_once(':').expect("host:port");
    assert_eq!(
        modelhost(&["health", "--port", port]).status.code(),
        Some(0)
    );
    let taken = modelhost(&[
        "serve",
        "--host",
        "127.0.0.1",
        "--port",
        port,
        &demo().display().to_string(),
    ]);
    assert_eq!(taken.status.code(), Some(1));
    assert!(
        text(&taken.stderr).contains("--port"),
        "{}",
        text(&taken.stderr)
    );
    let port = port.to_owned();
    drop(server);
    assert_eq!(
        modelhost(&["health", "--port", &port]).status.code(),
        Some(1)
    );
}

/// Every call of the system that opens a file to write, or makes, moves or removes one, is looked at.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_writes_no_file_outside_the_two_caches() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (home, models, plugins, trace) =
        (path("home"), path("hub"), path("plugins"), path("trace"));
    std::fs::create_dir(&home).expect("makes");
    let calls = "trace=open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,truncate";
    let under = [
        "strace",
        "-f",
        "-qq",
        "--seccomp-bpf",
        "-s",
        "4096",
        "-e",
        calls,
        "-o",
        &trace,
    ];
    let (hub, manifest) = hub_with_the_demo(folder.path()).await;
    let environment = [
        ("HOME", home.as_str()),
        ("HF_HOME", models.as_str()),
        ("HF_ENDPOINT", hub.endpoint.as_str()),
        ("MODELHOST_PLUGIN_CACHE", plugins.as_str()),
    ];
    let mut server = Server::launch_under(&under, &manifest, &environment);
    server.wait_for("the model is live");
    for path in ["/predict", "/v1/models/retail-demand:predict"] {
        server.post(path, &series()).await;
    }
    for path in ["/", "/metrics", "/openapi.json", "/docs"] {
        server.get(path).await;
    }
    let children = format!("/proc/{0}/task/{0}/children", server.pid());
    let child = std::fs::read_to_string(children).expect("it runs");
    let ended = Command::new("kill").arg(child.trim()).status();
    assert!(ended.expect("kill runs").success());
    server.wait_for_exit();

    let trace = std::fs::read_to_string(trace).expect("strace wrote it");
    let writes = |line: &&str| {
        let is_read =
            line.contains("open") && line.contains("O_RDONLY") && !line.contains("O_CREAT");
        !is_read && line.contains('"')
    };
    let written: Vec<&str> = trace.lines().filter(writes).collect();
    let is_kept = |line: &&str| line.contains(&models) || line.contains(&plugins);
    assert!(
        written.iter().any(is_kept),
        "the caches are written: {trace}"
    );
    let elsewhere: Vec<_> = written.iter().filter(|line| !is_kept(line)).collect();
    let devices = ["\"/dev/null\"", "\"/proc/self/"];
    let elsewhere = elsewhere
        .iter()
        .filter(|line| devices.iter().all(|it| !line.contains(it)));
    assert_eq!(elsewhere.count(), 0, "{written:#?}");
}
