//! How the engines are set up, and what they may hold.
//! Must not know plugins.

use crate::plugin::LoadError;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Strategy,
};

/// Pages that an instance dirtied and that stay resident for the next one.
const KEEP_RESIDENT_BYTES: usize = 4 << 20;
/// Must cover the memory image of a plugin that holds a tokenizer.
const IMAGE_BYTES: u64 = 64 << 20;

pub(super) fn start(strategy: Strategy, slots: u32) -> Result<Engine, LoadError> {
    let mut config = Config::new();
    config
        .strategy(strategy)
        .wasm_component_model(true)
        .epoch_interruption(true)
        .memory_init_cow(true)
        .memory_guaranteed_dense_image_size(IMAGE_BYTES)
        .max_wasm_stack(512 << 10)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(slots)));
    // Optimised code is made behind the requests: one thread of that is enough.
    config.parallel_compilation(strategy == Strategy::Winch);
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

pub(super) fn invalid(error: wasmtime::Error) -> LoadError {
    LoadError::Invalid(format!("{error:#}"))
}
