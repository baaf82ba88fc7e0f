//! Randomness for crates that insist on it, such as hash maps with random keys: always the same sequence.
//! Must never fail (such crates panic then) and never differ: the same calls must give the same bytes anywhere.
#![allow(
    unexpected_cfgs,
    reason = "the cfg is the crate getrandom's; plugins/build sets it"
)]

#[cfg(getrandom_backend = "custom")]
mod sequence {
    use std::sync::atomic::{AtomicU64, Ordering};

    /// The golden ratio in 64 bits: its multiples are spread evenly.
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

    static STATE: AtomicU64 = AtomicU64::new(STEP);

    /// Splitmix64: each step of a counter, mixed.
    fn next() -> u64 {
        let mut z = STATE.fetch_add(STEP, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// What the crate getrandom calls where its backend is `custom`.
    // SAFETY: of the attribute: getrandom reserves this name for whoever provides the backend, and only this crate does.
    #[allow(
        unsafe_code,
        reason = "getrandom finds its backend by the name of a symbol"
    )]
    #[unsafe(no_mangle)]
    unsafe extern "Rust" fn __getrandom_v03_custom(
        to: *mut u8,
        length: usize,
    ) -> Result<(), getrandom::Error> {
        for at in 0..length {
            let [byte, ..] = next().to_le_bytes();
            // SAFETY: getrandom hands over `length` bytes that may be written.
            unsafe { to.add(at).write(byte) };
        }
        Ok(())
    }
}
