//! What cannot take over does not: the old version answers on, and the reason is said where an operator looks.
//! Must not know how a version is loaded.

use std::fs;
use std::path::Path;

use super::{Folder, live, manifest, serve};
use crate::fake_hub::{FakeHub, Fault, On};

/// Each edit with words of the reason.
fn broken(hub: &str) -> Vec<(String, &'static str)> {
    let digest = "0".repeat(64);
    let expect = "    expect: { value: { y: [[9, 9]] } }\n";
    vec![
        (manifest("missing", ""), "has no file `missing.onnx`"),
        (
            manifest("triple", "").replace(" }\nex", &format!(", sha256: {digest} }}\nex")),
            "000",
        ),
        (manifest("nan", ""), "not finite"),
        (
            manifest("triple", "").replace("[[1, 2]] } }\n", &format!("[[1, 2]] }} }}\n{expect}")),
            "expected 9",
        ),
        (
            manifest(
                "triple",
                "preprocess: { plugin: ./faulty.wasm, config: { do: loop } }\nlimits: { plugin: { deadline_ms: 50 } }\n",
            ),
            "faulty.wasm",
        ),
        (
            manifest("triple", "preprocess: { plugin: no-such }\n"),
            "no bundled plugin `no-such`",
        ),
        (
            "name: m\nmodel: { repo: acme/x }\n".to_owned(),
            "cannot reach",
        ),
        (format!("name: m\nmodel: {{ repo: acme/{hub} }}\n"), "hub"),
        ("name: m\nmodel: [\n".to_owned(), "m.yaml:"),
        ("name: m\nmodle: { path: . }\n".to_owned(), "did you mean"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_with_a_new_version_the_old_one_answers_and_says_why() {
    let folder = Folder::new();
    let faulty = concat!(env!("MODELHOST_BUNDLE"), "/faulty.wasm");
    fs::copy(faulty, folder.path("faulty.wasm")).expect("copies");
    folder.write("m.yaml", &manifest("double", ""));
    let nowhere = ("HF_ENDPOINT", "http://127.0.0.1:9");
    let cache = tempfile::tempdir().expect("a folder");
    let cache = ("HF_HUB_CACHE", cache.path().to_str().expect("a path"));
    let mut server = live(&folder.path("m.yaml"), &[nowhere, cache]);
    for (text, words) in broken("x") {
        folder.write("m.yaml", &text);
        loop {
            let event = server.wait_for("");
            let said = event["message"].as_str().unwrap_or_default();
            if said.starts_with("the new version is not served")
                || said == "the manifest is not read"
            {
                let reason = event["reason"].as_str().unwrap_or_default();
                assert!(reason.contains(words), "{text}\n{reason}");
                break;
            }
        }
        assert_eq!(server.factor().await, 2.0, "{text}");
        let model = server.model("m").await;
        assert_eq!(model["state"], "ready");
        let error = model["error"].as_str().unwrap_or_default();
        let last = model["attempts"][0]["reason"].as_str().unwrap_or_default();
        assert!(error.contains(words) && last.contains(words), "{model}");
        assert_eq!(server.get("/ready").await.status, 200);
    }
    let metrics = server.get("/metrics").await.text;
    assert!(
        metrics.contains("modelhost_reloads_total{model=\"m\",result=\"invalid\"} 2"),
        "{metrics}"
    );
    folder.write("m.yaml", &manifest("triple", ""));
    server.wait_for("the model is live");
    assert_eq!(server.factor().await, 3.0);
}

/// A hub that is slow holds nobody up: not the requests, and not an edit that needs no hub.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_hub_holds_nobody_up() {
    let hub = FakeHub::start().await;
    hub.fail(On::Resolve, Fault::Silence, 100);
    let folder = Folder::new();
    folder.write("m.yaml", &manifest("double", ""));
    let cache = tempfile::tempdir().expect("a folder");
    let cache = ("HF_HUB_CACHE", cache.path().to_str().expect("a path"));
    let mut server = live(
        &folder.path("m.yaml"),
        &[("HF_ENDPOINT", &hub.endpoint), cache],
    );
    folder.write("m.yaml", "name: m\nmodel: { repo: acme/x }\n");
    server.wait_for("the manifest or its files changed");
    for _ in 0..20 {
        assert_eq!(server.factor().await, 2.0);
    }
    folder.write("m.yaml", &manifest("triple", ""));
    server.wait_for("the model is live");
    assert_eq!(server.factor().await, 3.0);
}

/// An operator's plugin is watched as well: a broken one is refused, and the next one that works is taken.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_file_that_breaks_leaves_the_old_one_answering() {
    let folder = Folder::new();
    let faulty = concat!(env!("MODELHOST_BUNDLE"), "/faulty.wasm");
    fs::copy(faulty, folder.path("p.wasm")).expect("copies");
    let text = "name: m\nmodel: { path: ., file: double.onnx }\npreprocess: { plugin: ./p.wasm }\n";
    folder.write("m.yaml", text);
    let mut server = live(&folder.path("m.yaml"), &[]);
    folder.write("p.wasm", "this is no plugin");
    server.wait_for("the new version is not served");
    let request = serde_json::json!({"inputs": {"values": [1]}});
    assert_eq!(server.post("/predict", &request).await.status, 200);
    fs::copy(faulty, folder.path("p.wasm")).expect("copies");
    serve_on(&mut server).await;
    assert_eq!(server.post("/predict", &request).await.status, 200);
}

/// What answers is what is asked for again: the failed attempt is forgotten, and nothing is loaded.
async fn serve_on(server: &mut crate::server::Server) {
    server.wait_for("the manifest or its files changed");
    let server = &*server;
    crate::client::eventually("the error is gone", || async {
        server.model("m").await["error"].is_null()
    })
    .await;
    let results = server.results().await;
    assert_eq!(results.iter().filter(|result| *result == "ok").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_is_undone_loads_nothing() {
    let folder = Folder::new();
    let mut server = serve(&folder);
    folder.write("m.yaml", &manifest("nan", ""));
    server.wait_for("the new version is not served");
    folder.write("m.yaml", &manifest("double", ""));
    serve_on(&mut server).await;
    assert_eq!(server.factor().await, 2.0);
}

/// A visitor of the page reads why the last change was not taken, without loading the page again.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_why_a_change_was_not_taken() {
    let folder = Folder::new();
    let mut server = serve(&folder);
    let browser = crate::webdriver::Browser::start(1280, 900).await;
    browser.open(&server.url).await;
    browser
        .wait_until(
            "the page is ready",
            "return document.querySelector('#status').dataset.state === 'ready'",
        )
        .await;
    folder.write("m.yaml", &manifest("nan", ""));
    server.wait_for("the new version is not served");
    let told = "return document.querySelector('#notice').textContent.includes('not finite')";
    browser.wait_until("the page says why", told).await;
    let text = browser.text("#notice").await;
    assert!(text.contains("The last change was not taken"), "{text}");
    let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page-refused.png");
    browser.screenshot(&picture).await;
    folder.write("m.yaml", &manifest("triple", ""));
    server.wait_for("the model is live");
    browser
        .wait_until(
            "the notice is gone",
            "return document.querySelector('#notice').hidden",
        )
        .await;
    browser.click("#tab-live").await;
    let listed = "return document.querySelectorAll('#panel-live ol.history li').length >= 3";
    browser.wait_until("the attempts are listed", listed).await;
    let versions = browser.text("#panel-live ol.history").await;
    assert!(
        versions.contains("Not taken") && versions.contains("answers now"),
        "{versions}"
    );
    browser
        .execute("document.querySelector('.history').scrollIntoView({behavior: 'instant'})")
        .await;
    let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page-history.png");
    browser.screenshot(&picture).await;
}
