//! Every way to change a file is one swap, and saying nothing new is none.
//! Must not know how changes are noticed.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::process::Command;

use super::{Folder, live, manifest, serve};

/// In place, by a rename, by `sed -i`, as vim saves, as `kubectl` mounts, and in two steps: one swap each.
#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_save_is_one_swap() {
    let folder = Folder::new();
    let mut server = serve(&folder);
    let path = folder.path("m.yaml");
    let beside = folder.path(".m.yaml.new");
    let (double, triple) = (manifest("double", ""), manifest("triple", ""));
    let in_place = || fs::write(&path, &triple).expect("writes");
    let rename = || {
        fs::write(&beside, &double).expect("writes");
        fs::rename(&beside, &path).expect("renames");
    };
    let sed = || {
        let sed = Command::new("sed")
            .args(["-i", "s/double/triple/"])
            .arg(&path)
            .status();
        assert!(sed.expect("sed runs").success());
    };
    let vim = || {
        // backupcopy=no: the old file is moved away, the new one written under its name, the backup deleted.
        let backup = folder.path("m.yaml~");
        fs::rename(&path, &backup).expect("renames");
        fs::write(&path, &double).expect("writes");
        fs::remove_file(&backup).expect("removes");
    };
    let two_steps = || {
        let mut file = File::create(&path).expect("truncates");
        file.write_all(triple.as_bytes()).expect("writes");
    };
    let ways: [(&dyn Fn(), f64); 5] = [
        (&in_place, 3.0),
        (&rename, 2.0),
        (&sed, 3.0),
        (&vim, 2.0),
        (&two_steps, 3.0),
    ];
    for (save, factor) in ways {
        save();
        server.wait_for("the model is live");
        assert_eq!(server.factor().await, factor);
    }
    // On a loaded machine the half of two steps may be found: it is refused, and no swap.
    let mut results = server.results().await;
    results.retain(|result| result != "invalid");
    assert_eq!(results, ["ok"; 6]);
}

/// A manifest that is found half written is refused, and its whole is one swap.
#[tokio::test(flavor = "multi_thread")]
async fn a_half_written_manifest_changes_nothing() {
    let folder = Folder::new();
    let mut server = serve(&folder);
    folder.write("m.yaml", "");
    server.wait_for("the manifest is not read");
    assert_eq!(server.factor().await, 2.0);
    let error = server.model("m").await["error"].to_string();
    assert!(error.contains("is empty"), "{error}");
    folder.write("m.yaml", &manifest("triple", ""));
    server.wait_for("the model is live");
    assert_eq!(server.factor().await, 3.0);
    assert_eq!(server.results().await, ["ok", "invalid", "ok"]);
    assert!(server.model("m").await["error"].is_null());
}

/// The commonest repair: what was broken is put back as it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_that_is_put_back_as_it_was_is_mended() {
    let folder = Folder::new();
    let mut server = serve(&folder);
    folder.write("m.yaml", "name: [");
    server.wait_for("the manifest is not read");
    assert!(!server.model("m").await["error"].is_null());
    folder.write("m.yaml", &manifest("double", ""));
    server.wait_for("the manifest says again what it said before");
    assert!(server.model("m").await["error"].is_null());
    assert_eq!(server.results().await, ["ok", "invalid"]);
}

/// The links that Kubernetes keeps: the file is a link through `..data`, which is renamed over.
#[tokio::test(flavor = "multi_thread")]
async fn a_configmap_that_is_updated_is_one_swap() {
    let models = Folder::new();
    let volume = tempfile::tempdir().expect("a folder");
    let root = volume.path();
    let publish = |version: &str, model: &str| {
        let folder = root.join(version);
        fs::create_dir(&folder).expect("a folder");
        let at = models.0.path().display().to_string();
        let text = manifest(model, "").replace("path: .,", &format!("path: {at},"));
        fs::write(folder.join("m.yaml"), text).expect("writes");
        symlink(version, root.join("..data_tmp")).expect("links");
        fs::rename(root.join("..data_tmp"), root.join("..data")).expect("renames");
    };
    publish("..v1", "double");
    symlink("..data/m.yaml", root.join("m.yaml")).expect("links");
    // As one file, and as a folder of manifests.
    for (path, version) in [(root.join("m.yaml"), 2), (root.to_owned(), 4)] {
        let mut server = live(&path, &[]);
        for (version, model, factor) in [(version, "triple", 3.0), (version + 1, "double", 2.0)] {
            publish(&format!("..v{version}"), model);
            fs::remove_dir_all(root.join(format!("..v{}", version - 1))).expect("removes");
            server.wait_for("the model is live");
            assert_eq!(server.factor().await, factor);
        }
        assert_eq!(server.results().await, ["ok"; 3]);
    }
}

/// A model's file that changes under the same name is a new version.
#[tokio::test(flavor = "multi_thread")]
async fn a_model_file_that_changes_is_a_swap() {
    let folder = Folder::new();
    let mut server = serve(&folder);
    fs::copy(folder.path("triple.onnx"), folder.path("new")).expect("copies");
    fs::rename(folder.path("new"), folder.path("double.onnx")).expect("renames");
    server.wait_for("the model is live");
    assert_eq!(server.factor().await, 3.0);
}

/// Comments, spaces and what is written anew as it was reload nothing, also where the operator asks.
#[tokio::test(flavor = "multi_thread")]
async fn what_says_nothing_new_reloads_nothing() {
    let folder = Folder::new();
    let mut server = serve(&folder);
    folder.write(
        "m.yaml",
        &format!("# a comment\n{}", manifest("double", "")),
    );
    fs::copy(folder.path("double.onnx"), folder.path("new")).expect("copies");
    fs::rename(folder.path("new"), folder.path("double.onnx")).expect("renames");
    server.signal("HUP");
    server.wait_for("SIGHUP");
    folder.write("m.yaml", &manifest("triple", ""));
    server.wait_for("the model is live");
    assert_eq!(server.results().await, ["ok", "ok"]);
}

/// Where the system tells of no change, the comparison from time to time finds it.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_nothing_told_of_is_found() {
    let folder = Folder::new();
    folder.write("m.yaml", &manifest("double", ""));
    let mut server = live(&folder.path("m.yaml"), &[("MODELHOST_POLL_S", "1")]);
    // A folder that is moved away and back: the watch stays with the folder that was moved.
    let (here, away) = (
        folder.0.path().to_owned(),
        folder.0.path().with_extension("away"),
    );
    fs::rename(&here, &away).expect("renames");
    fs::create_dir(&here).expect("a folder");
    for name in ["double.onnx", "triple.onnx"] {
        fs::copy(away.join(name), here.join(name)).expect("copies");
    }
    folder.write("m.yaml", &manifest("triple", ""));
    server.wait_for("the model is live");
    assert_eq!(server.factor().await, 3.0);
    fs::remove_dir_all(&away).expect("removes");
}

/// Without its manifest a single model is served on: a file that is gone may come again.
#[tokio::test(flavor = "multi_thread")]
async fn a_single_manifest_that_is_gone_leaves_its_model_serving() {
    let folder = Folder::new();
    let mut server = serve(&folder);
    fs::remove_file(folder.path("m.yaml")).expect("removes");
    server.wait_for("the manifest is not read");
    assert_eq!(server.factor().await, 2.0);
    folder.write("m.yaml", &manifest("triple", ""));
    server.wait_for("the model is live");
    assert_eq!(server.factor().await, 3.0);
}
