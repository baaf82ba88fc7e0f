//! The priority of a thread: requests come first.
//! Must not know what a thread does.

/// In steps of `nice`: under full load a thread of normal priority gets twenty-eight times the time of such a one.
const NICENESS: i32 = 15;

/// Makes the calling thread, and those that it starts from now on, yield to the others.
pub(crate) fn yield_to_others() {
    // On Linux this is the priority of one thread, by its id.
    let thread = rustix::thread::gettid();
    if let Err(error) = rustix::process::setpriority_process(Some(thread), NICENESS) {
        tracing::debug!(reason = %error, "a background thread has the priority of everyone");
    }
}

/// Processor time that the calling thread has used.
pub(crate) fn processor_time() -> std::time::Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
    std::time::Duration::new(seconds, nanos)
}
