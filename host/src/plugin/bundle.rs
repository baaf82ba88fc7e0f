//! The plugins inside the binary.
//! Must not know how they are run.

/// Name and WebAssembly of each bundled plugin.
pub const BUNDLED: &[(&str, &[u8])] = &[
    (
        "forecast-quantiles",
        include_bytes!(concat!(
            env!("MODELHOST_BUNDLE"),
            "/forecast-quantiles.wasm"
        )),
    ),
    (
        "window-series",
        include_bytes!(concat!(env!("MODELHOST_BUNDLE"), "/window-series.wasm")),
    ),
];

/// The WebAssembly of the bundled plugin called `name`.
pub fn bundled(name: &str) -> Option<&'static [u8]> {
    BUNDLED
        .iter()
        .find(|(bundled, _)| *bundled == name)
        .map(|(_, wasm)| *wasm)
}
