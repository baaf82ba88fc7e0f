//! The name of compiled code: a digest of everything that decides it.
//! Must not know where the code is kept.

use crate::plugin::Setup;
use sha2::{Digest as _, Sha256};
use std::hash::{Hash as _, Hasher};
use wasmtime::Engine;

/// Counts up when this file, or how a plugin is frozen, changes what the same inputs lead to.
const FORM: u32 = 1;

/// 64 lower-case hex digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key(String);

impl Key {
    pub(super) fn of(setup: &Setup, engine: &Engine) -> Key {
        let mut digest = Sha256::new();
        // Each part with its length, so that no two lists of parts read the same.
        let mut part = |bytes: &[u8]| {
            digest.update((bytes.len() as u64).to_le_bytes());
            digest.update(bytes);
        };
        part(&FORM.to_le_bytes());
        part(env!("CARGO_PKG_VERSION").as_bytes());
        part(&compatibility(engine));
        part(&setup.wasm);
        part(setup.config_json.as_bytes());
        for asset in &setup.assets {
            part(asset.name.as_bytes());
            part(&asset.data);
        }
        // `Debug` names every field, and the types are ours.
        part(format!("{:?}", setup.model).as_bytes());
        part(format!("{:?}", setup.wasi).as_bytes());
        // `init` had this much: with more it might have done otherwise, and with less it would not fit.
        part(&(setup.limits.memory_bytes as u64).to_le_bytes());
        Key(crate::hex(&digest.finalize()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What wasmtime says of its version, its settings and the CPU that it compiles for.
fn compatibility(engine: &Engine) -> Vec<u8> {
    struct Collect(Sha256);
    impl Hasher for Collect {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut collect = Collect(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut collect);
    collect.0.finalize().to_vec()
}
