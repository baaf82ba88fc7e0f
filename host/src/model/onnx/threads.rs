//! How many threads a run takes: the one that asks for it, or a pool that waits for the requests that are worth it.
//! Must not know what is computed.

use std::cell::OnceCell;
use std::sync::OnceLock;

thread_local! {
    static ALONE: OnceCell<Option<rayon::ThreadPool>> = const { OnceCell::new() };
}

/// Made at the first run that takes more than one thread.
static POOL: OnceLock<Option<rayon::ThreadPool>> = OnceLock::new();

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

/// Does `work` on this thread, or with several `threads` at hand. How many there are is decided by the first call that wants
/// more than one.
pub(super) fn on<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    if threads > 1 {
        let pool = POOL.get_or_init(|| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let pool = pool.thread_name(|index| format!("run-{index}"));
            pool.build().ok()
        });
        if let Some(pool) = pool {
            return pool.install(work);
        }
    }
    stay_on_this_thread();
    work()
}
