//! How many threads a run takes: the one that asks for it, or a pool that waits for the requests that are worth it.
//! Must not know what is computed.

use rayon::prelude::*;
use std::cell::OnceCell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Rows that a product computes together.
const TILE: usize = 6;

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
            return pool.install(|| awake(work));
        }
    }
    stay_on_this_thread();
    work()
}

/// Whether work that is divided is done by several threads.
fn are_several() -> bool {
    rayon::current_thread_index().is_some() && rayon::current_num_threads() > 1
}

/// Does `work` on pieces of `size` of `all`, numbered from 0, on several threads where they are at hand.
pub(super) fn in_pieces<T: Send, E: Send>(
    all: &mut [T],
    size: usize,
    work: impl Fn(usize, &mut [T]) -> Result<(), E> + Sync,
) -> Result<(), E> {
    if all.len() > size && are_several() {
        let pieces = all.par_chunks_mut(size).enumerate();
        return pieces.try_for_each(|(index, piece)| work(index, piece));
    }
    let mut pieces = all.chunks_mut(size).enumerate();
    pieces.try_for_each(|(index, piece)| work(index, piece))
}

/// Of so many `rows`, how many each of the threads at hand takes, no more than `most`.
pub(super) fn share(rows: usize, most: usize) -> usize {
    if !are_several() {
        return most;
    }
    let fair = rows.div_ceil(rayon::current_num_threads());
    fair.next_multiple_of(TILE).min(most)
}

/// Does `work` while the other threads of the pool stay awake: there is something for them every few microseconds, and to wake
/// one takes longer.
fn awake<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let is_over = AtomicBool::new(false);
    let others = rayon::current_num_threads() - 1;
    rayon::scope(|scope| {
        for _ in 0..others {
            scope.spawn(|_| {
                while !is_over.load(Ordering::Acquire) {
                    if rayon::yield_now() != Some(rayon::Yield::Executed) {
                        std::hint::spin_loop();
                    }
                }
            });
        }
        let over = Over(&is_over);
        let done = work();
        drop(over);
        done
    })
}

/// Ends the wait of others, also where the work panics.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}
