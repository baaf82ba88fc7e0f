//! What a component must look like before it is compiled: its imports, exports and contract version.
//! Reads bytes only; must not know the engine.

use super::LoadError;
use wasmparser::{Encoding, Parser, Payload};

/// The version of `modelhost:plugin` that this host speaks.
pub const ABI_VERSION: &str = "0.1.0";

const PACKAGE: &str = "modelhost:plugin/";

/// The stages that a component offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stages {
    pub(super) preprocess: bool,
    pub(super) postprocess: bool,
}

/// `wasm` as a component: a core module that carries its WIT is wrapped.
pub(super) fn componentize(wasm: &[u8]) -> Result<Vec<u8>, LoadError> {
    if !wasm.starts_with(b"\0asm") {
        return Err(LoadError::NotWasm);
    }
    if Parser::is_component(wasm) {
        return Ok(wasm.to_vec());
    }
    // The encoder slices into truncated files without looking, and panics.
    let encode = || {
        wit_component::ComponentEncoder::default()
            .validate(true)
            .module(wasm)
            .and_then(|mut encoder| encoder.encode())
            .map_err(|error| LoadError::Invalid(format!("{error:#}")))
    };
    std::panic::catch_unwind(encode)
        .unwrap_or_else(|_| Err(LoadError::Invalid("the file is damaged".to_owned())))
}

/// Reads imports and exports, and refuses what this host does not grant or does not speak.
pub(super) fn inspect(component: &[u8]) -> Result<Stages, LoadError> {
    let (imports, exports) =
        outer_names(component).map_err(|error| LoadError::Invalid(error.to_string()))?;
    for import in &imports {
        let known = ["types", "logging"]
            .iter()
            .any(|interface| *import == interface_name(interface));
        if !known {
            return Err(match import.strip_prefix(PACKAGE) {
                Some(rest) => version_error(rest),
                None => LoadError::Import(import.clone()),
            });
        }
    }
    if let Some(other) = exports
        .iter()
        .filter_map(|export| export.strip_prefix(PACKAGE))
        .find(|rest| !rest.ends_with(&format!("@{ABI_VERSION}")))
    {
        return Err(version_error(other));
    }
    let has = |interface: &str| exports.contains(&interface_name(interface));
    if !has("lifecycle") {
        return Err(LoadError::NoPlugin);
    }
    Ok(Stages {
        preprocess: has("preprocess"),
        postprocess: has("postprocess"),
    })
}

fn interface_name(interface: &str) -> String {
    format!("{PACKAGE}{interface}@{ABI_VERSION}")
}

fn version_error(rest: &str) -> LoadError {
    let version = rest.split_once('@').map_or("none", |(_, version)| version);
    LoadError::Version(version.to_owned())
}

fn outer_names(component: &[u8]) -> wasmparser::Result<(Vec<String>, Vec<String>)> {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut depth = 0usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version { encoding, .. } if depth == 0 && encoding == Encoding::Module => {
                break;
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    exports.push(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok((imports, exports))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_wasm_is_refused_before_anything_reads_it() {
        for bytes in [&b""[..], b"(module)", b"<html>", b"version https://git-lfs"] {
            assert!(matches!(componentize(bytes), Err(LoadError::NotWasm)));
        }
        assert!(matches!(
            componentize(b"\0asm\x01\0\0\0\xff\xff"),
            Err(LoadError::Invalid(_))
        ));
    }
}
