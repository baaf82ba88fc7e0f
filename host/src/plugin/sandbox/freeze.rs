//! The freezing of a plugin: runs `init` once and keeps the memory that it leaves as a component of its own.
//! Must not know how the result is compiled or kept.

use super::bindings::exports::modelhost::plugin::lifecycle;
use super::bindings::modelhost::plugin::types;
use super::call::{Call, classify, store};
use super::clock;
use super::compiled::link;
use super::engine::invalid;
use crate::plugin::{CallError, Limits, LoadError, Setup, abi};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use wasmtime::component::{self, Component, InstancePre, Lift};
use wasmtime::{Engine, Store};

/// `init` may read large files, once.
const INIT_DEADLINE: Duration = Duration::from_secs(10);

/// A plugin after `init`.
pub(super) struct Frozen {
    /// A component whose memory begins as `init` left it.
    pub(super) snapshot: Vec<u8>,
    /// What `init` said.
    pub(super) description: lifecycle::Description,
    /// What the snapshot was taken of: an instance of it is as good after `init` has run.
    pub(super) unfrozen: Unfrozen,
}

/// A plugin before `init`, compiled.
pub(super) struct Unfrozen {
    pub(super) engine: Engine,
    pub(super) instance: InstancePre<Call>,
    pub(super) init: Init,
    /// How long `init` took.
    pub(super) took: Duration,
}

/// What `init` is told.
pub(super) struct Init {
    indices: lifecycle::GuestIndices,
    config_json: String,
    assets: Vec<types::Asset>,
    model: types::Signature,
}

impl Init {
    /// Runs `init` in a fresh instance.
    pub(super) fn run(
        &self,
        store: &mut Store<Call>,
        instance: &component::Instance,
    ) -> wasmtime::Result<Result<lifecycle::Description, lifecycle::Error>> {
        store.set_epoch_deadline(clock::ticks(INIT_DEADLINE));
        let guest = self.indices.load(&mut *store, instance)?;
        guest.call_init(store, &self.config_json, &self.assets, &self.model)
    }
}

/// Runs `init` in an instrumented copy, compiled by the first of the `engines`
/// that can, and takes a snapshot of its memory.
pub(super) fn freeze(
    engines: [&Engine; 2],
    component: &[u8],
    setup: &Setup,
) -> Result<Frozen, LoadError> {
    let unfrozen = |reason| LoadError::Unfrozen(format!("{reason:#}"));
    let wizer = wasmtime_wizer::Wizer::new();
    let (context, bytes) = wizer.instrument_component(component).map_err(unfrozen)?;
    // Winch does not know every instruction; what it refuses, Cranelift compiles.
    let [quick, serving] = engines;
    let (engine, compiled) = match Component::new(quick, &bytes) {
        Ok(compiled) => (quick, compiled),
        Err(_) => (serving, Component::new(serving, &bytes).map_err(invalid)?),
    };
    let limits = Limits {
        deadline: INIT_DEADLINE,
        ..setup.limits
    };
    let mut store = store(engine, &Arc::from(setup.name.as_str()), limits)?;
    let fault = |error| LoadError::InitFault(classify(error, limits));
    let fresh = link(engine, &compiled, setup.wasi)?;
    let init = Init {
        indices: lifecycle::GuestIndices::new(&fresh).map_err(invalid)?,
        config_json: setup.config_json.clone(),
        assets: abi::assets(setup.assets.clone()),
        model: abi::signature(&setup.model),
    };
    let start = Instant::now();
    let instance = fresh.instantiate(&mut store).map_err(fault)?;
    let description =
        init.run(&mut store, &instance)
            .map_err(fault)?
            .map_err(|error| match error {
                lifecycle::Error::InvalidInput(invalid) => LoadError::Init(match invalid.field {
                    Some(field) => format!("{}: {}", field, invalid.message),
                    None => invalid.message,
                }),
                lifecycle::Error::Internal(message) => {
                    LoadError::InitFault(CallError::Internal(message))
                }
            })?;
    let took = start.elapsed();
    // Reading the memories back is the host's own doing, not the plugin's output.
    store.set_hostcall_fuel(usize::MAX);
    store.set_epoch_deadline(u64::MAX / 2);
    let mut reader = Reader {
        store: &mut store,
        instance,
    };
    let snapshot = ready(wizer.snapshot_component(&context, &mut reader)).map_err(unfrozen)?;
    Ok(Frozen {
        snapshot,
        description,
        unfrozen: Unfrozen {
            engine: engine.clone(),
            instance: fresh,
            init,
            took,
        },
    })
}

/// What wizer reads the memory of an initialised instance through.
struct Reader<'a> {
    store: &'a mut Store<Call>,
    instance: component::Instance,
}

impl Reader<'_> {
    fn read<R: Lift + 'static>(&mut self, instance: &str, function: &str) -> R {
        let export = "wizer exports what it instruments";
        let (_, outer) = self
            .instance
            .get_export(&mut *self.store, None, instance)
            .expect(export);
        let (_, inner) = self
            .instance
            .get_export(&mut *self.store, Some(&outer), function)
            .expect(export);
        let function = self
            .instance
            .get_typed_func::<(), (R,)>(&mut *self.store, inner)
            .expect(export);
        function
            .call(&mut *self.store, ())
            .expect("wizer's accessors cannot trap")
            .0
    }
}

impl wasmtime_wizer::ComponentInstanceState for Reader<'_> {
    async fn call_func_ret_list_u8(
        &mut self,
        instance: &str,
        function: &str,
        contents: impl FnOnce(&[u8]) + Send,
    ) {
        let list: component::WasmList<u8> = self.read(instance, function);
        contents(list.as_le_slice(&*self.store));
    }
    async fn call_func_ret_s32(&mut self, instance: &str, function: &str) -> i32 {
        self.read(instance, function)
    }
    async fn call_func_ret_s64(&mut self, instance: &str, function: &str) -> i64 {
        self.read(instance, function)
    }
    async fn call_func_ret_f32(&mut self, instance: &str, function: &str) -> u32 {
        self.read::<f32>(instance, function).to_bits()
    }
    async fn call_func_ret_f64(&mut self, instance: &str, function: &str) -> u64 {
        self.read::<f64>(instance, function).to_bits()
    }
}

/// Drives a future that never waits: wizer is async only for runtimes that are.
fn ready<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
