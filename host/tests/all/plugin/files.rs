//! Files that are no plugin, or not one for this host: refused at load, with the reason.
//! Must not know what a plugin does.

use super::{SANDBOX, refused, setup, wasm};
use modelhost::plugin::LoadError;
use serde_json::json;

/// Files that are no plugin say what they are not.
#[test]
fn files_that_are_no_plugin_are_refused() {
    let load = |wasm: &[u8]| refused(SANDBOX.load(setup(wasm, &json!({}))));
    assert!(matches!(load(b""), LoadError::NotWasm));
    assert!(matches!(load(b"<!doctype html>"), LoadError::NotWasm));
    assert!(matches!(load(b"(module)"), LoadError::NotWasm));
    let whole = wasm();
    assert!(matches!(
        load(&whole[..whole.len() / 2]),
        LoadError::Invalid(_)
    ));
    let mut corrupted = whole.clone();
    let middle = corrupted.len() / 2;
    corrupted[middle..middle + 64].fill(0xff);
    assert!(matches!(load(&corrupted), LoadError::Invalid(_)));
    let empty_module = b"\0asm\x01\0\0\0";
    let error = load(empty_module);
    assert!(
        matches!(error, LoadError::NoPlugin | LoadError::Invalid(_)),
        "{error}"
    );
}

/// Another contract version is named before anything is compiled.
#[test]
fn another_contract_version_is_named() {
    let text = b"modelhost:plugin@0.1.0";
    let mut newer = Vec::new();
    let whole = wasm();
    let mut at = 0;
    // Same length, so that every size in the file stays true.
    while at < whole.len() {
        if whole[at..].starts_with(b"@0.1.0") {
            newer.extend_from_slice(b"@0.9.0");
            at += 6;
        } else {
            newer.push(whole[at]);
            at += 1;
        }
    }
    assert_eq!(newer.len(), whole.len());
    assert!(!newer.windows(text.len()).any(|window| window == text));
    let error = refused(SANDBOX.load(setup(&newer, &json!({}))));
    assert!(
        matches!(&error, LoadError::Version(version) if version == "0.9.0"),
        "{error}"
    );
}

/// A component that wants more than `logging` is refused at load, and the import is named.
#[test]
fn an_import_that_is_not_granted_is_named() {
    let component = wat::parse_str(
        r#"(component
            (import "wasi:sockets/tcp@0.2.0" (instance))
            (import "modelhost:plugin/logging@0.1.0" (instance)))"#,
    )
    .expect("it parses");
    let error = refused(SANDBOX.load(setup(&component, &json!({})))).to_string();
    assert!(error.contains("`wasi:sockets/tcp@0.2.0`"), "{error}");
}
