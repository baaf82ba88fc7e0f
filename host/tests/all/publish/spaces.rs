//! `publish space`: the folder, what is sent, the environment, and the wait until it runs.

use super::{Ran, User, files, small};
use crate::server::{Server, root};
use crate::stand_in_hub::StandIn;
use modelhost::card::Card;
use serde_json::{Value, json};

const KEY: &str = "spaces/acme/y";

fn demo() -> String {
    root()
        .join("manifests/retail-demand.yaml")
        .display()
        .to_string()
}

/// A hub with the demo's model, and its commit.
async fn hub_with_the_demo() -> (StandIn, User, String) {
    let hub = StandIn::start().await;
    let user = User::of(&hub);
    let card = root().join("model-card").display().to_string();
    let commit = user.publish(&["model", &card, "--repo", "acme/x"]).commit();
    hub.take_seen();
    (hub, user, commit)
}

fn space(user: &User, more: &[&str]) -> Ran {
    let manifest = demo();
    let common = ["space", "--repo", "acme/y", "--manifest", &manifest];
    user.publish(&[&common, more].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_writes_a_folder_that_serves_the_published_model() {
    let (hub, user, commit) = hub_with_the_demo().await;
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("made");
    let dry = format!("--dry-run={}", out.display());
    let arguments = ["--model-repo", "acme/x", "--revision", &commit, &dry];
    let ran = space(&user, &arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.stdout.trim(), out.display().to_string());
    // The commit is known, so nothing was asked, and nothing was sent.
    assert!(hub.take_seen().is_empty());
    assert_eq!(files(user.home.path()), [] as [std::path::PathBuf; 0]);

    let made = |path: &str| std::fs::read_to_string(out.join(path)).expect(path);
    let card = Card::parse(made("README.md").as_bytes());
    assert_eq!(card.front_matter["sdk"], "docker");
    assert_eq!(card.front_matter["app_port"], 7860);
    assert_eq!(card.front_matter["title"], "Retail demand forecast");
    assert_eq!(card.front_matter["models"], json!(["acme/x"]));
    for path in [
        "Cargo.toml",
        "Cargo.lock",
        "host/build.rs",
        "host/src/main.rs",
        "host/src/http/ui/index.html",
        "plugins/sdk/src/lib.rs",
        ".dockerignore",
    ] {
        let same = std::fs::read(root().join(path)).ok();
        assert!(same.is_some(), "{path} is no file here");
        assert_eq!(std::fs::read(out.join(path)).ok(), same, "{path}");
    }
    for path in [
        "model-card",
        "host/tests",
        "target",
        ".git",
        "manifests/models",
    ] {
        assert!(!out.join(path).exists(), "{path}");
    }
    let dockerfile = made("Dockerfile");
    assert!(
        dockerfile.contains("COPY --chown=1000:1000 manifests manifests"),
        "{dockerfile}"
    );
    assert!(!dockerfile.contains("model-card"), "{dockerfile}");

    let home = user.home.path().display().to_string();
    let environment = [("HF_ENDPOINT", hub.endpoint.as_str()), ("HF_HOME", &home)];
    let server = tokio::task::block_in_place(|| {
        let mut server = Server::launch(&out.join("manifests"), &environment);
        server.wait_for("the model is live");
        server
    });
    let body = json!({"inputs": {"series": vec![25; 28]}});
    let answer = server.post("/predict", &body).await;
    assert_eq!(
        answer.json()["model"]["revision"],
        json!(commit),
        "{}",
        answer.text
    );

    let again = space(&user, &arguments);
    assert!(
        again.refusal(64).contains("is not empty; name another one"),
        "{again:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_space_is_made_set_up_pushed_and_waited_for() {
    let (hub, user, commit) = hub_with_the_demo().await;
    hub.stages(&[
        json!({"stage": "BUILDING"}),
        // Still what was there before.
        json!({"stage": "RUNNING", "sha": "0".repeat(40)}),
        json!({"stage": "RUNNING"}),
    ]);
    let user = user.with("KEY_OF_MINE", "s3cret value");
    let arguments = [
        "--model-repo",
        "acme/x",
        "--private",
        "--secret",
        "API_KEY=KEY_OF_MINE",
        "--variable",
        "GREETING=a=b",
    ];
    let ran = space(&user, &arguments);
    let made = ran.commit();
    assert_eq!(
        ran.stdout,
        format!("{}/spaces/acme/y\ncommit {made}\n", hub.endpoint)
    );
    for line in [
        "created ",
        "set the secret API_KEY",
        "set the variable GREETING",
        "the Space is BUILDING",
        "the Space is RUNNING",
    ] {
        assert!(ran.stderr.contains(line), "{line}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("s3cret"));
    let about = hub.about(KEY);
    let expected = json!({
        "private": true, "sdk": "docker", "tags": {},
        "variables": {"GREETING": "a=b"}, "secrets": {"API_KEY": "s3cret value"},
    });
    assert_eq!(about, expected);
    let (manifest, _) = hub
        .file(KEY, "manifests/retail-demand.yaml")
        .expect("the manifest");
    // `main` was resolved: the Space names a commit.
    let manifest = String::from_utf8_lossy(&manifest).into_owned();
    assert!(
        manifest.contains(&format!("  repo: \"acme/x\"\n  revision: \"{commit}\"\n")),
        "{manifest}"
    );
    let (plugin, is_large) = hub
        .file(KEY, "plugins/built/window-series.wasm")
        .expect("a plugin");
    let own = std::fs::read(root().join("plugins/built/window-series.wasm")).expect("a file");
    assert!(is_large && plugin == own);

    let before = hub.commits(KEY).len();
    let again = space(&user, &["--model-repo", "acme/x"]);
    assert_eq!(again.commit(), made);
    assert_eq!(hub.commits(KEY).len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_space_that_fails_or_takes_too_long_is_said() {
    let (hub, user, _) = hub_with_the_demo().await;
    let cases: [(Value, &[&str], &str); 3] = [
        (
            json!({"stage": "BUILD_ERROR", "errorMessage": "Job failed with exit code: 1"}),
            &[],
            "the Space could not be built (BUILD_ERROR: Job failed with exit code: 1); see ",
        ),
        (
            json!({"stage": "RUNTIME_ERROR"}),
            &[],
            "the Space was built and then failed (RUNTIME_ERROR); see ",
        ),
        (
            json!({"stage": "APP_STARTING"}),
            &["--wait-s", "1"],
            "the Space does not run after 1 s, its stage is APP_STARTING",
        ),
    ];
    for (stage, more, expected) in cases {
        hub.stages(&[stage]);
        let ran = space(&user, &[&["--model-repo", "acme/x"], more].concat());
        let said = ran.stderr.lines().last().expect("a message");
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(said.starts_with(expected), "{said}");
    }
    hub.stages(&[json!({"stage": "BUILDING"})]);
    let ran = space(&user, &["--model-repo", "acme/x", "--wait-s", "0"]);
    ran.commit();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_a_space_is_said_before_anything_is_sent() {
    let hub = StandIn::start().await;
    let user = User::of(&hub);
    let ran = space(&user, &[]);
    assert!(
        ran.refusal(64)
            .contains("publish it with `modelhost publish model`"),
        "{ran:?}"
    );
    let ran = space(&user, &["--model-repo", "acme/nothing"]);
    assert!(
        ran.refusal(64).contains("has no model `acme/nothing`"),
        "{ran:?}"
    );
    let ran = space(&user, &["--secret", "KEY=NOT_THERE"]);
    assert!(
        ran.refusal(64)
            .contains("there is no environment variable `NOT_THERE`"),
        "{ran:?}"
    );
    let (_folder, elsewhere) = small();
    let commit = "0".repeat(40);
    let ran = space(
        &user,
        &[
            "--model-repo",
            "acme/x",
            "--revision",
            &commit,
            "--sources",
            &elsewhere,
        ],
    );
    assert!(
        ran.refusal(64).contains("is no checkout of modelhost"),
        "{ran:?}"
    );
    assert!(
        hub.take_seen()
            .iter()
            .all(|seen| seen.line.starts_with("GET "))
    );
    assert_eq!(hub.repos(), [] as [String; 0]);
}
