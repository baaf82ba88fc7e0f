//! `modelhost plugin inspect`: what a file is, for people and for programs.
//! Must not know how any of it is found out.

use super::given::{Given, Wasm};
use super::{Done, show, wrong};
use crate::plugin::{self, Description, Wasi};
use crate::settings::PluginInspect;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

pub(super) fn run(settings: &PluginInspect, cache: Option<&Path>) -> Done {
    let wasm = Wasm::read(&settings.plugin)?;
    let facts = wasm.facts()?;
    let wasi = match settings.given.wasi_inert {
        true => Wasi::Inert,
        false => Wasi::Refused,
    };
    let refused = plugin::admit(&wasm.bytes, wasi).err();
    let given = &settings.given;
    let is_given = given.config.is_some() || given.assets.is_some() || given.model.is_some();
    let description = match &refused {
        None if is_given => {
            let given = Given::of(given, Duration::from_secs(10))?;
            let loaded = given.load(&wasm, cache);
            let loaded = loaded.map_err(|error| wrong(&wasm.name, wasm.refusal(&error)))?;
            Some(loaded.plugin.description().clone())
        }
        _ => None,
    };
    let sha256 = crate::hex(&Sha256::digest(&wasm.bytes));
    let form = match facts.is_component {
        true => "component",
        false => "core module",
    };
    let mut out = std::io::stdout();
    if settings.json {
        let mut answer = json!({
            "file": wasm.name,
            "world": show::world(&facts),
            "stages": show::stages(&facts),
            "contract": facts.version,
            "form": form,
            "imports": facts.imports,
            "bytes": wasm.bytes.len(),
            "sha256": sha256,
            "languages": facts.languages,
            "tools": facts.tools,
            "refused": refused.as_ref().map(ToString::to_string),
        });
        if let Some(description) = &description {
            answer["description"] = schemas(description).into();
        }
        writeln!(out, "{answer:#}")?;
    } else {
        writeln!(out, "{}", wasm.name)?;
        let rows = [
            ("world", show::world(&facts).to_owned()),
            ("contract", facts.version.clone().unwrap_or_default()),
            ("form", form.to_owned()),
            ("imports", facts.imports.join(", ")),
            ("bytes", wasm.bytes.len().to_string()),
            ("sha256", sha256),
            ("languages", said(&facts.languages)),
            ("tools", said(&facts.tools)),
        ];
        for (name, value) in rows {
            let value = if value.is_empty() { "none" } else { &value };
            writeln!(out, "  {name:<10} {value}")?;
        }
        if let Some(description) = &description {
            for (name, schema) in schemas(description) {
                writeln!(out, "  {name:<10} {schema}")?;
            }
        }
    }
    match refused {
        Some(error) => Err(wrong(&wasm.name, error)),
        None => Ok(()),
    }
}

/// What a file says of itself, if it does.
fn said(names: &[String]) -> String {
    match names {
        [] => "not said".to_owned(),
        names => names.join(", "),
    }
}

/// What `init` answered, without what it left out.
fn schemas(description: &Description) -> Map<String, Value> {
    let mut map = Map::new();
    if !description.media_types.is_empty() {
        map.insert("media_types".to_owned(), json!(description.media_types));
    }
    let schemas = [
        ("inputs", &description.inputs),
        ("parameters", &description.parameters),
        ("outputs", &description.outputs),
    ];
    for (name, schema) in schemas {
        if let Some(schema) = schema {
            map.insert(name.to_owned(), schema.clone());
        }
    }
    map
}
