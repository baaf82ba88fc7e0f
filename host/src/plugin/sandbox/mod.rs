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

use super::contract::Stages;
use super::{LoadError, Setup, Wasi, abi, contract};
use cache::{Cache, Record};
use compiled::Compiled;
use freeze::Frozen;
use key::Key;
use optimiser::{Job, Optimiser};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::component::Component;
use wasmtime::{Engine, Strategy};

/// A larger file is no plugin: the largest known, a whole Python, has 20 MB.
const MAX_WASM_BYTES: usize = 64 << 20;
/// An `init` that takes no longer may run before each of the first calls.
const QUICK_INIT: Duration = Duration::from_millis(50);
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
    /// before; else it is compiled quickly and ready once `init` has run; its
    /// memory, as that left it, is compiled behind the first calls, quickly and
    /// then well.
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
            unfrozen,
        } = freeze::freeze([&self.quick, &self.serving], &component, &setup)?;
        let record = Record {
            stages,
            description: abi::description(description)?,
        };
        if Engine::same(&unfrozen.engine, &self.quick) {
            let snapshot = Arc::<[u8]>::from(snapshot);
            let improve = improvement(&self.quick, snapshot.clone(), stages, setup.wasi);
            let is_patient = unfrozen.took > QUICK_INIT;
            let compiled = match is_patient {
                true => improve()?,
                false => Compiled::unfrozen(unfrozen, stages)?,
            };
            let plugin = Plugin::new(&setup, record.description.clone(), compiled, Code::Quick);
            if !is_patient {
                behind(improve, &plugin)?;
            }
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
        let code = Component::new(&self.serving, &snapshot).map_err(engine::invalid)?;
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

/// What compiles a snapshot quickly.
fn improvement(
    quick: &Engine,
    snapshot: Arc<[u8]>,
    stages: Stages,
    wasi: Wasi,
) -> impl Fn() -> Result<Compiled, LoadError> + Send + use<> {
    let quick = quick.clone();
    move || {
        let component = Component::new(&quick, &snapshot).map_err(engine::invalid)?;
        Compiled::new(&quick, &component, stages, wasi)
    }
}

/// Improves the plugin behind its first calls, which run `init` themselves until then.
fn behind(
    improve: impl FnOnce() -> Result<Compiled, LoadError> + Send + 'static,
    plugin: &Plugin,
) -> Result<(), LoadError> {
    let slot = plugin.slot();
    let work = move || match (improve(), slot.upgrade()) {
        (Ok(compiled), Some(slot)) => slot.improve(compiled),
        (Err(error), _) => {
            tracing::debug!(reason = %error, "calls run `init` until the code is optimised");
        }
        (Ok(_), None) => {}
    };
    std::thread::Builder::new()
        .name("plugin-quick".to_owned())
        .spawn(work)
        .map(drop)
        .map_err(|error| LoadError::Host(error.to_string()))
}
