//! What a swap costs those who are served meanwhile: fifty in a row between two revisions, from a folder and from a hub,
//! five of them broken on purpose, under clients that never pause; every answer is checked.
//! Must not know how a swap is made.
//!
//! `cargo bench -p modelhost --bench swap`

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    dead_code,
    reason = "a benchmark is there to be read, ends where it cannot go on, and uses a part of the tests' tools"
)]

#[path = "../tests/all/fake_hub.rs"]
mod fake_hub;

use fake_hub::{FakeHub, commit};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const CLIENTS: usize = 32;
const SWAPS: usize = 50;
/// Every so many swaps one is broken.
const BROKEN: usize = 10;
const PATIENCE: Duration = Duration::from_secs(60);
/// Counted from 0, as the swaps are.
const THIRD: usize = 2;
const REST: Duration = Duration::from_secs(2);
const CALM: Duration = Duration::from_secs(20);

/// When an answer came, how long it took, and which of the two models gave it.
type Seen = (Instant, Duration, usize);

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let hub = prepare(folder.path()).await;
    let manifest = folder.path().join("m.yaml");
    std::fs::write(&manifest, text("path: one", 0)).expect("writes");
    let server = Server::start(&manifest, &hub.endpoint, &folder.path().join("cache"));
    server.until(|model| model["state"] == "ready").await;
    let expected = Arc::new([server.answer().await, server.swapped(&manifest, 1).await]);
    assert_ne!(expected[0], expected[1], "the two models answer alike");

    let (seen, is_over) = (
        Arc::new(Mutex::new(Vec::new())),
        Arc::new(AtomicBool::new(false)),
    );
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let ask = ask(
                server.url.clone(),
                expected.clone(),
                seen.clone(),
                is_over.clone(),
            );
            tokio::spawn(ask)
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let calm = Instant::now();
    // Asked as often as during the swaps: what is compared is the swaps, not the asking.
    server.until(|_| calm.elapsed() >= CALM).await;
    let calm = (calm, Instant::now());
    let (mut windows, mut resident) = (Vec::new(), Vec::new());
    for swap in 0..SWAPS {
        let began = Instant::now();
        server.edit(&manifest, swap).await;
        windows.push((began, Instant::now()));
        if [THIRD, SWAPS - 1].contains(&swap) {
            // Pages are given back a moment after they were freed.
            let end = Instant::now();
            server.until(|_| end.elapsed() >= REST).await;
            resident.push(server.resident());
        }
    }
    is_over.store(true, Ordering::Release);
    for client in clients {
        client
            .await
            .expect("every request was answered, and rightly");
    }
    let seen = seen.lock().expect("no client panicked");
    report(&seen, calm, &windows, &resident);
}

/// Two revisions of the demo model, in folders and on a hub: other bytes, and other quantiles asked for.
async fn prepare(folder: &Path) -> FakeHub {
    let card = root().join("model-card");
    let mut model = std::fs::read(card.join("model.onnx")).expect("the demo model");
    let hub = FakeHub::start().await;
    for (number, name) in [(1, "one"), (2, "two")] {
        std::fs::create_dir(folder.join(name)).expect("a folder");
        std::fs::write(folder.join(name).join("model.onnx"), &model).expect("writes");
        hub.replace("model.onnx", &model);
        hub.move_main(number + 1);
        // Field 6 of an ONNX file, `doc_string`: the same model, and another file.
        model.extend([0x32, 1, b'0' + number]);
    }
    hub
}

fn root() -> PathBuf {
    let host = Path::new(env!("CARGO_MANIFEST_DIR"));
    host.parent()
        .expect("host lies in the repository")
        .to_owned()
}

/// The manifest of one of the two, from wherever `source` says.
fn text(source: &str, which: usize) -> String {
    let demo = std::fs::read_to_string(root().join("manifests/retail-demand.yaml")).expect("reads");
    let demo = demo.replace("  reference: reference.npz\n", "");
    let demo = demo.replace("path: ../model-card", source);
    match which {
        0 => demo,
        _ => demo.replace("[0.1, 0.5, 0.9]", "[0.1, 0.25, 0.5, 0.9]"),
    }
}

struct Server {
    child: Child,
    url: String,
    request: Value,
}

impl Server {
    fn start(manifest: &Path, hub: &str, cache: &Path) -> Server {
        let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = port.local_addr().expect("it is bound");
        drop(port);
        let child = Command::new(env!("CARGO_BIN_EXE_modelhost"))
            .args(["--log", "off", "serve", "--host", "127.0.0.1", "--port"])
            .arg(address.port().to_string())
            .arg(manifest)
            .env("HF_ENDPOINT", hub)
            .env("HF_HUB_CACHE", cache)
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let example = modelhost::manifest::Manifest::read(manifest).expect("a manifest");
        Server {
            child,
            url: format!("http://{address}"),
            request: example.examples[0].request.clone(),
        }
    }

    async fn model(&self) -> Value {
        let url = format!("{}/models/retail-demand", self.url);
        match reqwest::get(url).await {
            Ok(response) => response.json().await.unwrap_or_default(),
            Err(_) => Value::Null,
        }
    }

    async fn until(&self, holds: impl Fn(&Value) -> bool) {
        let start = Instant::now();
        while !holds(&self.model().await) {
            assert!(
                start.elapsed() < PATIENCE,
                "no verdict: {}",
                self.model().await
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn answer(&self) -> Value {
        let url = format!("{}/predict", self.url);
        let body = self.request.to_string();
        let sent = reqwest::Client::new().post(url).body(body).send().await;
        let mut answer: Value = sent.expect("it answers").json().await.expect("JSON");
        answer["outputs"].take()
    }

    async fn swapped(&self, manifest: &Path, which: usize) -> Value {
        let before = self.model().await["version"]["id"].clone();
        std::fs::write(manifest, text("path: two", which)).expect("writes");
        self.until(|model| model["version"]["id"] != before).await;
        self.answer().await
    }

    /// Edits the manifest and waits until that has come to something.
    async fn edit(&self, manifest: &Path, swap: usize) {
        let attempts = |model: &Value| model["attempts"][0]["at"].clone();
        let before = attempts(&self.model().await);
        let which = swap % 2;
        let name = ["one", "two"][which];
        let number = u8::try_from(which).expect("0 or 1") + 1;
        let source = match (swap % BROKEN == BROKEN - 1, swap % 4 < 2) {
            (true, _) => "path: nowhere".to_owned(),
            (false, true) => format!("path: {name}"),
            (false, false) => format!("repo: acme/x\n  revision: \"{}\"", commit(number)),
        };
        let is_broken = source == "path: nowhere";
        std::fs::write(manifest, text(&source, which)).expect("writes");
        self.until(|model| attempts(model) != before).await;
        let result = self.model().await["attempts"][0]["result"].clone();
        assert_eq!(
            result,
            if is_broken { "failed" } else { "ok" },
            "swap {swap}"
        );
    }

    /// Memory of the server, in KiB.
    fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("Linux says it");
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().nth(1));
        number
            .and_then(|number| number.parse().ok())
            .expect("a number")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

async fn ask(
    url: String,
    expected: Arc<[Value; 2]>,
    seen: Arc<Mutex<Vec<Seen>>>,
    is_over: Arc<AtomicBool>,
) {
    let client = reqwest::Client::new();
    let example = modelhost::manifest::Manifest::read(&root().join("manifests/retail-demand.yaml"));
    let body = example.expect("a manifest").examples[0].request.to_string();
    let mut mine = Vec::new();
    while !is_over.load(Ordering::Acquire) {
        let start = Instant::now();
        let request = client.post(format!("{url}/predict")).body(body.clone());
        let response = request.send().await.expect("an answer");
        let status = response.status();
        let answer: Value = response.json().await.expect("a whole answer");
        assert_eq!(status, 200, "{answer}");
        let which = expected
            .iter()
            .position(|outputs| *outputs == answer["outputs"]);
        let which = which.unwrap_or_else(|| panic!("a mixture: {answer}"));
        mine.push((Instant::now(), start.elapsed(), which));
    }
    seen.lock().expect("nobody panicked").extend(mine);
}

fn report(
    seen: &[Seen],
    calm: (Instant, Instant),
    windows: &[(Instant, Instant)],
    resident: &[u64],
) {
    let within = |spans: &[(Instant, Instant)]| -> Vec<Duration> {
        let is_in = |at: &Instant| spans.iter().any(|(from, to)| from <= at && at <= to);
        let mut times: Vec<Duration> = seen
            .iter()
            .filter(|(at, ..)| is_in(at))
            .map(|(_, took, _)| *took)
            .collect();
        times.sort();
        times
    };
    let percentile = |times: &[Duration], part: usize| {
        times[(times.len() * part / 100).min(times.len() - 1)].as_secs_f64() * 1e3
    };
    let (calm, busy) = (within(&[calm]), within(windows));
    let by = |which| seen.iter().filter(|(_, _, it)| *it == which).count();
    let total: Duration = windows.iter().map(|(from, to)| *to - *from).sum();
    println!(
        "{} answers, all 200, {} of one model and {} of the other, no mixture, none lost",
        seen.len(),
        by(0),
        by(1)
    );
    println!(
        "{} swaps, {} of them broken on purpose, {:.0} ms each from edit to verdict",
        windows.len(),
        windows.len() / BROKEN,
        total.as_secs_f64() * 1e3 / windows.len() as f64
    );
    for part in [50, 99] {
        let (calm, busy) = (percentile(&calm, part), percentile(&busy, part));
        println!(
            "p{part}: {calm:.1} ms without swaps, {busy:.1} ms during them, {:.2} times",
            busy / calm
        );
    }
    let (third, last) = (resident[0], resident[1]);
    println!(
        "memory: {} MiB after swap 3, {} MiB after swap {}, {:+.1} %",
        third >> 10,
        last >> 10,
        windows.len(),
        (last as f64 / third as f64 - 1.0) * 100.0
    );
}
