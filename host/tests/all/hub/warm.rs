//! What the cache is good for: starts without a download, without a hub, and after damage.
//! Must not know how a hub answers.

use std::fs;

use modelhost::source::{Error, Origin, fetch};

use super::*;
use crate::fake_hub::{Fault, On};

#[tokio::test]
async fn an_optional_file_that_a_commit_lacks_is_asked_for_once() {
    let setup = setup().await;
    let files = [required("model.onnx"), optional("none.json")];
    setup.get("main", &files).await.unwrap();
    setup.hub.take_seen();
    setup.get("main", &files).await.unwrap();
    assert_eq!(setup.asked("HEAD"), 0);
}

#[tokio::test]
async fn offline_a_warm_cache_serves_without_a_request() {
    let mut setup = setup().await;
    let files = [required("model.onnx"), optional("none.json")];
    setup.get("main", &files).await.unwrap();
    setup.hub.take_seen();
    setup.settings.offline = true;
    let fetched = setup.get("main", &files).await.unwrap();
    assert_eq!(fetched.revision, Some(commit(1)));
    assert_eq!(only(fetched), (Origin::Cache, MODEL.to_vec()));
    assert_eq!(setup.hub.take_seen(), []);
}

#[tokio::test]
async fn offline_a_cold_cache_says_what_is_missing() {
    let mut setup = setup().await;
    setup.settings.offline = true;
    let error = setup.model().await.unwrap_err();
    assert!(matches!(error, Error::NotCached { .. }), "{error}");
    assert!(error.to_string().contains("HF_HUB_OFFLINE"), "{error}");
    assert!(error.is_permanent());
    assert_eq!(setup.hub.take_seen(), []);
}

#[tokio::test]
async fn a_warm_cache_stands_in_for_a_hub_that_is_down() {
    let Setup {
        hub,
        cache: _cache,
        settings,
    } = setup().await;
    let files = [required("model.onnx"), optional("none.json")];
    fetch(&source("main"), &files, &settings, &|_| {})
        .await
        .unwrap();
    drop(hub);
    let fetched = fetch(&source("main"), &files, &settings, &|_| {})
        .await
        .unwrap();
    assert_eq!(fetched.revision, Some(commit(1)));
    assert_eq!(only(fetched), (Origin::Cache, MODEL.to_vec()));
    let error = fetch(&source("v1"), &files, &settings, &|_| {})
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert!(!error.is_permanent());
}

#[tokio::test]
async fn a_warm_cache_does_not_wait_for_retries_of_a_failing_hub() {
    let setup = setup().await;
    setup.model().await.unwrap();
    setup.hub.take_seen();
    setup.hub.fail(On::Resolve, Fault::status(500), usize::MAX);
    assert_eq!(
        only(setup.model().await.unwrap()),
        (Origin::Cache, MODEL.to_vec())
    );
    assert_eq!(setup.hub.take_seen().len(), 1);
}

#[tokio::test]
async fn a_damaged_blob_heals_at_the_next_start() {
    let setup = setup().await;
    setup.model().await.unwrap();
    for damage in [&b"short"[..], &MODEL.to_ascii_uppercase()] {
        fs::write(setup.blob(&sha256(MODEL)), damage).unwrap();
        assert_eq!(
            only(setup.model().await.unwrap()),
            (Origin::Hub, MODEL.to_vec())
        );
    }
}

#[tokio::test]
async fn a_damaged_blob_is_deleted_and_refused_offline() {
    let mut setup = setup().await;
    setup.model().await.unwrap();
    fs::write(setup.blob(&sha256(MODEL)), b"damaged").unwrap();
    setup.settings.offline = true;
    let error = setup.model().await.unwrap_err();
    assert!(matches!(error, Error::DigestMismatch(_)), "{error}");
    assert_eq!(setup.cached(), Vec::<String>::new());
}

#[tokio::test]
async fn a_pinned_commit_needs_no_network_once_it_is_cached() {
    let setup = setup().await;
    let files = [required("model.onnx"), optional("none.json")];
    setup.get(&commit(1), &files).await.unwrap();
    setup.hub.take_seen();
    let fetched = setup.get(&commit(1), &files).await.unwrap();
    assert_eq!(fetched.revision, Some(commit(1)));
    assert_eq!(only(fetched), (Origin::Cache, MODEL.to_vec()));
    assert_eq!(setup.hub.take_seen(), []);
}

#[tokio::test]
async fn a_branch_that_moved_brings_only_what_changed() {
    let setup = setup().await;
    let files = [required("model.onnx"), required("README.md")];
    setup.get("main", &files).await.unwrap();
    setup.hub.move_main(2);
    let hub = &setup.hub;
    hub.replace("model.onnx", OTHER);
    let fetched = setup.get("main", &files).await.unwrap();
    assert_eq!(fetched.revision, Some(commit(2)));
    assert_eq!(
        fetched.artifact("README.md").map(|a| a.origin),
        Some(Origin::Cache)
    );
    assert_eq!(only(fetched), (Origin::Hub, OTHER.to_vec()));
}

#[tokio::test]
async fn a_new_commit_that_cannot_be_downloaded_leaves_the_old_one_usable() {
    let mut setup = setup().await;
    setup.model().await.unwrap();
    setup.hub.move_main(2);
    setup.hub.replace("model.onnx", OTHER);
    setup.hub.fail(On::Get, Fault::ShortBody, usize::MAX);
    for offline in [false, true] {
        setup.settings.offline = offline;
        let fetched = setup.model().await.unwrap();
        assert_eq!(fetched.revision, Some(commit(1)));
        assert_eq!(only(fetched), (Origin::Cache, MODEL.to_vec()));
    }
}

#[tokio::test]
async fn a_cache_that_cannot_be_written_says_so() {
    let mut setup = setup().await;
    let file = setup.cache.path().join("file");
    fs::write(&file, "").unwrap();
    setup.settings.cache = file.join("hub");
    let error = setup.model().await.unwrap_err();
    assert!(matches!(error, Error::Cache { .. }), "{error}");
    assert!(error.to_string().contains("HF_HUB_CACHE"), "{error}");
}
