//! How long freed memory is kept.
//! Must not know who frees it.
#![allow(
    unsafe_code,
    reason = "the allocator's option is set through its C interface"
)]

use std::ffi::c_long;

/// `mi_option_purge_delay` of mimalloc 2, which the bindings do not name.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Milliseconds. Of the default, 10, a model of 90 MB that takes 50 ms for a batch pays a twentieth of its time for pages
/// that it had a moment ago.
const DELAY: c_long = 1000;

/// Keeps what is freed for a moment: the next request needs as much.
pub fn keep_freed_memory() {
    // SAFETY: the option takes any number, and the allocator reads it atomically.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, DELAY) }
}

/// Gives back what this thread has freed: a load takes several times what its model needs.
pub fn give_back_freed_memory() {
    // SAFETY: it may be called at any time, and touches only what is free.
    unsafe { libmimalloc_sys::mi_collect(true) }
}
