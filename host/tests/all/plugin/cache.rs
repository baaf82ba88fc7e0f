//! Quick code first, optimised code behind it, and the folder in which that is kept.
//! Must not know the engine.

use super::{first_value, order, setup, wasm};
use modelhost::plugin::{Code, Plugin, Sandbox, Setup};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

fn load(cache: Option<&Path>, setup: Setup) -> (Plugin, Code) {
    let sandbox = Sandbox::new(1, cache).expect("engines start");
    let plugin = sandbox.load(setup).expect("it loads");
    let first = plugin.code();
    answers(&plugin);
    plugin.settled();
    (plugin, first)
}

fn answers(plugin: &Plugin) {
    let tensors = order(plugin, &json!({"values": [7.0]})).expect("it answers");
    assert_eq!(first_value(&tensors), 7.0);
}

fn faulty() -> Setup {
    setup(&wasm(), &json!({}))
}

fn kept(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.expect("listed").path()).collect();
    files.sort();
    files
}

#[test]
fn quick_code_answers_until_optimised_code_takes_over() {
    let (plugin, first) = load(None, faulty());
    assert_eq!(first, Code::Quick);
    assert_eq!(plugin.code(), Code::Optimised);
    answers(&plugin);
}

#[test]
fn what_was_compiled_once_is_kept_for_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = folder.path().join("inner/plugins");
    let (_, first) = load(Some(&cache), faulty());
    assert_eq!(first, Code::Quick);
    let mode = fs::metadata(&cache)
        .expect("it was made")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
    assert_eq!(kept(&cache).len(), 2, "code and its record");
    let (plugin, second) = load(Some(&cache), faulty());
    assert_eq!(second, Code::Cached);
    assert!(plugin.preprocesses() && plugin.postprocesses());
    assert_eq!(kept(&cache).len(), 2);
}

/// Another configuration, other files or another memory leave another memory behind.
#[test]
fn code_is_kept_for_exactly_what_it_was_made_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = folder.path().join("plugins");
    load(Some(&cache), faulty());
    let mut other = faulty();
    other.config_json = r#"{"other": 1}"#.to_owned();
    let mut more = faulty();
    more.limits.memory_bytes *= 2;
    let mut granted = faulty();
    granted.assets.push(modelhost::plugin::Asset {
        name: "a".to_owned(),
        data: vec![1],
    });
    for setup in [other, more, granted] {
        let (_, first) = load(Some(&cache), setup);
        assert_eq!(first, Code::Quick);
    }
    assert_eq!(kept(&cache).len(), 8);
}

#[test]
fn code_that_was_tampered_with_is_not_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = folder.path().join("plugins");
    load(Some(&cache), faulty());
    for file in kept(&cache) {
        let whole = fs::read(&file).expect("reads");
        let mut changed = whole.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 0xff;
        fs::write(&file, &changed).expect("writes");
        let (_, first) = load(Some(&cache), faulty());
        assert_eq!(first, Code::Quick, "{}", file.display());
    }
    let (_, healed) = load(Some(&cache), faulty());
    assert_eq!(healed, Code::Cached);
}

#[test]
fn a_folder_that_others_may_write_is_not_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = folder.path().join("plugins");
    fs::create_dir(&cache).expect("makes");
    for mode in [0o777, 0o770, 0o702] {
        fs::set_permissions(&cache, fs::Permissions::from_mode(mode)).expect("sets");
        let (_, first) = load(Some(&cache), faulty());
        assert_eq!(first, Code::Quick);
        assert!(kept(&cache).is_empty(), "mode {mode:o}");
    }
    let linked = folder.path().join("link");
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o700)).expect("sets");
    std::os::unix::fs::symlink(&cache, &linked).expect("links");
    load(Some(&linked), faulty());
    assert!(kept(&cache).is_empty());
    let file = folder.path().join("file");
    fs::write(&file, "").expect("writes");
    load(Some(&file), faulty());
}
