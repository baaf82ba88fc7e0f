//! `publish model`: what is sent, what is not, and that it can be had back and served.

use super::{User, files, small};
use crate::client::Answer;
use crate::fake_hub::sha256;
use crate::server::{Server, root};
use crate::stand_in_hub::{StandIn, TOKEN};
use serde_json::json;

const KEY: &str = "models/acme/x";

fn arguments<'a>(folder: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["model", folder, "--repo", "acme/x"], more].concat()
}

fn uploads(hub: &StandIn) -> Vec<String> {
    let seen = hub.take_seen().into_iter().map(|seen| seen.line);
    seen.filter(|line| line.starts_with("PUT ") || line.contains("/commit/"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_account_gets_the_repo_with_every_file_as_it_was() {
    let hub = StandIn::start().await;
    let user = User::of(&hub);
    let (folder, name) = small();
    std::fs::write(folder.path().join(".env"), "KEY=1").expect("a file");
    let ran = user.publish(&arguments(&name, &["--tag", "v1", "--private"]));
    let commit = ran.commit();
    assert_eq!(
        ran.stdout,
        format!("{}/acme/x\ncommit {commit}\n", hub.endpoint)
    );
    assert!(
        ran.stderr
            .contains("4 files were downloaded back and are the same"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr
            .contains(&format!("--model-repo acme/x --revision {commit}"))
    );
    let about = hub.about(KEY);
    assert_eq!(about["private"], true);
    assert_eq!(about["tags"], json!({"v1": commit}));
    let expected = [
        ".gitattributes",
        "README.md",
        "evaluation.json",
        "model.onnx",
        "training/train.py",
    ];
    assert_eq!(hub.paths(KEY), expected);
    for path in &expected[1..] {
        let (bytes, is_large) = hub.file(KEY, path).expect("it was published");
        let own = std::fs::read(folder.path().join(path)).expect("a file");
        assert_eq!(sha256(&bytes), sha256(&own), "{path}");
        assert_eq!(is_large, *path == "model.onnx");
    }
    // By Git LFS: the bytes went to where the hub said, and the token only to the hub.
    let seen = hub.take_seen();
    let storage: Vec<_> = seen
        .iter()
        .filter(|seen| seen.line.contains("/storage/"))
        .collect();
    assert!(
        storage.iter().any(|seen| seen.line.starts_with("PUT ")),
        "{storage:?}"
    );
    assert!(
        storage.iter().all(|seen| seen.authorization.is_none()),
        "{storage:?}"
    );
    assert!(
        seen.iter()
            .any(|seen| seen.line.contains("info/lfs/verify"))
    );
    // Every file was downloaded by the commit, and nothing of that stays.
    let fetched = format!("GET /acme/x/resolve/{commit}/README.md");
    assert!(seen.iter().any(|seen| seen.line == fetched), "{seen:?}");
    assert_eq!(files(user.home.path()), [] as [std::path::PathBuf; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_excluded_stays_here() {
    let hub = StandIn::start().await;
    let user = User::of(&hub);
    let (_folder, name) = small();
    let wrong = user.publish(&arguments(&name, &["--exclude", "trainings"]));
    assert!(
        wrong
            .stderr
            .contains("--exclude trainings: there is no such file or folder"),
        "{}",
        wrong.stderr
    );
    assert_eq!(uploads(&hub), [] as [String; 0]);
    user.publish(&arguments(&name, &["--exclude", "training"]))
        .commit();
    let expected = [
        ".gitattributes",
        "README.md",
        "evaluation.json",
        "model.onnx",
    ];
    assert_eq!(hub.paths(KEY), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_publish_uploads_nothing_and_a_later_one_what_has_changed() {
    let hub = StandIn::start().await;
    let user = User::of(&hub);
    let (folder, name) = small();
    let first = user.publish(&arguments(&name, &["--tag", "v1"])).commit();
    assert_eq!(uploads(&hub).len(), 2);

    let again = user.publish(&arguments(&name, &["--tag", "v1"]));
    assert_eq!(again.commit(), first);
    assert!(
        again.stderr.contains("nothing to upload"),
        "{}",
        again.stderr
    );
    assert_eq!(uploads(&hub), [] as [String; 0]);

    std::fs::write(folder.path().join("training/train.py"), "print(2)\n").expect("a file");
    let small_one = user.publish(&arguments(&name, &[]));
    assert!(
        small_one.stderr.contains("1 file to upload, 9 B"),
        "{}",
        small_one.stderr
    );
    assert_eq!(uploads(&hub), ["POST /api/models/acme/x/commit/main"]);

    let model = [b"onnx\0".as_slice(), &[8; 300_000]].concat();
    std::fs::write(folder.path().join("model.onnx"), &model).expect("a file");
    let large_one = user.publish(&arguments(&name, &[]));
    let sent = uploads(&hub);
    assert_eq!(sent[0], format!("PUT /storage/{}", sha256(&model)));
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert_eq!(hub.commits(KEY).len(), 4);
    assert_eq!(large_one.commit(), hub.commits(KEY)[3].0);

    // The tag stays where it was, and that is said.
    let taken = user.publish(&arguments(&name, &["--tag", "v1"]));
    assert_eq!(taken.code, 1);
    assert!(
        taken
            .stderr
            .contains("the tag `v1` of model `acme/x` is there already"),
        "{}",
        taken.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_the_plan_and_touches_nothing() {
    let hub = StandIn::start().await;
    let user = User::of(&hub);
    let (folder, name) = small();
    let before = files(folder.path());
    let ran = user.publish(&arguments(&name, &["--dry-run"]));
    assert_eq!(ran.code, 0, "{ran:?}");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines[0], "model `acme/x`, to be created");
    assert_eq!(lines[3], "  new          300.0 kB  model.onnx");
    assert_eq!(lines[5], "4 files to upload, 300.6 kB", "{}", ran.stdout);
    assert!(
        hub.take_seen()
            .iter()
            .all(|seen| seen.line.starts_with("GET "))
    );
    assert_eq!(hub.repos(), [] as [String; 0]);
    assert_eq!(files(folder.path()), before);
    assert_eq!(files(user.home.path()), [] as [std::path::PathBuf; 0]);

    user.publish(&arguments(&name, &[])).commit();
    std::fs::write(folder.path().join("training/train.py"), "print(2)\n").expect("a file");
    hub.take_seen();
    let ran = user.publish(&arguments(&name, &["--dry-run"]));
    assert!(
        ran.stdout
            .contains("  changed           9 B  training/train.py"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("  unchanged    300.0 kB  model.onnx"),
        "{}",
        ran.stdout
    );
    assert!(
        hub.take_seen()
            .iter()
            .all(|seen| seen.line.starts_with("GET "))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_file_is_as_good_as_the_environment() {
    let hub = StandIn::start().await;
    let user = User::at(&hub.endpoint);
    let folder = user.home.path().join(".cache/huggingface");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("token"), format!("{TOKEN}\n")).expect("a file");
    let (_folder, name) = small();
    user.publish(&arguments(&name, &[])).commit();
    assert_eq!(hub.repos(), [KEY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_published_demo_is_served_by_its_commit() {
    let hub = StandIn::start().await;
    let user = User::of(&hub);
    let card = root().join("model-card").display().to_string();
    let commit = user.publish(&arguments(&card, &[])).commit();

    // Without a token: the repo is public.
    let manifest =
        std::fs::read_to_string(root().join("manifests/retail-demand.yaml")).expect("a manifest");
    let from = format!("  repo: acme/x\n  revision: {commit}\n");
    let manifest = manifest.replace("  path: ../model-card\n", &from);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("demo.yaml");
    std::fs::write(&file, manifest).expect("a file");
    let home = user.home.path().display().to_string();
    let environment = [("HF_ENDPOINT", hub.endpoint.as_str()), ("HF_HOME", &home)];
    let answer = tokio::task::block_in_place(|| {
        let mut server = Server::launch(&file, &environment);
        server.wait_for("the model is live");
        server
    });
    let body = json!({"inputs": {"series": vec![25; 28]}});
    let answer: Answer = answer.post("/predict", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["model"]["revision"], json!(commit));
}
