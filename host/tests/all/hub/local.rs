//! A local folder as a source.
//! Must not need a hub: the settings lead nowhere.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use modelhost::manifest::Source;
use modelhost::source::{Error, Fetched, HubSettings, Origin, Request, fetch};
use tempfile::TempDir;

use super::{MODEL, OTHER, digest, optional, required};
use crate::fake_hub::sha256;

fn folder() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    fs::create_dir(folder.path().join("onnx")).expect("a new folder");
    fs::write(folder.path().join("onnx/model.onnx"), MODEL).expect("a new file");
    fs::write(folder.path().join("README.md"), "# A model").expect("a new file");
    folder
}

async fn get(folder: &Path, files: &[Request<'_>]) -> Result<Fetched, Error> {
    let source = Source::Local(folder.to_owned());
    fetch(&source, files, &HubSettings::default(), &|_| {}).await
}

#[tokio::test]
async fn a_local_file_is_used_where_it_lies_and_its_digest_recorded() {
    let folder = folder();
    let files = [required("onnx/model.onnx"), optional("none.json")];
    let fetched = get(folder.path(), &files).await.unwrap();
    assert_eq!(fetched.revision, None);
    assert_eq!(fetched.artifacts.len(), 1);
    let artifact = fetched.artifact("onnx/model.onnx").unwrap();
    assert_eq!(artifact.path, folder.path().join("onnx/model.onnx"));
    assert_eq!(artifact.bytes, MODEL.len() as u64);
    assert_eq!(artifact.sha256, sha256(MODEL));
    assert_eq!(artifact.origin, Origin::Local);
}

#[tokio::test]
async fn a_missing_local_file_is_answered_with_the_files_there_are() {
    let folder = folder();
    let error = get(folder.path(), &[required("model.onnx")])
        .await
        .unwrap_err();
    let shown = folder.path().display();
    let expected = format!("folder `{shown}` has no file `model.onnx`; it has: onnx/model.onnx");
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn a_folder_that_is_none_says_to_check_the_path() {
    let folder = folder();
    for path in [folder.path().join("none"), folder.path().join("README.md")] {
        let error = get(&path, &[required("model.onnx")]).await.unwrap_err();
        assert!(matches!(error, Error::Folder { .. }), "{error}");
        assert!(error.to_string().contains("check `path`"), "{error}");
    }
}

#[tokio::test]
async fn a_folder_in_the_place_of_a_file_is_refused() {
    let folder = folder();
    let error = get(folder.path(), &[required("onnx")]).await.unwrap_err();
    assert!(matches!(error, Error::File { .. }), "{error}");
}

#[tokio::test]
async fn a_local_file_must_have_the_pinned_digest() {
    let folder = folder();
    for (content, fits) in [(MODEL, true), (OTHER, false)] {
        let pin = digest(&sha256(content));
        let request = Request {
            sha256: Some(&pin),
            ..required("onnx/model.onnx")
        };
        match get(folder.path(), &[request]).await {
            Ok(_) => assert!(fits),
            Err(error) => assert!(
                !fits && matches!(error, Error::PinMismatch { .. }),
                "{error}"
            ),
        }
    }
}

/// A README that is a link to a secret must not end up on the page.
#[tokio::test]
async fn a_link_out_of_the_folder_is_refused() {
    let folder = folder();
    let secret = tempfile::NamedTempFile::new().unwrap();
    symlink(secret.path(), folder.path().join("card.md")).unwrap();
    symlink("onnx/model.onnx", folder.path().join("inside.onnx")).unwrap();
    let error = get(folder.path(), &[optional("card.md")])
        .await
        .unwrap_err();
    assert!(matches!(error, Error::File { .. }), "{error}");
    get(folder.path(), &[required("inside.onnx")])
        .await
        .unwrap();
}

/// Kubernetes mounts a ConfigMap as links through `..data`, and the Hub cache links snapshots to blobs.
#[tokio::test]
async fn links_of_a_mounted_volume_and_of_a_snapshot_are_followed() {
    let folder = folder();
    let root = folder.path();
    fs::create_dir(root.join("..2026_01_01")).unwrap();
    fs::write(root.join("..2026_01_01/mounted.onnx"), MODEL).unwrap();
    symlink("..2026_01_01", root.join("..data")).unwrap();
    symlink("..data/mounted.onnx", root.join("mounted.onnx")).unwrap();
    get(root, &[required("mounted.onnx")]).await.unwrap();

    let snapshot = root.join("snapshots/0a");
    fs::create_dir_all(&snapshot).unwrap();
    fs::create_dir(root.join("blobs")).unwrap();
    fs::write(root.join("blobs/0b"), MODEL).unwrap();
    symlink("../../blobs/0b", snapshot.join("model.onnx")).unwrap();
    get(&snapshot, &[required("model.onnx")]).await.unwrap();
}

#[tokio::test]
async fn a_git_lfs_pointer_is_told_from_a_model() {
    let folder = folder();
    let pointer = format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 5\n",
        sha256(MODEL)
    );
    fs::write(folder.path().join("model.onnx"), pointer).unwrap();
    let error = get(folder.path(), &[required("model.onnx")])
        .await
        .unwrap_err();
    assert!(matches!(error, Error::LfsPointer { .. }), "{error}");
    assert!(error.to_string().contains("git lfs pull"), "{error}");
}
