//! The plugins inside the binary, and the files of a model's repo that each is granted where the manifest says nothing.
//! Must not know how they are run.

/// A plugin inside the binary.
#[derive(Debug)]
pub struct Bundled {
    /// As a manifest names it.
    pub name: &'static str,
    /// Its WebAssembly.
    pub wasm: &'static [u8],
    /// What it reads of a model's repo.
    pub assets: &'static [Wanted],
}

/// A file that a plugin reads where the repo has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its path in the repo.
    pub file: &'static str,
    /// Whether the plugin cannot do without.
    pub required: bool,
}

const fn needs(file: &'static str) -> Wanted {
    Wanted {
        file,
        required: true,
    }
}

const fn reads(file: &'static str) -> Wanted {
    Wanted {
        file,
        required: false,
    }
}

macro_rules! bundled {
    ($($name:literal: [$($asset:expr),*];)+) => {
        &[$(Bundled {
            name: $name,
            wasm: include_bytes!(concat!(env!("MODELHOST_BUNDLE"), "/", $name, ".wasm")),
            assets: &[$($asset),*],
        }),+]
    };
}

/// Every bundled plugin; no constant, whose bytes would be in the binary once for each user of it.
pub static BUNDLED: &[Bundled] = bundled! {
    "forecast-quantiles": [];
    "label-image": [reads("config.json")];
    "label-text": [reads("config.json")];
    "label-tokens": [reads("config.json")];
    "pool-embedding": [reads("modules.json"), reads("1_Pooling/config.json"), reads("config.json")];
    "resize-image": [reads("preprocessor_config.json"), reads("config.json")];
    "table-row": [reads("config.json")];
    "tokenize-text": [
        needs("tokenizer.json"),
        reads("tokenizer_config.json"),
        reads("config.json"),
        reads("sentence_bert_config.json")
    ];
    "window-series": [];
};

/// The bundled plugin called `name`.
pub fn bundled(name: &str) -> Option<&'static Bundled> {
    BUNDLED.iter().find(|bundled| bundled.name == name)
}
