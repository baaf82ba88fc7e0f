//! Trials: a share of the requests, a look over the shoulder, and the way back.
//! Must not know how requests are shared out.

use std::fs;

use serde_json::json;

use super::{Folder, live, manifest, serve};
use crate::client::eventually;
use crate::fake_hub::{FakeHub, commit};

/// A canary answers its share, and all once its time is over.
#[tokio::test(flavor = "multi_thread")]
async fn a_canary_answers_its_share_and_then_all() {
    let folder = Folder::new();
    let mut server = serve(&folder);
    let rollout = "rollout: { canary_percent: 30, for_s: 2 }\n";
    folder.write("m.yaml", &manifest("triple", rollout));
    server.wait_for("on trial");
    let mut factors = Vec::new();
    for _ in 0..100 {
        factors.push(server.factor().await);
    }
    let triples = factors.iter().filter(|factor| **factor == 3.0).count();
    assert!(triples == 30 || factors.ends_with(&[3.0; 10]), "{triples}");
    server.wait_for("the model is live");
    for _ in 0..20 {
        assert_eq!(server.factor().await, 3.0);
    }
    assert_eq!(server.results().await, ["ok", "trial", "promoted"]);
    let metrics = server.get("/metrics").await.text;
    let by_version = metrics.matches("modelhost_version_requests_total{model=\"m\"");
    assert_eq!(by_version.count(), 2, "{metrics}");
}

/// A canary that fails is sent away, and nobody has noticed: the old version answered in its place.
#[tokio::test(flavor = "multi_thread")]
async fn a_canary_that_fails_is_sent_away_and_nobody_notices() {
    let folder = Folder::new();
    let faulty = concat!(env!("MODELHOST_BUNDLE"), "/faulty.wasm");
    fs::copy(faulty, folder.path("p.wasm")).expect("copies");
    let text = |memory: u64, more: &str| {
        format!(
            "name: m\nmodel: {{ path: ., file: double.onnx }}\npreprocess: {{ plugin: ./p.wasm }}\nlimits: {{ plugin: {{ memory_mib: {memory}, deadline_ms: 10000 }} }}\n{more}"
        )
    };
    folder.write("m.yaml", &text(256, ""));
    let mut server = live(&folder.path("m.yaml"), &[]);
    let rollout = "rollout: { canary_percent: 50, for_s: 600 }\n";
    folder.write("m.yaml", &text(4, rollout));
    server.wait_for("on trial");
    let greedy = json!({"inputs": {"do": "grow", "bytes": 32 << 20, "values": [1]}});
    for _ in 0..20 {
        let answer = server.post("/predict", &greedy).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let refused = server.wait_for("the version on trial is refused");
    let reason = refused["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("failed at 2 of"), "{reason}");
    let model = server.model("m").await;
    assert!(model["trial"].is_null(), "{model}");
    assert!(
        model["error"]
            .as_str()
            .is_some_and(|error| error.contains("failed at 2 of"))
    );
    assert_eq!(server.results().await, ["ok", "trial", "rolled_back"]);
}

/// Nothing gates a manifest without examples; what the new version refuses and the old one answers is its failure.
#[tokio::test(flavor = "multi_thread")]
async fn a_canary_that_refuses_what_the_old_version_answers_is_sent_away() {
    let folder = Folder::new();
    let text = |model: &str, more: &str| {
        format!("name: m\nmodel: {{ path: ., file: {model}.onnx }}\n{more}")
    };
    folder.write("m.yaml", &text("double", ""));
    let mut server = live(&folder.path("m.yaml"), &[]);
    let rollout = "rollout: { canary_percent: 50, for_s: 600 }\n";
    folder.write("m.yaml", &text("nan", rollout));
    server.wait_for("on trial");
    // What both refuse says nothing of either.
    for _ in 0..20 {
        let bad = server
            .post("/predict", &json!({"inputs": {"x": "no"}}))
            .await;
        assert_eq!(bad.status, 422, "{}", bad.text);
    }
    assert_eq!(server.model("m").await["trial"]["failed"], 0);
    for _ in 0..20 {
        assert_eq!(server.factor().await, 2.0);
    }
    let refused = server.wait_for("the version on trial is refused");
    let reason = refused["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("failed at 2 of"), "{reason}");
}

/// Silence is no proof: a canary that nobody has asked is not promoted.
#[tokio::test(flavor = "multi_thread")]
async fn a_canary_that_nobody_asks_waits_for_the_first_answer() {
    let folder = Folder::new();
    let mut server = serve(&folder);
    let rollout = "rollout: { canary_percent: 99, for_s: 1 }\n";
    folder.write("m.yaml", &manifest("triple", rollout));
    server.wait_for("on trial");
    eventually("its time is over", async || {
        server.model("m").await["trial"]["remaining_s"] == 0.0
    })
    .await;
    assert_eq!(server.results().await, ["ok", "trial"]);
    for _ in 0..3 {
        server.factor().await;
    }
    server.wait_for("the model is live");
    assert_eq!(server.factor().await, 3.0);
}

/// A shadow answers nobody, what it would have answered is compared, and an operator promotes it.
#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_is_compared_and_promoted_by_an_operator() {
    let folder = Folder::new();
    let mut server = serve(&folder);
    folder.write("m.yaml", &manifest("triple", "rollout: { shadow: true }\n"));
    server.wait_for("on trial");
    assert_eq!(server.factor().await, 2.0);
    let shared = &server;
    eventually("the shadow has answered", || async {
        shared.model("m").await["trial"]["shadow"]["compared"] == 1
    })
    .await;
    let shadow = server.model("m").await["trial"]["shadow"].clone();
    assert_eq!(shadow["largest_difference"], 0.5, "{shadow}");
    assert_eq!(server.admin("promote").await.status, 200);
    assert_eq!(server.factor().await, 3.0);
    server.admin("promote").await.refusal(409);
}

/// Back at once, to what is still in memory; the manifest is left alone until it changes.
#[tokio::test(flavor = "multi_thread")]
async fn an_operator_goes_back_at_once() {
    let folder = Folder::new();
    let mut server = serve(&folder);
    server.admin("rollback").await.refusal(409);
    folder.write("m.yaml", &manifest("triple", ""));
    server.wait_for("the model is live");
    let before = server.model("m").await["previous"]["id"].clone();
    let answer = server.admin("rollback").await;
    assert_eq!(answer.json()["version"], before);
    assert_eq!(server.factor().await, 2.0);
    server.signal("HUP");
    server.wait_for("SIGHUP");
    folder.write("m.yaml", &manifest("triple", "title: Again\n"));
    server.wait_for("the manifest or its files changed");
    server.wait_for("the model is live");
    assert_eq!(server.factor().await, 3.0);
    assert_eq!(server.results().await, ["ok", "ok", "rolled_back", "ok"]);
}

/// Who goes back from a version while a newer one fails is not overrun by further attempts at that.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_turned_away_from_is_not_tried_again() {
    let folder = Folder::new();
    let mut server = serve(&folder);
    folder.write("m.yaml", &manifest("triple", ""));
    server.wait_for("the model is live");
    folder.write("m.yaml", &manifest("nan", ""));
    server.wait_for("the new version is not served");
    assert_eq!(server.admin("rollback").await.status, 200);
    let count = server.results().await.len();
    folder.write("m.yaml", &manifest("triple", "title: Later\n"));
    server.wait_for("the manifest or its files changed");
    server.wait_for("the model is live");
    // At most the attempt that was under way.
    assert!(server.results().await.len() <= count + 2);
    assert_eq!(server.factor().await, 3.0);
}

/// Without a token there are no such routes; with one, nobody passes without showing it.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_rolls_back_without_the_token() {
    let folder = Folder::new();
    let server = serve(&folder);
    let path = "/admin/models/m/rollback";
    let (_, error_type, _) = server.ask(reqwest::Method::POST, path).await.refusal(401);
    assert_eq!(error_type, "unauthorized");
    let wrong = reqwest::Client::new()
        .post(format!("{}{path}", server.url))
        .bearer_auth("another-token-altogether");
    crate::client::finish(wrong).await.refusal(401);
    server.ask(reqwest::Method::GET, path).await.refusal(405);
    server.admin("dance").await.refusal(404);
    let bare = crate::server::Server::start(&folder.path("m.yaml"));
    bare.admin("rollback").await.refusal(404);
}

/// A branch that moves is a swap; a commit never is.
#[tokio::test(flavor = "multi_thread")]
async fn a_push_to_the_branch_is_a_swap() {
    let hub = FakeHub::start().await;
    let folder = Folder::new();
    let model = |name: &str| fs::read(folder.path(name)).expect("reads");
    let hub = hub.lfs("model.onnx", &model("double.onnx"));
    let cache = tempfile::tempdir().expect("a folder");
    let cache = ("HF_HUB_CACHE", cache.path().to_str().expect("a path"));
    folder.write("m.yaml", "name: m\nmodel: { repo: acme/x, refresh_s: 1 }\n");
    let endpoint = ("HF_ENDPOINT", hub.endpoint.as_str());
    let mut server = live(&folder.path("m.yaml"), &[endpoint, cache]);
    assert_eq!(server.factor().await, 2.0);
    hub.replace("model.onnx", &model("triple.onnx"));
    hub.move_main(2);
    server.wait_for("the model is live");
    assert_eq!(server.factor().await, 3.0);
    assert_eq!(server.model("m").await["revision"], commit(2));
}
