//! How many threads a product takes: the one that asks for it. Requests are what runs side by side.
//! Must not know what is computed.

use std::cell::OnceCell;

thread_local! {
    static ALONE: OnceCell<Option<rayon::ThreadPool>> = const { OnceCell::new() };
}

/// Makes this thread a pool of its own, so that no work of it goes to the pool of the process.
pub(super) fn stay_on_this_thread() {
    if rayon::current_thread_index().is_some() {
        return;
    }
    ALONE.with(|alone| {
        alone.get_or_init(|| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1);
            pool.use_current_thread().build().ok()
        });
    });
}
