//! The generated half of the contract.
//! Must not know anything: it is made from `plugins/wit`.

#![allow(missing_docs, unreachable_pub, reason = "generated from plugins/wit")]

wasmtime::component::bindgen!({
    world: "processor",
    path: "../plugins/wit",
    imports: { default: trappable },
});
