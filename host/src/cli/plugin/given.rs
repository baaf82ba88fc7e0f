//! What the command line gives a plugin: its file, configuration, assets and model.
//! Must not know which command asks.

use super::{Done, Stop, wrong};
use crate::manifest::PluginLimits;
use crate::model::{self, Model};
use crate::plugin::{
    Asset, BUNDLED, CallError, Facts, LoadError, Plugin, Sandbox, Setup, Signature, Wasi, bundled,
};
use crate::service;
use crate::settings::PluginGiven;
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};

/// As manifests have it where they say nothing.
const DEADLINE: Duration = Duration::from_millis(200);
const MEMORY_MIB: u64 = 64;
/// A model repo's small files, not its weights.
const MAX_ASSET_BYTES: u64 = 256 << 20;

/// A plugin's file.
pub(super) struct Wasm {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

impl Wasm {
    /// The file, or the bundled plugin of that name.
    pub(super) fn read(path: &Path) -> Done<Wasm> {
        let name = path.display().to_string();
        if let (false, Some(bundled)) = (path.exists(), bundled(&name)) {
            let bytes = bundled.wasm.to_vec();
            return Ok(Wasm { name, bytes });
        }
        match std::fs::read(path) {
            Ok(bytes) => Ok(Wasm { name, bytes }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let names: Vec<_> = BUNDLED.iter().map(|bundled| bundled.name).collect();
                let bundled = names.join(", ");
                Err(wrong(
                    name,
                    format!(
                        "there is no such file, and no bundled plugin of that name; bundled: {bundled}"
                    ),
                ))
            }
            Err(error) => Err(wrong(name, error)),
        }
    }

    pub(super) fn facts(&self) -> Done<Facts> {
        Facts::of(&self.bytes).map_err(|error| wrong(&self.name, error))
    }

    /// Why it was not loaded, and how to learn more.
    pub(super) fn refusal(&self, error: &LoadError) -> String {
        match error {
            LoadError::InitFault(fault) => format!("{error}{}", self.hint(fault)),
            error => error.to_string(),
        }
    }

    /// How a call ended, and how to learn more.
    pub(super) fn fault(&self, fault: &CallError) -> String {
        format!("{}: {fault}{}", self.name, self.hint(fault))
    }

    /// An interpreter tells why it gives up where it prints, and without WASI it cannot.
    fn hint(&self, fault: &CallError) -> &'static str {
        let is_mute = || {
            Facts::of(&self.bytes).is_ok_and(|facts| {
                let prints = |import: &String| import.starts_with("wasi:");
                facts.is_component && !facts.imports.iter().any(prints)
            })
        };
        match fault {
            CallError::Trap(_) if is_mute() => {
                "; to read why, build it and test it with --wasi-inert"
            }
            _ => "",
        }
    }
}

/// What a plugin is given beside its file.
pub(super) struct Given {
    config_json: String,
    assets: Vec<Asset>,
    model: Option<Model>,
    limits: PluginLimits,
    wasi: Wasi,
}

/// A plugin, and how long it took from its file to the first code that runs.
pub(super) struct Loaded {
    pub(super) plugin: Plugin,
    pub(super) took: Duration,
    /// The optimiser's thread ends with it.
    pub(super) _sandbox: Sandbox,
}

impl Given {
    pub(super) fn of(settings: &PluginGiven, deadline: Duration) -> Done<Given> {
        let assets = settings.assets.as_deref().map(assets).transpose()?;
        let model = settings.model.as_deref().map(model).transpose()?;
        Ok(Given {
            config_json: config(settings.config.as_deref())?,
            assets: assets.unwrap_or_default(),
            model,
            limits: PluginLimits {
                memory_bytes: settings.memory_mib << 20,
                deadline,
            },
            wasi: wasi(settings.wasi_inert),
        })
    }

    /// As a manifest without limits, assets or model.
    pub(super) fn of_project(config_file: Option<&Path>, wasi_inert: bool) -> Done<Given> {
        Ok(Given {
            config_json: config(config_file)?,
            assets: Vec::new(),
            model: None,
            limits: PluginLimits {
                memory_bytes: MEMORY_MIB << 20,
                deadline: DEADLINE,
            },
            wasi: wasi(wasi_inert),
        })
    }

    pub(super) fn model(&self) -> Option<&Model> {
        self.model.as_ref()
    }

    pub(super) fn load(&self, wasm: &Wasm, cache: Option<&Path>) -> Result<Loaded, LoadError> {
        let sandbox = Sandbox::new(1, cache)?;
        let signature = self.model.as_ref().map(Model::signature);
        let setup = Setup {
            name: wasm.name.clone(),
            wasm: wasm.bytes.clone(),
            config_json: self.config_json.clone(),
            assets: self.assets.clone(),
            model: signature.map_or_else(Signature::default, service::signature),
            limits: service::limits(&self.limits),
            wasi: self.wasi,
        };
        let start = Instant::now();
        let plugin = sandbox.load(setup)?;
        Ok(Loaded {
            plugin,
            took: start.elapsed(),
            _sandbox: sandbox,
        })
    }
}

fn wasi(inert: bool) -> Wasi {
    if inert { Wasi::Inert } else { Wasi::Refused }
}

/// The bytes that an argument stands for: those of the file, or itself where it is JSON.
pub(super) fn bytes(flag: &str, argument: &Path) -> Done<Vec<u8>> {
    let text = argument.to_string_lossy();
    if text.trim_start().starts_with(['{', '[']) || text == "null" {
        return Ok(text.into_owned().into_bytes());
    }
    std::fs::read(argument).map_err(|error| wrong(format!("{flag} {text}"), error))
}

/// As [`bytes`], parsed.
pub(super) fn json(flag: &str, argument: &Path) -> Done<Value> {
    serde_json::from_slice(&bytes(flag, argument)?)
        .map_err(|error| wrong(flag, format!("it is not JSON: {error}")))
}

fn config(argument: Option<&Path>) -> Done<String> {
    let config = argument.map(|argument| json("--config", argument));
    Ok(config.transpose()?.unwrap_or(Value::Null).to_string())
}

fn model(path: &Path) -> Done<Model> {
    let named = |error: &dyn std::fmt::Display| wrong(format!("--model {}", path.display()), error);
    let bytes = std::fs::read(path).map_err(|error| named(&error))?;
    model::File::read(&bytes)
        .and_then(Model::load)
        .map_err(|error| named(&error))
}

/// Every file below `folder`, by its path in it.
fn assets(folder: &Path) -> Done<Vec<Asset>> {
    let mut assets = Vec::new();
    let mut left = MAX_ASSET_BYTES;
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let named = |error| wrong(format!("--assets {}", next.display()), error);
        for entry in std::fs::read_dir(&next).map_err(named)? {
            let path = entry.map_err(named)?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let size = std::fs::metadata(&path).map_err(named)?.len();
            left = left.checked_sub(size).ok_or_else(|| {
                Stop::Wrong(format!(
                    "--assets {}: its files are larger than {} MiB; name a folder with what the plugin reads",
                    folder.display(),
                    MAX_ASSET_BYTES >> 20
                ))
            })?;
            let name = path.strip_prefix(folder).unwrap_or(&path);
            assets.push(Asset {
                name: name.to_string_lossy().into_owned(),
                data: std::fs::read(&path).map_err(named)?,
            });
        }
    }
    assets.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(assets)
}
