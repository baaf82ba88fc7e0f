//! The sandbox: loads a plugin, freezes it after `init`, and gives every call a fresh instance; the only folder that names wasmtime.
//! Must not know what a plugin's tensors or answers mean.

pub(super) mod bindings;
mod cache;
mod call;
mod clock;
mod compiled;
mod engine;
mod freeze;
mod inert;
mod key;
mod optimiser;
mod plugin;

pub use plugin::{Code, Plugin};

use super::{LoadError, Setup, abi, contract};
use cache::{Cache, Record};
use compiled::Compiled;
use freeze::Frozen;
use key::Key;
use optimiser::{Job, Optimiser};
use std::path::Path;
use std::sync::Arc;
use wasmtime::component::Component;
use wasmtime::{Engine, Strategy};

/// A larger file is no plugin: the largest known, a whole Python, has 20 MB.
const MAX_WASM_BYTES: usize = 64 << 20;
/// Instances beside those of the workers: loads answer examples too.
const SPARE_SLOTS: u32 = 16;

/// The engines of the process: one that compiles fast, one that makes fast code.
pub struct Sandbox {
    quick: Engine,
    serving: Engine,
    cache: Option<Arc<Cache>>,
    optimiser: Optimiser,
}

impl Sandbox {
    /// Starts the engines, with room for as many calls at once as there are
    /// `workers`, and the thread that enforces deadlines. Compiled code is kept
    /// in the folder `cache`, if one is given and safe to use.
    ///
    /// # Errors
    /// The machine gives no threads, or no memory for instances.
    pub fn new(workers: usize, cache: Option<&Path>) -> Result<Sandbox, LoadError> {
        let slots = u32::try_from(workers).unwrap_or(u32::MAX / 1024) + SPARE_SLOTS;
        let quick = engine::start(Strategy::Winch, slots)?;
        let serving = engine::start(Strategy::Cranelift, slots)?;
        clock::start(&[&quick, &serving])?;
        Ok(Sandbox {
            cache: cache.and_then(Cache::open).map(Arc::new),
            optimiser: Optimiser::start(&serving)?,
            quick,
            serving,
        })
    }

    /// Loads a plugin: from the cache, if this host has compiled the same one
    /// before; else `init` runs once, its memory is frozen, and the result is
    /// ready in quickly compiled form, to be replaced by the optimised one.
    ///
    /// # Errors
    /// See [`LoadError`]; nothing of the plugin is left behind.
    pub fn load(&self, setup: Setup) -> Result<Plugin, LoadError> {
        if setup.wasm.len() > MAX_WASM_BYTES {
            return Err(LoadError::Invalid(format!(
                "it is larger than {MAX_WASM_BYTES} bytes"
            )));
        }
        let key = Key::of(&setup, &self.serving);
        if let Some(cache) = &self.cache
            && let Some((component, record)) = cache.find(&key, &self.serving)
        {
            let compiled = Compiled::new(&self.serving, &component, record.stages, setup.wasi)?;
            return Ok(Plugin::new(
                &setup,
                record.description,
                compiled,
                Code::Cached,
            ));
        }
        let component = contract::componentize(&setup.wasm)?;
        let stages = contract::inspect(&component, setup.wasi)?;
        let Frozen {
            snapshot,
            description,
        } = freeze::freeze([&self.quick, &self.serving], &component, &setup)?;
        let record = Record {
            stages,
            description: abi::description(description)?,
        };
        let code = match Component::new(&self.quick, &snapshot) {
            Ok(component) => {
                let compiled = Compiled::new(&self.quick, &component, stages, setup.wasi)?;
                let plugin = Plugin::new(&setup, record.description.clone(), compiled, Code::Quick);
                self.optimiser.take(Job {
                    snapshot,
                    wasi: setup.wasi,
                    record,
                    slot: plugin.slot(),
                    keep: self.cache.clone().map(|cache| (cache, key)),
                });
                return Ok(plugin);
            }
            // Winch does not know every instruction; what it refuses, Cranelift compiles.
            Err(_) => Component::new(&self.serving, &snapshot).map_err(engine::invalid)?,
        };
        if let Some(cache) = &self.cache {
            cache.keep(&key, &code, &record);
        }
        let compiled = Compiled::new(&self.serving, &code, stages, setup.wasi)?;
        Ok(Plugin::new(
            &setup,
            record.description,
            compiled,
            Code::Optimised,
        ))
    }
}
