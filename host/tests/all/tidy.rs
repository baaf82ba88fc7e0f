//! The shape of the code itself: who imports whom, which file names which engine, what each file says of itself.
//! Reads source text; knows no behaviour.

use crate::server::root;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Module → modules of ours that it may import. Everything below an entry may be used, never the reverse.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("main", &["allocator", "cli", "settings"]),
    (
        "cli",
        &[
            "authoring",
            "bench",
            "cache",
            "init",
            "http",
            "registry",
            "service",
            "scheduler",
            "pipeline",
            "plugin",
            "publish",
            "model",
            "tensor",
            "manifest",
            "metrics",
            "settings",
            "spans",
            "watch",
        ],
    ),
    (
        "http",
        &[
            "cache",
            "chart",
            "registry",
            "service",
            "scheduler",
            "pipeline",
            "plugin",
            "model",
            "tensor",
            "manifest",
            "metrics",
            "events",
            "spans",
        ],
    ),
    (
        "init",
        &[
            "service", "source", "pipeline", "plugin", "model", "tensor", "manifest", "card",
        ],
    ),
    (
        "registry",
        &[
            "service",
            "source",
            "scheduler",
            "pipeline",
            "manifest",
            "metrics",
            "events",
        ],
    ),
    (
        "service",
        &[
            "allocator",
            "manifest",
            "source",
            "model",
            "plugin",
            "pipeline",
            "card",
            "chart",
            "metrics",
            "priority",
            "tensor",
        ],
    ),
    ("publish", &["card", "manifest", "source"]),
    ("scheduler", &["metrics", "model", "pipeline", "tensor"]),
    ("pipeline", &["model", "plugin", "tensor"]),
    ("plugin", &["tensor", "priority"]),
    ("model", &["tensor"]),
    ("card", &["manifest"]),
    ("cache", &[]),
    ("chart", &[]),
    ("source", &["manifest"]),
    ("settings", &["source"]),
    ("allocator", &[]),
    ("authoring", &[]),
    ("bench", &[]),
    ("manifest", &[]),
    ("tensor", &[]),
    ("metrics", &[]),
    ("events", &[]),
    ("spans", &[]),
    ("watch", &[]),
    ("priority", &[]),
    ("lib", &[]),
];

/// Engine crate → the one file or folder that may name it.
const ENGINES: &[(&str, &str)] = &[
    // One file reads from the Hub and one writes to it; the second is no part of a server.
    ("hf_hub", "source/hub.rs publish/hub.rs"),
    ("reqwest", "publish/api.rs publish/api/"),
    ("tract_onnx", "model/onnx/"),
    ("rten_gemm", "model/onnx/ops/fused/"),
    ("rten_simd", "model/onnx/ops/fused/"),
    ("rten_tensor", "model/onnx/ops/fused/"),
    ("rten_vecmath", "model/onnx/ops/fused/"),
    ("rayon", "model/onnx/threads.rs"),
    ("wasmtime", "plugin/sandbox/"),
    ("wasmtime_wizer", "plugin/sandbox/"),
    ("wit_component", "plugin/contract.rs"),
    ("wasmparser", "plugin/contract.rs"),
    ("wit_bindgen_c", "authoring/bindings.rs"),
    ("wit_bindgen_core", "authoring/bindings.rs"),
    ("warp", "http/"),
    ("hyper", "http/ bench/client.rs"),
    ("hyper_util", "http/ bench/client.rs"),
    ("http_body_util", "bench/client.rs"),
    ("hdrhistogram", "bench/tally.rs"),
    ("serde_yaml", "manifest/yaml.rs"),
    ("saphyr_parser", "manifest/position.rs"),
    ("notify", "watch.rs"),
    ("mimalloc", "main.rs"),
    ("libmimalloc_sys", "allocator.rs"),
    ("npyz", "service/npz.rs"),
    ("moka", "cache/memory.rs"),
    ("redis", "cache/shared.rs"),
    ("governor", "http/access/rate.rs"),
    ("subtle", "http/access/keys.rs"),
    ("plotters", "chart/svg.rs"),
    ("resvg", "chart/png.rs"),
    ("epaint_default_fonts", "chart/png.rs"),
    ("flate2", "http/packed.rs"),
    ("zip", "service/npz.rs http/docs.rs"),
    ("utoipa_swagger_ui_vendored", "http/docs.rs"),
    ("opentelemetry", "spans.rs"),
    ("opentelemetry_sdk", "spans.rs"),
    ("opentelemetry_otlp", "spans.rs"),
    ("prometheus", "metrics.rs"),
    ("clap", "settings.rs settings/ main.rs"),
    ("indicatif", "cli/bar.rs"),
];

fn sources() -> Vec<(String, String)> {
    let folder = root().join("host/src");
    let mut files = Vec::new();
    collect(&folder, &mut files);
    let mut sources: Vec<(String, String)> = files
        .into_iter()
        .map(|file| {
            let text = fs::read_to_string(&file).expect("a source file is text");
            let name = file
                .strip_prefix(&folder)
                .expect("it lies in the folder")
                .to_string_lossy()
                .into_owned();
            (name, text)
        })
        .collect();
    sources.sort();
    sources
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Code without comments, so that words in prose do not count.
fn code(text: &str) -> String {
    text.lines()
        .map(|line| match line.find("//") {
            Some(start) if !line[..start].ends_with(':') => &line[..start],
            _ => line,
        })
        .collect::<Vec<_>>()
        .join("\n")
}

fn module(file: &str) -> &str {
    file.split(['/', '.']).next().expect("split gives a part")
}

/// Whether `code` names `path` as a path's first segment: `path::` not preceded by another segment.
fn names(code: &str, krate: &str) -> bool {
    code.match_indices(&format!("{krate}::"))
        .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
}

#[test]
fn modules_import_only_what_lies_below_them() {
    let table: BTreeMap<_, _> = MAY_IMPORT.iter().copied().collect();
    let mut broken = Vec::new();
    for (file, text) in sources() {
        let this = module(&file);
        let Some(allowed) = table.get(this) else {
            broken.push(format!(
                "{file}: module `{this}` is not in the import table"
            ));
            continue;
        };
        let code = code(&text);
        for (other, _) in MAY_IMPORT {
            let imported = [format!("crate::{other}::"), format!("modelhost::{other}::")]
                .iter()
                .any(|path| code.contains(path))
                || code.contains(&format!("crate::{other};"));
            if imported && *other != this && !allowed.contains(other) {
                broken.push(format!("{file}: may not import `{other}`"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The table above is checked by whole paths, so whole paths are what the code must be written in.
#[test]
fn imports_are_written_as_whole_paths() {
    for (file, text) in sources() {
        let code = code(&text);
        for hidden in ["crate::{", "super::super", "use crate::*"] {
            assert!(!code.contains(hidden), "{file} imports by `{hidden}`");
        }
    }
}

#[test]
fn each_engine_is_named_in_one_place() {
    let mut broken = Vec::new();
    for (file, text) in sources() {
        let code = code(&text);
        for (engine, place) in ENGINES {
            let is_home = place.split(' ').any(|place| file.starts_with(place));
            if names(&code, engine) && !is_home {
                broken.push(format!(
                    "{file}: names `{engine}`, which belongs in {place}"
                ));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_file_says_what_it_is_and_what_it_must_not_know() {
    let mut broken = Vec::new();
    for (file, text) in sources() {
        let mut lines = text.lines();
        let header = [lines.next(), lines.next()];
        if !header
            .iter()
            .all(|line| line.is_some_and(|line| line.starts_with("//!")))
        {
            broken.push(file);
        }
    }
    assert!(
        broken.is_empty(),
        "no two `//!` lines at the top of: {}",
        broken.join(", ")
    );
}

#[test]
fn nothing_is_left_for_later() {
    let marks = ["TODO", "FIXME", "XXX", "unimplemented!", "todo!"];
    for (file, text) in sources() {
        for mark in marks {
            assert!(!text.contains(mark), "{file} holds `{mark}`");
        }
    }
}

#[test]
fn only_the_settings_read_the_environment() {
    for (file, text) in sources() {
        let reads = ["env::var", "env::vars", "env::args"]
            .iter()
            .any(|call| code(&text).contains(call));
        assert!(
            !reads || file == "settings.rs",
            "{file} reads the environment"
        );
    }
}
