//! A hub that others wrote: `olah` serves git repositories with the Hub's own API.
//! Must not pass without it: `host/tests/run` installs the pinned version and names it in `MODELHOST_TEST_OLAH`.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use modelhost::source::{Error, HubSettings, Origin, fetch};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::{CARD, MODEL, optional, required, source};
use crate::fake_hub::{NAME, OWNER, sha256};

/// A running `olah-cli`, stopped when dropped.
struct Olah {
    process: Child,
    endpoint: String,
    commit: String,
    _folder: TempDir,
}

impl Drop for Olah {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing to do about that here.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

async fn start() -> Olah {
    let program = program();
    let folder = TempDir::new().expect("a temporary folder");
    let mirrors = folder.path().join("mirrors");
    let repo = mirrors.join("models").join(OWNER).join(NAME);
    let commit = commit_model(&repo);
    let port = free_port();
    let config = folder.path().join("olah.toml");
    let text = format!(
        "[basic]\nhost = \"127.0.0.1\"\nport = {port}\nrepos-path = \"{}\"\nmirrors-path = [\"{}\"]\n[accessibility]\noffline = true\n",
        folder.path().join("repos").display(),
        mirrors.display(),
    );
    fs::write(&config, text).expect("a configuration");
    let mut process = Command::new(&program)
        .arg("--config")
        .arg(&config)
        .arg("--log-path")
        .arg(folder.path().join("logs"))
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start `{program}`: {error}; run host/tests/run"));
    wait_for(port, &mut process).await;
    Olah {
        process,
        endpoint: format!("http://127.0.0.1:{port}"),
        commit,
        _folder: folder,
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the test script names the tool that it installed"
)]
fn program() -> String {
    std::env::var("MODELHOST_TEST_OLAH").unwrap_or_else(|_| {
        panic!(
            "MODELHOST_TEST_OLAH is not set; run host/tests/run, which installs olah and sets it"
        )
    })
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound listener").port()
}

/// Python needs seconds to start, and minutes on a loaded machine.
const BOUND: Duration = Duration::from_secs(300);

#[allow(
    clippy::disallowed_methods,
    reason = "a pause between looks at a condition with a bound"
)]
async fn wait_for(port: u16, process: &mut Child) {
    let deadline = Instant::now() + BOUND;
    while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        if let Some(status) = process.try_wait().expect("a child process") {
            panic!("olah ended with {status}");
        }
        assert!(
            Instant::now() < deadline,
            "olah did not start within {BOUND:?}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A repository as a `git lfs` client leaves it: the card in git, the model as a pointer with its object beside it.
fn commit_model(repo: &Path) -> String {
    fs::create_dir_all(repo).expect("a new folder");
    git(repo, &["init", "--quiet", "--initial-branch=main"]);
    let digest = sha256(&model());
    let object = repo
        .join(".git/lfs/objects")
        .join(&digest[..2])
        .join(&digest[2..4]);
    fs::create_dir_all(&object).expect("a new folder");
    fs::write(object.join(&digest), model()).expect("the object");
    let size = model().len();
    let pointer =
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {size}\n");
    fs::write(repo.join("model.onnx"), pointer).expect("the pointer");
    fs::write(repo.join("README.md"), CARD).expect("the card");
    git(repo, &["add", "."]);
    git(repo, &["commit", "--quiet", "--message", "a model"]);
    git(repo, &["rev-parse", "HEAD"])
}

/// Larger than one chunk of any buffer on the way.
fn model() -> Vec<u8> {
    MODEL.iter().copied().cycle().take(3_000_000).collect()
}

fn git(repo: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=test", "-c", "user.email=test@localhost"])
        .args(["-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(repo)
        .output()
        .expect("git is installed");
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Proves that the fake hub of the other tests is no invention of ours: the same code works against another's server.
#[tokio::test]
async fn a_real_hub_server_serves_a_model_and_its_card() {
    let olah = start().await;
    let cache = TempDir::new().unwrap();
    let settings = HubSettings {
        endpoint: olah.endpoint.clone(),
        cache: cache.path().to_owned(),
        ..HubSettings::default()
    };
    let files = [
        required("model.onnx"),
        optional("README.md"),
        optional("evaluation.json"),
    ];
    for origin in [Origin::Hub, Origin::Cache] {
        let fetched = fetch(&source("main"), &files, &settings, &|_| {})
            .await
            .unwrap();
        assert_eq!(fetched.revision.as_ref(), Some(&olah.commit));
        assert_eq!(fetched.artifacts.len(), 2);
        let found = fetched.artifact("model.onnx").unwrap();
        assert_eq!(found.sha256, sha256(&model()));
        assert_eq!(found.origin, origin);
        assert_eq!(fs::read(&found.path).unwrap(), model());
        let card = fetched.artifact("README.md").unwrap();
        assert_eq!(fs::read(&card.path).unwrap(), CARD);
    }
    let missing = fetch(
        &source("main"),
        &[required("model.bin")],
        &settings,
        &|_| {},
    )
    .await;
    let error = missing.unwrap_err();
    let Error::FileNotFound { files: listed, .. } = &error else {
        panic!("{error}");
    };
    assert!(listed.contains(&"model.onnx".to_owned()), "{error}");

    let settings = HubSettings {
        offline: true,
        ..settings
    };
    drop(olah);
    let fetched = fetch(&source("main"), &files, &settings, &|_| {})
        .await
        .unwrap();
    assert_eq!(fetched.artifacts.len(), 2);
}
