//! What a source promises: the plain way here; faults, the warm cache, local folders and a real hub in the files below.
//! Must not use the network.

mod faults;
mod local;
mod olah;
mod warm;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use modelhost::manifest::{Digest, Repo, Source};
use modelhost::source::{Error, Fetched, HubSettings, Origin, Request, Secret, fetch};
use tempfile::TempDir;

use crate::fake_hub::{FakeHub, Fault, NAME, OWNER, On, commit, git_blob, sha256};

const MODEL: &[u8] =
    b"\x08\x07 the weights of a model, or at least some bytes that differ from each other";
const OTHER: &[u8] = b"\x08\x07 the weights of the model after another epoch";
const CARD: &[u8] = b"---\nlicense: cc0-1.0\n---\n# A model\n";

/// A hub, a cache and the settings that join them.
struct Setup {
    hub: FakeHub,
    cache: TempDir,
    settings: HubSettings,
}

async fn setup() -> Setup {
    let hub = FakeHub::start()
        .await
        .lfs("model.onnx", MODEL)
        .git("README.md", CARD);
    let cache = TempDir::new().expect("a temporary folder");
    let settings = HubSettings {
        endpoint: hub.endpoint.clone(),
        cache: cache.path().to_owned(),
        // Long enough for a loaded machine; the tests of a stall set their own.
        request_timeout: Duration::from_secs(20),
        retries: 2,
        backoff: Duration::from_millis(1),
        ..HubSettings::default()
    };
    Setup {
        hub,
        cache,
        settings,
    }
}

impl Setup {
    async fn model(&self) -> Result<Fetched, Error> {
        self.get("main", &[required("model.onnx")]).await
    }

    async fn get(&self, revision: &str, files: &[Request<'_>]) -> Result<Fetched, Error> {
        fetch(&source(revision), files, &self.settings, &|_| {}).await
    }

    /// Blobs and links; neither locks nor references nor what a broken download left to be overwritten.
    fn cached(&self) -> Vec<String> {
        let mut found = Vec::new();
        walk(self.cache.path(), &mut found);
        found.retain(|path| {
            let is_content = path.contains("/blobs/") || path.contains("/snapshots/");
            is_content && !path.ends_with(".incomplete")
        });
        found
    }

    fn blob(&self, etag: &str) -> PathBuf {
        let repo = format!("models--{OWNER}--{NAME}");
        self.cache.path().join(repo).join("blobs").join(etag)
    }

    fn asked(&self, method: &str) -> usize {
        let seen = self.hub.take_seen();
        seen.iter()
            .filter(|seen| seen.line.starts_with(method))
            .count()
    }
}

fn walk(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, found);
        } else {
            found.push(path.display().to_string());
        }
    }
}

fn source(revision: &str) -> Source {
    repo(NAME, revision)
}

fn repo(name: &str, revision: &str) -> Source {
    Source::Hub {
        repo: Repo {
            owner: OWNER.to_owned(),
            name: name.to_owned(),
        },
        revision: revision.to_owned(),
    }
}

fn required(file: &str) -> Request<'_> {
    Request {
        file,
        required: true,
        sha256: None,
    }
}

fn optional(file: &str) -> Request<'_> {
    Request {
        required: false,
        ..required(file)
    }
}

fn digest(hex: &str) -> Digest {
    hex.parse().expect("a digest")
}

fn only(fetched: Fetched) -> (Origin, Vec<u8>) {
    let artifact = &fetched.artifacts[0];
    let bytes = fs::read(&artifact.path).expect("the artifact's file");
    assert_eq!(artifact.bytes, bytes.len() as u64);
    assert_eq!(artifact.sha256, sha256(&bytes));
    (artifact.origin, bytes)
}

#[tokio::test]
async fn a_file_is_downloaded_once_and_verified_at_every_start() {
    let setup = setup().await;
    let first = setup.model().await.unwrap();
    assert_eq!(first.revision, Some(commit(1)));
    assert_eq!(only(first), (Origin::Hub, MODEL.to_vec()));
    setup.hub.take_seen();
    assert_eq!(
        only(setup.model().await.unwrap()),
        (Origin::Cache, MODEL.to_vec())
    );
    assert_eq!(
        setup.hub.take_seen().len(),
        1,
        "only the revision is asked for again"
    );
}

#[tokio::test]
async fn a_small_file_is_verified_by_its_git_blob_id() {
    let setup = setup().await;
    setup.hub.fail(On::Get, Fault::WrongBytes, 1);
    let fetched = setup.get("main", &[required("README.md")]).await.unwrap();
    assert_eq!(only(fetched), (Origin::Hub, CARD.to_vec()));
    assert!(setup.blob(&git_blob(CARD)).exists());
}

#[tokio::test]
async fn all_files_come_from_the_commit_that_the_revision_names() {
    let setup = setup().await;
    let files = [
        required("model.onnx"),
        optional("README.md"),
        optional("none.json"),
    ];
    let fetched = setup.get("main", &files).await.unwrap();
    assert_eq!(fetched.artifacts.len(), 2);
    assert!(fetched.artifact("none.json").is_none());
    for seen in setup.hub.take_seen().iter().skip(1) {
        assert!(seen.line.contains(&commit(1)), "{}", seen.line);
    }
    let folder = |file| {
        fetched
            .artifact(file)
            .and_then(|artifact| artifact.path.parent())
    };
    assert_eq!(folder("model.onnx"), folder("README.md"));
}

#[tokio::test]
async fn progress_reaches_the_size_of_the_file() {
    let setup = setup().await;
    let reports = Mutex::new(Vec::new());
    let record = |progress: modelhost::source::Progress<'_>| {
        let report = (progress.file.to_owned(), progress.done, progress.total);
        reports.lock().unwrap().push(report);
    };
    fetch(
        &source("main"),
        &[required("model.onnx")],
        &setup.settings,
        &record,
    )
    .await
    .unwrap();
    let size = MODEL.len() as u64;
    let last = reports.into_inner().unwrap().pop();
    assert_eq!(last, Some(("model.onnx".to_owned(), size, Some(size))));
}

#[tokio::test]
async fn a_renamed_repository_is_followed() {
    let setup = setup().await;
    setup.hub.fail(On::Head, Fault::RelativeRedirect, 1);
    setup.hub.fail(On::Get, Fault::RelativeRedirect, 1);
    assert_eq!(
        only(setup.model().await.unwrap()),
        (Origin::Hub, MODEL.to_vec())
    );
}

/// The public Hub keeps large files on another host, which has no business with the token.
#[tokio::test]
async fn a_large_file_is_followed_to_another_host_without_the_token() {
    let mut setup = setup().await;
    setup.settings.token = Some(Secret::new("hf_secret"));
    setup.hub.fail(On::Head, Fault::OtherHost, 1);
    setup.hub.fail(On::Get, Fault::OtherHost, 1);
    let fetched = setup.model().await.unwrap();
    assert_eq!(only(fetched), (Origin::Hub, MODEL.to_vec()));
    let seen = setup.hub.take_seen();
    let (elsewhere, here): (Vec<_>, Vec<_>) = seen
        .iter()
        .partition(|seen| seen.host.starts_with("localhost"));
    assert!(
        here.iter().all(|seen| seen.authorization.is_some()),
        "{here:?}"
    );
    assert_eq!(elsewhere.len(), 1);
    assert!(
        elsewhere.iter().all(|seen| seen.authorization.is_none()),
        "{elsewhere:?}"
    );
}

/// Two manifests may name one repository, and a load may move between the threads of a runtime.
#[tokio::test]
async fn two_loads_of_one_repository_do_not_disturb_each_other() {
    fn sendable<T: Send>(future: T) -> T {
        future
    }
    let setup = setup().await;
    let (one, two) = tokio::join!(sendable(setup.model()), sendable(setup.model()));
    for fetched in [one, two] {
        assert_eq!(only(fetched.unwrap()).1, MODEL);
    }
}

#[tokio::test]
async fn a_pinned_digest_is_checked_and_an_intact_download_is_kept() {
    let setup = setup().await;
    let pinned = |hex: String| digest(&hex);
    let right = pinned(sha256(MODEL));
    let wrong = pinned(sha256(OTHER));
    let with = |sha256| Request {
        sha256: Some(sha256),
        ..required("model.onnx")
    };
    let error = setup.get("main", &[with(&wrong)]).await.unwrap_err();
    assert!(matches!(error, Error::PinMismatch { .. }), "{error}");
    assert!(error.to_string().contains(&sha256(MODEL)), "{error}");
    assert!(error.is_permanent());
    setup.hub.take_seen();
    setup.get("main", &[with(&right)]).await.unwrap();
    assert_eq!(setup.asked("GET /acme"), 0, "the blob was the hub's own");
}

#[tokio::test]
async fn a_file_without_a_usable_etag_needs_a_pin() {
    let setup = setup().await;
    setup.hub.fail(On::Head, Fault::OddEtag, usize::MAX);
    let error = setup.model().await.unwrap_err();
    assert!(matches!(error, Error::Unverifiable { .. }), "{error}");
    assert_eq!(setup.cached(), Vec::<String>::new());
    let pin = digest(&sha256(MODEL));
    let request = Request {
        sha256: Some(&pin),
        ..required("model.onnx")
    };
    let fetched = setup.get("main", &[request]).await.unwrap();
    assert_eq!(only(fetched), (Origin::Hub, MODEL.to_vec()));
}

#[tokio::test]
async fn a_name_that_leaves_the_repository_is_refused_before_any_request() {
    let setup = setup().await;
    for file in ["../model.onnx", "/etc/passwd", "a/../../b", ""] {
        let error = setup.get("main", &[required(file)]).await.unwrap_err();
        assert!(matches!(error, Error::FileName { .. }), "{error}");
    }
    let error = setup
        .get("../../x", &[required("model.onnx")])
        .await
        .unwrap_err();
    assert!(matches!(error, Error::RevisionName { .. }), "{error}");
    assert_eq!(setup.hub.take_seen(), []);
}
