//! Answers that are kept: found again by who asks the same, in this process or in a Redis, and never missed by who asks.
//! Knows the wire, the manifest's `cache` and a real Redis; nothing of a model.

use crate::client::{Answer, eventually};
use crate::server::{Server, root};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// The demo, which keeps answers so long.
fn manifest(ttl_s: u32) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("m.yaml");
    let text = std::fs::read_to_string(root().join("manifests/retail-demand.yaml"));
    let model = root().join("model-card").display().to_string();
    let text = text
        .expect("the demo's manifest")
        .replace("path: ../model-card", &format!("path: {model}"));
    std::fs::write(&file, format!("{text}\ncache: {{ ttl_s: {ttl_s} }}\n")).expect("writes");
    (folder, file)
}

fn serve(manifest: &std::path::Path, environment: &[(&str, &str)]) -> Server {
    let mut server = Server::launch(manifest, environment);
    server.wait_for("the model is live");
    server
}

fn request(value: u32) -> Value {
    json!({"inputs": {"series": vec![value; 30], "item": "TEA"}})
}

async fn ask(server: &Server, value: u32) -> Answer {
    let answer = server.post("/predict", &request(value)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

/// The same question in other words has the same answer, which no stage made again; another question, or form, has not.
#[tokio::test(flavor = "multi_thread")]
async fn who_asks_the_same_again_gets_the_answer_that_was_kept() {
    let (_folder, manifest) = manifest(3600);
    let server = serve(&manifest, &[]);
    let first = ask(&server, 5).await;
    assert_eq!(first.header("x-cache"), "miss");
    let again = ask(&server, 5).await;
    assert_eq!((again.header("x-cache"), &again.text), ("hit", &first.text));
    assert_eq!(
        again.header("x-model-version"),
        first.header("x-model-version")
    );
    assert!(!again.header("server-timing").contains("model;"));
    let series = vec!["5"; 30].join(" , ");
    let other_words = format!("{{ \"inputs\" : {{\"item\":\"TEA\", \"series\": [{series}] }} }}");
    let again = server
        .send("/predict", "application/json", other_words)
        .await;
    assert_eq!((again.header("x-cache"), &again.text), ("hit", &first.text));
    assert_eq!(ask(&server, 6).await.header("x-cache"), "miss");

    for (accept, cached) in [
        ("image/svg+xml", "miss"),
        ("image/svg+xml", "hit"),
        ("image/png", "miss"),
    ] {
        let post = reqwest::Client::new().post(format!("{}/predict", server.url));
        let post = post.header("accept", accept).json(&request(5));
        let answer = post.send().await.expect("it answers");
        assert_eq!(answer.headers()["x-cache"], cached, "{accept}");
        assert_eq!(answer.headers()["content-type"], accept);
    }
    let refused = json!({"inputs": {"series": [1]}});
    for _ in 0..2 {
        assert_eq!(server.post("/predict", &refused).await.status, 422);
    }
    let metrics = server.get("/metrics").await.text;
    let hits = "modelhost_cache_requests_total{model=\"retail-demand\",result=\"hit\"} 3";
    assert!(metrics.contains(hits), "{metrics}");
}

/// A new version knows nothing of the old one's answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_answers_for_itself() {
    let (_folder, manifest) = manifest(3600);
    let mut server = serve(&manifest, &[]);
    let first = ask(&server, 5).await;
    let text = std::fs::read_to_string(&manifest).expect("reads");
    let changed = text.replace("ttl_s: 3600", "ttl_s: 1800");
    std::fs::write(&manifest, changed).expect("writes");
    server.wait_for("the model is live");
    let second = ask(&server, 5).await;
    assert_eq!(second.header("x-cache"), "miss");
    assert_ne!(
        second.header("x-model-version"),
        first.header("x-model-version")
    );
}

/// After its time an answer is made again; where nothing is said, none is kept.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_kept_as_long_as_the_manifest_says() {
    let (_folder, short) = manifest(1);
    let server = serve(&short, &[]);
    ask(&server, 5).await;
    assert_eq!(ask(&server, 5).await.header("x-cache"), "hit");
    eventually("the answer is made again", || async {
        ask(&server, 5).await.header("x-cache") == "miss"
    })
    .await;
    let server = Server::start(&crate::server::demo());
    ask(&server, 5).await;
    assert_eq!(ask(&server, 5).await.header("x-cache"), "");
}

/// Debian's `redis-tools` has the server under another name.
struct Redis(Child);

impl Redis {
    fn start(port: u16) -> Redis {
        let child = Command::new("redis-check-rdb")
            .arg0("redis-server")
            .args([
                "--port",
                &port.to_string(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
            ])
            .stdout(Stdio::null())
            .spawn();
        Redis(child.expect("the tests of the cache need redis-check-rdb: install redis-tools"))
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// What one server has answered the other need not; without the Redis both answer as well, and with it again, too.
#[tokio::test(flavor = "multi_thread")]
async fn servers_share_a_redis_and_need_none() {
    let port = TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port();
    let url = format!("redis://127.0.0.1:{port}/0");
    let (_folder, manifest) = manifest(3600);
    let environment = [("CACHE_URL", url.as_str())];
    let (one, other) = (
        serve(&manifest, &environment),
        serve(&manifest, &environment),
    );
    for value in 1..5 {
        assert_eq!(ask(&one, value).await.header("x-cache"), "miss");
    }
    assert!(one.get("/metrics").await.text.contains("result=\"error\""));

    let redis = Redis::start(port);
    eventually("the answer is found again", || async {
        ask(&one, 7).await.header("x-cache") == "hit"
    })
    .await;
    eventually("the other server finds it", || async {
        ask(&other, 7).await.header("x-cache") == "hit"
    })
    .await;
    assert_eq!(ask(&other, 7).await.text, ask(&one, 7).await.text);

    drop(redis);
    let asked = (0..64).map(|at| ask(&one, 100 + at));
    for answer in futures_util::future::join_all(asked).await {
        assert_eq!(answer.header("x-cache"), "miss");
    }
    let _redis = Redis::start(port);
    eventually("answers are kept again", || async {
        ask(&one, 9).await.header("x-cache") == "hit"
    })
    .await;
}

/// A wrong address is said at the start, without the password in it.
#[test]
fn a_wrong_address_of_a_cache_is_refused() {
    let ran = Command::new(env!("CARGO_BIN_EXE_modelhost"))
        .args(["serve", "--port", "0", "--cache-url", "http://:secret@host"])
        .arg(crate::server::demo())
        .output()
        .expect("the binary starts");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(!ran.status.success());
    assert!(
        said.contains("CACHE_URL") && !said.contains("secret"),
        "{said}"
    );
}
