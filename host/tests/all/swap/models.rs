//! Many models in one process: they come, go, fail and are renamed without disturbing each other; and what happens is told.
//! Must not know manifests beyond their names.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};

use serde_json::json;

use super::{Folder, live, manifest, serve};
use crate::client::eventually;

fn named(name: &str, model: &str) -> String {
    manifest(model, "")
        .replace("name: m\n", &format!("name: {name}\n"))
        .replace("path: .,", "path: ..,")
}

/// A file more is a model more, a file less is a model less, and a broken one stops no other.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_manifests_is_a_folder_of_models() {
    let folder = Folder::new();
    fs::create_dir(folder.path("manifests")).expect("a folder");
    folder.write("manifests/a.yaml", &named("a", "double"));
    folder.write("manifests/broken.yaml", "name: broken\n");
    folder.write("manifests/nan.yaml", &named("nan", "nan"));
    let mut server = live(&folder.path("manifests"), &[]);
    assert_eq!(server.factor_at("/models/a/predict").await, 2.0);
    let list = server.get("/models").await.json();
    let problem = &list["problems"][0];
    assert_eq!(problem["file"], "broken.yaml", "{list}");
    assert_eq!(server.get("/ready").await.status, 503);
    fs::remove_file(folder.path("manifests/nan.yaml")).expect("removes");
    server.wait_for("the model is unloaded");
    assert_eq!(server.get("/ready").await.status, 200);
    folder.write("manifests/broken.yaml", &named("b", "triple"));
    server.wait_for("the model is live");
    assert_eq!(server.factor_at("/models/b/predict").await, 3.0);
    assert_eq!(server.get("/models").await.json()["problems"], json!([]));
    fs::remove_file(folder.path("manifests/a.yaml")).expect("removes");
    server.wait_for("the model is unloaded");
    let request = json!({"inputs": {"x": [[1]]}});
    let gone = server.post("/models/a/predict", &request);
    gone.await.refusal(404);
    // The only one left is the default.
    assert_eq!(server.factor().await, 3.0);
    let metrics = server.get("/metrics").await.text;
    assert!(
        !metrics.contains("modelhost_ready{model=\"a\"}"),
        "{metrics}"
    );
}

/// Two that want the same name or both want to be the default: who was there first stays as it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_that_clashes_is_refused() {
    let folder = Folder::new();
    fs::create_dir(folder.path("manifests")).expect("a folder");
    folder.write("manifests/b.yaml", &named("b", "double"));
    let mut server = live(&folder.path("manifests"), &[]);
    folder.write("manifests/a.yaml", &named("b", "triple"));
    let event = server.wait_for("the manifest is not read");
    assert!(
        event["reason"]
            .as_str()
            .is_some_and(|reason| reason.contains("is taken by")),
        "{event}"
    );
    assert_eq!(server.factor_at("/models/b/predict").await, 2.0);
}

/// A model whose manifest gives it another name answers under the old one until it does under the new one.
#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_renamed_is_never_away() {
    let folder = Folder::new();
    let mut server = serve(&folder);
    folder.write(
        "m.yaml",
        &manifest("nan", "").replace("name: m\n", "name: n\n"),
    );
    server.wait_for("the model is not loaded");
    assert_eq!(server.factor().await, 2.0);
    assert_eq!(server.factor_at("/models/m/predict").await, 2.0);
    folder.write(
        "m.yaml",
        &manifest("triple", "").replace("name: m\n", "name: n\n"),
    );
    server.wait_for("the model is live");
    assert_eq!(server.factor_at("/models/n/predict").await, 3.0);
    server.wait_for("the model is unloaded");
    assert_eq!(server.factor().await, 3.0);
    let server = &server;
    eventually("the old name is gone", || async {
        server.get("/models/m").await.status == 404
    })
    .await;
}

/// Whoever listens hears of stages, refusals and swaps, and does not keep the process from ending.
#[tokio::test(flavor = "multi_thread")]
async fn listeners_hear_what_happens_and_hold_nothing_up() {
    let folder = Folder::new();
    let mut server = serve(&folder);
    let mut stream = server.connect();
    stream
        .write_all(b"GET /events HTTP/1.1\r\nhost: x\r\n\r\n")
        .expect("the server reads");
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let mut heard = |words: &str| {
        let line = lines.find(|line| line.contains(words));
        line.unwrap_or_else(|| panic!("`{words}` is not told"))
    };
    heard("text/event-stream");
    folder.write("m.yaml", &manifest("nan", ""));
    heard("event:stage");
    heard("event:refused");
    let data = heard("data:");
    assert!(
        data.contains("not finite") && data.contains("\"model\":\"m\""),
        "{data}"
    );
    folder.write("m.yaml", &manifest("triple", ""));
    heard("event:live");
    server.signal("TERM");
    assert!(lines.all(|line| !line.contains("event:live")));
    assert!(server.wait_for_exit().success());
}
