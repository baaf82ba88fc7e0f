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
