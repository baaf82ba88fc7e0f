//! Replicas behind a real nginx with the configuration of `deploy/`: who notices when one is changed, killed or stopped.
//! Must not know how a replica does any of that.

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::client::eventually;
use crate::server::{Server, root};
use crate::swap::{Folder, live, manifest};
use crate::webdriver::free_port;

const CLIENTS: usize = 32;

/// A roll, a `kill -9` with requests in flight and a stop: whatever one replica could not answer, another one does.
#[tokio::test(flavor = "multi_thread")]
async fn with_nginx_s_retry_no_request_is_lost() {
    let mut replicas = three();
    let nginx = Nginx::start(&replicas, |configuration| configuration).await;
    let load = Load::start(&nginx.url);
    load.goes_on().await;
    roll(&mut replicas, &load).await;
    kill_under(&mut replicas[0].server, &load).await;
    replicas[1].server.signal("TERM");
    assert_eq!(replicas[1].server.wait_for_exit().code(), Some(0));
    load.goes_on().await;
    assert_eq!(load.failures().await, [0; CLIENTS]);
    let killed = &replicas[0].server.address;
    // Without one that was sent again this test has shown nothing.
    let (log, retried) = (nginx.log(), format!(" 200 by {killed}, "));
    assert!(log.lines().any(|line| line.contains(&retried)), "{log}");
}

/// As nginx has it by default: what was sent to a replica is not sent to another.
#[tokio::test(flavor = "multi_thread")]
async fn without_it_only_what_was_in_flight_on_the_killed_one_is_lost() {
    let mut replicas = three();
    let nginx = Nginx::start(&replicas, |configuration| {
        put(&configuration, " non_idempotent;", ";")
    })
    .await;
    let load = Load::start(&nginx.url);
    load.goes_on().await;
    roll(&mut replicas, &load).await;
    kill_under(&mut replicas[0].server, &load).await;
    let lost: usize = load.failures().await.iter().sum();
    // More cannot be in flight at once.
    assert!((1..=CLIENTS).contains(&lost), "{lost} were lost");
    let killed = &replicas[0].server.address;
    let log = nginx.log();
    let is_lost = format!(" 502 by {killed} with 502 ");
    for line in log.lines().filter(|line| !line.contains(" 200 by ")) {
        assert!(line.contains(&is_lost), "{line}");
    }
}

struct Replica {
    folder: Folder,
    server: Server,
}

/// Three replicas of the model that doubles, each with a manifest of its own.
fn three() -> [Replica; 3] {
    std::array::from_fn(|_| {
        let folder = Folder::new();
        folder.write("m.yaml", &manifest("double", ""));
        let server = live(&folder.path("m.yaml"), &[]);
        Replica { folder, server }
    })
}

/// Has one replica after the other serve the model that triples.
async fn roll(replicas: &mut [Replica], load: &Load) {
    for replica in replicas {
        replica.folder.write("m.yaml", &manifest("triple", ""));
        replica.server.wait_for("the model is live");
        load.goes_on().await;
    }
}

/// Kills the replica with requests in flight on it: it is held until there are some.
async fn kill_under(replica: &mut Server, load: &Load) {
    replica.signal("STOP");
    load.goes_on().await;
    replica.signal("KILL");
    replica.wait_for_exit();
    load.goes_on().await;
}

/// A running nginx, killed when dropped.
struct Nginx {
    url: String,
    folder: TempDir,
    process: Child,
}

impl Nginx {
    /// Starts nginx in front of these replicas, with the configuration of `deploy/` and this change to it.
    async fn start(replicas: &[Replica], change: impl Fn(String) -> String) -> Nginx {
        let address = format!("127.0.0.1:{}", free_port());
        let configuration = root().join("deploy/nginx.conf");
        let mut text = fs::read_to_string(configuration).expect("the configuration is there");
        text = put(
            &text,
            "listen 127.0.0.1:7860;",
            &format!("listen {address};"),
        );
        for (number, replica) in replicas.iter().enumerate() {
            let documented = format!("server 127.0.0.1:{} ", 7861 + number);
            let real = format!("server {} ", replica.server.address);
            text = put(&text, &documented, &real);
        }
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("nginx.conf");
        fs::write(&file, change(text)).expect("writes");
        let errors = File::create(folder.path().join("error.log")).expect("a file");
        let process = Command::new("nginx")
            .arg("-p")
            .arg(folder.path())
            .arg("-c")
            .arg(file)
            // One process, so that killing it leaves none.
            .args(["-e", "stderr", "-g", "daemon off; master_process off;"])
            .stderr(Stdio::from(errors))
            .spawn()
            .expect("these tests need nginx: run host/tests/run");
        eventually("nginx listens", || async {
            TcpStream::connect(&address).await.is_ok()
        })
        .await;
        Nginx {
            url: format!("http://{address}"),
            folder,
            process,
        }
    }

    /// Ends nginx, and says what it has logged of every request.
    fn log(mut self) -> String {
        let pid = self.process.id().to_string();
        let told = Command::new("kill").args(["-QUIT", &pid]).status();
        assert!(told.expect("kill runs").success());
        self.process.wait().expect("the process is ours");
        fs::read_to_string(self.folder.path().join("access.log")).expect("nginx keeps a log")
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// `text` with `new` in the place of `old`, which must be there.
fn put(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "no `{old}` in the configuration");
    text.replace(old, new)
}

/// Clients that never pause.
struct Load {
    clients: Vec<JoinHandle<usize>>,
    answers: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
}

impl Load {
    fn start(url: &str) -> Load {
        let answers = Arc::new(AtomicUsize::new(0));
        let is_over = Arc::new(AtomicBool::new(false));
        let client = |number: usize| {
            let (url, answers, is_over) =
                (format!("{url}/predict"), answers.clone(), is_over.clone());
            tokio::spawn(async move { ask_on(&url, number as f64, &answers, &is_over).await })
        };
        Load {
            clients: (0..CLIENTS).map(client).collect(),
            answers,
            is_over,
        }
    }

    /// Waits for more answers than could have been under way.
    async fn goes_on(&self) {
        let enough = self.answers.load(Ordering::Acquire) + 4 * CLIENTS;
        eventually("more is answered", || async {
            self.answers.load(Ordering::Acquire) >= enough
        })
        .await;
    }

    /// Ends it, and says how many requests of each client were not answered by a model.
    async fn failures(self) -> Vec<usize> {
        self.is_over.store(true, Ordering::Release);
        let mut failures = Vec::new();
        for client in self.clients {
            failures.push(client.await.expect("a client ends by itself"));
        }
        failures
    }
}

/// Asks until it is over; how many answers were none.
async fn ask_on(url: &str, number: f64, answers: &AtomicUsize, is_over: &AtomicBool) -> usize {
    let client = reqwest::Client::new();
    let body = json!({"inputs": {"x": [[number + 1.0, 1.0]]}}).to_string();
    let row = |factor: f64| json!([[(number + 1.0) * factor, factor]]);
    let mut failures = 0;
    while !is_over.load(Ordering::Acquire) {
        let request = client.post(url).body(body.clone());
        let response = request.send().await.expect("nginx answers");
        if response.status() == 200 {
            let text = response.text().await.expect("every answer is whole");
            let answer: Value = serde_json::from_str(&text).expect("JSON");
            let y = &answer["outputs"]["y"];
            assert!(*y == row(2.0) || *y == row(3.0), "a mixture: {y}");
        } else {
            failures += 1;
        }
        answers.fetch_add(1, Ordering::AcqRel);
    }
    failures
}
