//! What a component must look like before it is compiled: its imports, exports and contract version.
//! Reads bytes only; must not know the engine.

use super::{LoadError, Wasi};
use serde::{Deserialize, Serialize};
use wasmparser::{Encoding, KnownCustom, Parser, Payload};

/// The version of `modelhost:plugin` that this host speaks.
pub const ABI_VERSION: &str = "0.1.0";

const PACKAGE: &str = "modelhost:plugin/";

/// The stages that a component offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stages {
    pub(super) preprocess: bool,
    pub(super) postprocess: bool,
}

/// What a file says of itself, whether or not this host would run it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Whether it is a component already; else a core module, which the host wraps.
    pub is_component: bool,
    /// What it imports, beside the contract's types.
    pub imports: Vec<String>,
    /// The version of the contract that its exports name.
    pub version: Option<String>,
    /// Whether it has a preprocess stage.
    pub preprocesses: bool,
    /// Whether it has a postprocess stage.
    pub postprocesses: bool,
    /// What it was written in, where it says so.
    pub languages: Vec<String>,
    /// What made it, with versions, where it says so.
    pub tools: Vec<String>,
}

impl Facts {
    /// Reads them, and compiles and runs nothing.
    ///
    /// # Errors
    /// The file is no WebAssembly, or damaged.
    pub fn of(wasm: &[u8]) -> Result<Facts, LoadError> {
        let component = componentize(wasm)?;
        let damaged = |error: wasmparser::BinaryReaderError| LoadError::Invalid(error.to_string());
        let (imports, exports) = outer_names(&component).map_err(damaged)?;
        let interface = |wanted: &str| {
            let mut named = exports.iter().filter_map(|export| {
                let (name, version) = export.strip_prefix(PACKAGE)?.split_once('@')?;
                (name == wanted).then(|| version.to_owned())
            });
            named.next_back()
        };
        let (languages, tools) = producers(wasm).map_err(damaged)?;
        Ok(Facts {
            is_component: Parser::is_component(wasm),
            version: interface("lifecycle"),
            preprocesses: interface("preprocess").is_some(),
            postprocesses: interface("postprocess").is_some(),
            // The types are shared names and no function.
            imports: imports
                .into_iter()
                .filter(|import| *import != interface_name("types"))
                .collect(),
            languages,
            tools,
        })
    }
}

/// Whether this host would load the file, as far as its imports and exports say.
///
/// # Errors
/// Why not.
pub fn admit(wasm: &[u8], wasi: Wasi) -> Result<(), LoadError> {
    inspect(&componentize(wasm)?, wasi).map(drop)
}

/// `wasm` as a component: a core module that carries its WIT is wrapped.
pub(super) fn componentize(wasm: &[u8]) -> Result<Vec<u8>, LoadError> {
    if !wasm.starts_with(b"\0asm") {
        return Err(LoadError::NotWasm);
    }
    if Parser::is_component(wasm) {
        return Ok(wasm.to_vec());
    }
    // The encoder knows no WASI, and would say so in the words of its own toolchain.
    let wasi = core_imports(wasm, |module| module.starts_with("wasi"));
    if !wasi.is_empty() {
        return Err(LoadError::CoreWasi(wasi.join(", ")));
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
pub(super) fn inspect(component: &[u8], wasi: Wasi) -> Result<Stages, LoadError> {
    let (imports, exports) =
        outer_names(component).map_err(|error| LoadError::Invalid(error.to_string()))?;
    for import in &imports {
        if import.starts_with("wasi:") {
            match wasi {
                Wasi::Inert => continue,
                Wasi::Refused => return Err(LoadError::Wasi(import.clone())),
            }
        }
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

/// The imports of a core module whose module is `wanted`.
fn core_imports(wasm: &[u8], wanted: fn(&str) -> bool) -> Vec<String> {
    // What cannot be read has no imports here; whoever encodes it says why.
    let sections = Parser::new(0).parse_all(wasm).map_while(Result::ok);
    let imports = sections.filter_map(|payload| match payload {
        Payload::ImportSection(section) => Some(section.into_imports()),
        _ => None,
    });
    let imports = imports.flatten().map_while(Result::ok);
    let wanted = imports.filter(|import| wanted(import.module));
    wanted
        .map(|import| format!("{}.{}", import.module, import.name))
        .collect()
}

/// Languages and tools that the file and what is inside it name, each once.
fn producers(wasm: &[u8]) -> wasmparser::Result<(Vec<String>, Vec<String>)> {
    let (mut languages, mut tools) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::CustomSection(section) = payload? else {
            continue;
        };
        let KnownCustom::Producers(fields) = section.as_known() else {
            continue;
        };
        // A broken section of remarks is no reason to refuse a file.
        for field in fields.into_iter().map_while(Result::ok) {
            let list = match field.name {
                "language" => &mut languages,
                "processed-by" => &mut tools,
                _ => continue,
            };
            for value in field.values.into_iter().map_while(Result::ok) {
                let said = format!("{} {}", value.name, value.version);
                let said = said.trim().to_owned();
                if !list.contains(&said) {
                    list.push(said);
                }
            }
        }
    }
    Ok((languages, tools))
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
