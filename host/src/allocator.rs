//! How long memory is kept that is freed, or that holds code which has run.
//! Must not know who frees it.
#![allow(
    unsafe_code,
    reason = "the allocator's option is set through its C interface, and advice is given about addresses"
)]

use rustix::mm::{Advice, madvise};
use std::ffi::{c_long, c_void};
use std::ops::Range;

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

/// Gives back the pages of the program's code: those that a load took are not needed to answer, and the others are
/// in the page cache, from where they come back without being read.
pub fn give_back_code() {
    for code in code() {
        let start = std::ptr::with_exposed_provenance_mut::<c_void>(code.start);
        // SAFETY: code is mapped privately from its file and is written by nobody, so its pages come back as they were.
        let advised = unsafe { madvise(start, code.len(), Advice::LinuxDontNeed) };
        // It only stays in memory.
        advised.ok();
    }
}

/// Where the program's own code is mapped.
fn code() -> Vec<Range<usize>> {
    let (Ok(program), Ok(maps)) = (
        std::env::current_exe(),
        std::fs::read_to_string("/proc/self/maps"),
    ) else {
        return Vec::new();
    };
    let mapped = |line: &str| {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next()?, words.next()?);
        let is_own = line.ends_with(program.to_str()?);
        let (start, end) = range.split_once('-')?;
        let address = |hex| usize::from_str_radix(hex, 16).ok();
        (is_own && rights == "r-xp").then_some(address(start)?..address(end)?)
    };
    maps.lines().filter_map(mapped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_that_was_given_back_runs_on() {
        let code = code();
        let here = code_that_was_given_back_runs_on as fn() as usize;
        assert!(code.iter().any(|range| range.contains(&here)), "{code:?}");
        give_back_code();
        assert_eq!(super::code(), code);
    }
}
