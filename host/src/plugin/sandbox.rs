//! The sandbox: loads a plugin, freezes it after `init`, and gives every call a fresh instance; the only file that names wasmtime.
//! Must not know what a plugin's tensors or answers mean.

use super::abi::{self, Description, Prepared};
use super::contract::{self, Stages};
use crate::tensor::NamedTensor;
use sha2::{Digest as _, Sha256};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use wasmtime::component::{self, Component, HasSelf, InstancePre, Lift, Linker};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store,
    StoreLimits, StoreLimitsBuilder, Strategy, Trap,
};

/// The generated half of the contract.
#[allow(missing_docs, unreachable_pub, reason = "generated from plugins/wit")]
pub(super) mod bindings {
    wasmtime::component::bindgen!({
        world: "processor",
        path: "../plugins/wit",
        imports: { default: trappable },
    });
}
use bindings::exports::modelhost::plugin::{lifecycle, postprocess, preprocess};
use bindings::modelhost::plugin::logging;

/// How often deadlines are looked at.
const TICK: Duration = Duration::from_millis(1);
/// `init` may read large files, once.
const INIT_DEADLINE: Duration = Duration::from_secs(10);
/// What a line costs of a call's log quota beside its text.
const LOG_LINE_BYTES: usize = 64;
/// A larger file is no plugin: the largest known, a whole Python, has 20 MB.
const MAX_WASM_BYTES: usize = 64 << 20;
/// Instances beside those of the workers: loads answer examples too.
const SPARE_SLOTS: u32 = 16;
/// Pages that an instance dirtied and that stay resident for the next one.
const KEEP_RESIDENT_BYTES: usize = 4 << 20;
/// Must cover the memory image of a plugin that holds a tokenizer.
const IMAGE_BYTES: u64 = 64 << 20;

/// What one call of a plugin may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory, in bytes.
    pub memory_bytes: usize,
    /// Wall-clock time of one call.
    pub deadline: Duration,
    /// Bytes that one call may hand to the host.
    pub output_bytes: usize,
    /// Bytes of log that one call may write; more is dropped.
    pub log_bytes: usize,
}

/// Why a plugin does not load.
#[derive(Debug, Clone, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each variant says it")]
pub enum LoadError {
    #[error(
        "it is not WebAssembly; expected a component or a core module built for modelhost:plugin"
    )]
    NotWasm,
    #[error("it is not a valid plugin: {0}")]
    Invalid(String),
    #[error(
        "it imports `{0}`, which this host does not grant; a plugin may import only modelhost:plugin/logging"
    )]
    Import(String),
    #[error("it speaks modelhost:plugin version {0}; this host speaks {version}", version = contract::ABI_VERSION)]
    Version(String),
    #[error("it exports no modelhost:plugin/lifecycle; is it a modelhost plugin?")]
    NoPlugin,
    #[error("it has no `{0}` stage")]
    NoStage(&'static str),
    #[error("it refused its configuration: {0}")]
    Init(String),
    #[error("its `init` failed: {0}")]
    InitFault(CallError),
    #[error("its memory cannot be kept after `init`: {0}")]
    Unfrozen(String),
    #[error("the host cannot run plugins: {0}")]
    Host(String),
}

/// How a call ended when it did not end with an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each variant says it")]
pub enum CallError {
    #[error("{message}")]
    Invalid {
        message: String,
        field: Option<String>,
    },
    #[error("the plugin failed: {0}")]
    Internal(String),
    #[error("the plugin took longer than {} ms", .0.as_millis())]
    Deadline(Duration),
    #[error("the plugin used more than {0} bytes of memory")]
    Memory(usize),
    #[error("the plugin handed over more than {0} bytes")]
    Output(usize),
    #[error("the plugin crashed: {0}")]
    Trap(String),
    #[error("the plugin broke its contract: {0}")]
    Abi(String),
}

impl CallError {
    /// The metrics label of a fault; `None` for what the caller did wrong.
    pub fn fault(&self) -> Option<&'static str> {
        Some(match self {
            CallError::Invalid { .. } => return None,
            CallError::Internal(_) => "internal",
            CallError::Deadline(_) => "deadline",
            CallError::Memory(_) => "memory",
            CallError::Output(_) => "output",
            CallError::Trap(_) => "trap",
            CallError::Abi(_) => "abi",
        })
    }
}

/// The engines of the process: one that compiles fast to run `init`, one that compiles well to serve.
pub struct Sandbox {
    quick: Engine,
    serving: Engine,
}

/// A plugin that is ready: initialised, frozen, compiled.
pub struct Plugin {
    name: String,
    sha256: String,
    engine: Engine,
    instance: InstancePre<Call>,
    preprocess: Option<preprocess::GuestIndices>,
    postprocess: Option<postprocess::GuestIndices>,
    limits: Limits,
    description: Description,
}

/// The host's side of one running instance.
struct Call {
    plugin: String,
    limits: StoreLimits,
    log_left: usize,
}

impl Sandbox {
    /// Starts the engines, with room for as many calls at once as there are
    /// `workers`, and the thread that enforces deadlines.
    pub fn new(workers: usize) -> Result<Sandbox, LoadError> {
        let slots = u32::try_from(workers).unwrap_or(u32::MAX / 1024) + SPARE_SLOTS;
        let sandbox = Sandbox {
            quick: engine(Strategy::Winch, SPARE_SLOTS)?,
            serving: engine(Strategy::Cranelift, slots)?,
        };
        let engines = [sandbox.quick.weak(), sandbox.serving.weak()];
        std::thread::Builder::new()
            .name("plugin-clock".to_owned())
            .spawn(move || {
                let mut next = Instant::now();
                loop {
                    // After a pause of the whole process, a burst of ticks would fail every call under way.
                    let now = Instant::now();
                    next = (next + TICK).max(now.checked_sub(TICK * 20).unwrap_or(now));
                    #[allow(clippy::disallowed_methods, reason = "this thread is a clock")]
                    std::thread::sleep(next.saturating_duration_since(Instant::now()));
                    for weak in &engines {
                        match weak.upgrade() {
                            Some(engine) => engine.increment_epoch(),
                            None => return,
                        }
                    }
                }
            })
            .map_err(|error| LoadError::Host(error.to_string()))?;
        Ok(sandbox)
    }

    /// Loads `wasm` (a component or a core module), runs its `init` once with
    /// `config_json` and the granted files (name, bytes), and freezes the result.
    pub fn load(
        &self,
        name: &str,
        wasm: &[u8],
        config_json: &str,
        assets: Vec<(String, Vec<u8>)>,
        limits: Limits,
    ) -> Result<Plugin, LoadError> {
        if wasm.len() > MAX_WASM_BYTES {
            return Err(LoadError::Invalid(format!(
                "it is larger than {MAX_WASM_BYTES} bytes"
            )));
        }
        let component = contract::componentize(wasm)?;
        let stages = contract::inspect(&component)?;
        let assets: Vec<lifecycle::Asset> = assets
            .into_iter()
            .map(|(name, data)| lifecycle::Asset { name, data })
            .collect();
        let init_limits = Limits {
            deadline: INIT_DEADLINE,
            ..limits
        };
        let (snapshot, description) =
            self.freeze(name, &component, config_json, &assets, init_limits)?;
        let compiled = Component::new(&self.serving, &snapshot).map_err(invalid)?;
        let instance = linker(&self.serving)?
            .instantiate_pre(&compiled)
            .map_err(invalid)?;
        let Stages {
            preprocess,
            postprocess,
        } = stages;
        Ok(Plugin {
            name: name.to_owned(),
            sha256: crate::hex(&Sha256::digest(wasm)),
            engine: self.serving.clone(),
            preprocess: preprocess
                .then(|| preprocess::GuestIndices::new(&instance))
                .transpose()
                .map_err(invalid)?,
            postprocess: postprocess
                .then(|| postprocess::GuestIndices::new(&instance))
                .transpose()
                .map_err(invalid)?,
            instance,
            limits,
            description: abi::description(description)?,
        })
    }

    /// Runs `init` in an instrumented copy and takes a snapshot of its memory.
    fn freeze(
        &self,
        name: &str,
        component: &[u8],
        config_json: &str,
        assets: &[lifecycle::Asset],
        limits: Limits,
    ) -> Result<(Vec<u8>, lifecycle::Description), LoadError> {
        let unfrozen = |reason| LoadError::Unfrozen(format!("{reason:#}"));
        let wizer = wasmtime_wizer::Wizer::new();
        let (context, bytes) = wizer.instrument_component(component).map_err(unfrozen)?;
        // Winch does not know every instruction; what it refuses, Cranelift compiles.
        let (engine, compiled) = match Component::new(&self.quick, &bytes) {
            Ok(compiled) => (&self.quick, compiled),
            Err(_) => (
                &self.serving,
                Component::new(&self.serving, &bytes).map_err(invalid)?,
            ),
        };
        let mut store = store(engine, name, limits)?;
        let fault = |error| LoadError::InitFault(classify(error, limits));
        let instance = linker(engine)?
            .instantiate_pre(&compiled)
            .map_err(invalid)?;
        let indices = lifecycle::GuestIndices::new(&instance).map_err(invalid)?;
        let instance = instance.instantiate(&mut store).map_err(fault)?;
        let description = indices
            .load(&mut store, &instance)
            .map_err(invalid)?
            .call_init(&mut store, config_json, assets)
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
        // Reading the memories back is the host's own doing, not the plugin's output.
        store.set_hostcall_fuel(usize::MAX);
        store.set_epoch_deadline(u64::MAX / 2);
        let mut reader = Reader {
            store: &mut store,
            instance,
        };
        let snapshot = ready(wizer.snapshot_component(&context, &mut reader)).map_err(unfrozen)?;
        Ok((snapshot, description))
    }
}

impl Plugin {
    /// The name under which it was loaded.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The sha256 of the file, 64 lower-case hex digits.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The schemas of what it accepts and answers.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Whether it has a preprocess stage.
    pub fn preprocesses(&self) -> bool {
        self.preprocess.is_some()
    }

    /// Whether it has a postprocess stage.
    pub fn postprocesses(&self) -> bool {
        self.postprocess.is_some()
    }

    /// Turns a request into the model's inputs, in a fresh instance.
    pub fn preprocess(&self, content_type: &str, body: &[u8]) -> Result<Prepared, CallError> {
        let (mut store, instance) = self.start()?;
        let request = preprocess::Request {
            content_type: content_type.to_owned(),
            body: body.to_vec(),
        };
        let indices = self
            .preprocess
            .as_ref()
            .ok_or_else(|| CallError::Abi("it has no preprocess stage".to_owned()))?;
        let prepared = indices
            .load(&mut store, &instance)
            .and_then(|guest| guest.call_run(&mut store, &request))
            .map_err(|error| classify(error, self.limits))?
            .map_err(abi::refusal)?;
        abi::prepared(prepared)
    }

    /// Turns model outputs into the JSON text of the answer, in a fresh instance.
    pub fn postprocess(
        &self,
        outputs: Vec<NamedTensor>,
        context: &[u8],
        parameters: &str,
    ) -> Result<String, CallError> {
        let outputs = outputs
            .into_iter()
            .map(abi::to_guest)
            .collect::<Result<Vec<_>, _>>()?;
        let (mut store, instance) = self.start()?;
        let indices = self
            .postprocess
            .as_ref()
            .ok_or_else(|| CallError::Abi("it has no postprocess stage".to_owned()))?;
        indices
            .load(&mut store, &instance)
            .and_then(|guest| guest.call_run(&mut store, &outputs, context, parameters))
            .map_err(|error| classify(error, self.limits))?
            .map_err(abi::refusal)
    }

    fn start(&self) -> Result<(Store<Call>, component::Instance), CallError> {
        let fault = |error| classify(error, self.limits);
        let mut store = store(&self.engine, &self.name, self.limits)
            .map_err(|error| CallError::Internal(error.to_string()))?;
        let instance = self.instance.instantiate(&mut store).map_err(fault)?;
        Ok((store, instance))
    }
}

impl bindings::modelhost::plugin::types::Host for Call {}

impl logging::Host for Call {
    fn log(&mut self, level: logging::Level, mut message: String) -> wasmtime::Result<()> {
        let mut length = message.len().min(self.log_left);
        // The line itself costs too: a flood of short lines is a flood.
        self.log_left = self.log_left.saturating_sub(length + LOG_LINE_BYTES);
        while !message.is_char_boundary(length) {
            length -= 1;
        }
        message.truncate(length);
        if message.is_empty() {
            return Ok(());
        }
        let plugin = self.plugin.as_str();
        match level {
            logging::Level::Trace => tracing::trace!(plugin, "{message}"),
            logging::Level::Debug => tracing::debug!(plugin, "{message}"),
            logging::Level::Info => tracing::info!(plugin, "{message}"),
            logging::Level::Warn => tracing::warn!(plugin, "{message}"),
            logging::Level::Error => tracing::error!(plugin, "{message}"),
        }
        Ok(())
    }
}

fn engine(strategy: Strategy, slots: u32) -> Result<Engine, LoadError> {
    let mut config = Config::new();
    config
        .strategy(strategy)
        .wasm_component_model(true)
        .epoch_interruption(true)
        .memory_init_cow(true)
        .memory_guaranteed_dense_image_size(IMAGE_BYTES)
        .max_wasm_stack(512 << 10)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(slots)));
    Engine::new(&config)
        .or_else(|reason| {
            // The pool reserves address space that a constrained process may not have.
            tracing::warn!(reason = %format!("{reason:#}"), "no pool of plugin instances; calls are slower");
            config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
            Engine::new(&config)
        })
        .map_err(|error| LoadError::Host(format!("{error:#}")))
}

fn pool(slots: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .total_core_instances(slots * 64)
        .total_memories(slots)
        .total_tables(slots * 8)
        .max_core_instances_per_component(64)
        .max_memories_per_component(1)
        .max_tables_per_component(16)
        .max_memory_size(2 << 30)
        .table_elements(20_000)
        .max_component_instance_size(1 << 20)
        .max_core_instance_size(1 << 20)
        .max_unused_warm_slots(slots)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(KEEP_RESIDENT_BYTES)
        .pagemap_scan(Enabled::Auto);
    pool
}

fn linker(engine: &Engine) -> Result<Linker<Call>, LoadError> {
    let mut linker = Linker::new(engine);
    bindings::Processor::add_to_linker::<_, HasSelf<_>>(&mut linker, |call| call)
        .map_err(|error| LoadError::Host(format!("{error:#}")))?;
    Ok(linker)
}

fn store(engine: &Engine, plugin: &str, limits: Limits) -> Result<Store<Call>, LoadError> {
    let call = Call {
        plugin: plugin.to_owned(),
        limits: StoreLimitsBuilder::new()
            .memory_size(limits.memory_bytes)
            .instances(80)
            .memories(1)
            .tables(16)
            .table_elements(20_000)
            .trap_on_grow_failure(true)
            .build(),
        log_left: limits.log_bytes,
    };
    let mut store =
        Store::try_new(engine, call).map_err(|error| LoadError::Host(format!("{error:#}")))?;
    store.limiter(|call| &mut call.limits);
    store.set_hostcall_fuel(limits.output_bytes);
    store.set_epoch_deadline(ticks(limits.deadline));
    store.epoch_deadline_trap();
    Ok(store)
}

/// One more than the deadline has: the current tick is already under way.
fn ticks(deadline: Duration) -> u64 {
    u64::try_from(deadline.as_nanos() / TICK.as_nanos())
        .unwrap_or(u64::MAX - 1)
        .saturating_add(1)
        .min(u64::MAX / 2)
}

fn invalid(error: wasmtime::Error) -> LoadError {
    LoadError::Invalid(format!("{error:#}"))
}

fn classify(error: wasmtime::Error, limits: Limits) -> CallError {
    let text = format!("{error:#}");
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => CallError::Deadline(limits.deadline),
        Some(trap) => CallError::Trap(trap.to_string()),
        // wasmtime gives these two no type of their own.
        None if text.contains("fuel allocated for hostcalls") => {
            CallError::Output(limits.output_bytes)
        }
        None if text.contains("forcing trap when growing memory") => {
            CallError::Memory(limits.memory_bytes)
        }
        None => CallError::Internal(text),
    }
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
