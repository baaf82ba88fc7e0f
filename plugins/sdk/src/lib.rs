//! What a plugin author needs: implement [`Plugin`] and [`Preprocess`] or [`Postprocess`], then call one macro.
//! Knows nothing of any model, task or host; the contract is `plugins/wit/plugin.wit`.
//!
//! ```
//! use modelhost_plugin::{
//!     Assets, Description, Plugin, Prepared, Preprocess, Request, Result,
//!     Signature, Tensor, json,
//! };
//!
//! #[derive(serde::Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Scale {
//!     factor: f32,
//! }
//!
//! #[derive(serde::Deserialize)]
//! struct Body {
//!     inputs: Vec<f32>,
//! }
//!
//! impl Plugin for Scale {
//!     fn init(config: &str, _assets: Assets, _model: &Signature) -> Result<(Self, Description)> {
//!         Ok((json::config(config)?, Description::default()))
//!     }
//! }
//!
//! impl Preprocess for Scale {
//!     fn run(&self, request: Request) -> Result<Prepared> {
//!         let body: Body = request.json()?;
//!         let row: Vec<f32> = body.inputs.iter().map(|x| x * self.factor).collect();
//!         Ok(Prepared::new([("x", Tensor::f32(&[1, row.len()], row))]))
//!     }
//! }
//!
//! modelhost_plugin::preprocessor!(Scale);
//! # fn main() {}
//! ```

mod bytes;
pub mod classes;
pub mod classification;
pub mod error;
pub mod float;
pub mod forecast;
pub mod json;
pub mod labels;
pub mod log;
pub mod output;
pub mod plugin;
pub mod scores;
pub mod signature;
pub mod tensor;
pub mod text;

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod guest;
#[cfg(target_arch = "wasm32")]
mod random;

pub use error::{Error, Invalid, Result};
pub use plugin::{Asset, Assets, Description, Plugin, Postprocess, Prepared, Preprocess, Request};
pub use signature::{Port, Signature};
pub use tensor::{Data, Element, Tensor, Tensors, View};

/// Exports a type that is [`Plugin`] and [`Preprocess`] as the world `preprocessor`.
///
/// Call it once, in the crate's root. Natively it expands to nothing.
#[macro_export]
macro_rules! preprocessor {
    ($plugin:ty) => {
        $crate::export_stages!($plugin, preprocess);
    };
}

/// Exports a type that is [`Plugin`] and [`Postprocess`] as the world `postprocessor`.
///
/// Call it once, in the crate's root. Natively it expands to nothing.
#[macro_export]
macro_rules! postprocessor {
    ($plugin:ty) => {
        $crate::export_stages!($plugin, postprocess);
    };
}

/// Exports a type that is [`Plugin`], [`Preprocess`] and [`Postprocess`] as the world `processor`.
///
/// Call it once, in the crate's root. Natively it expands to nothing.
#[macro_export]
macro_rules! processor {
    ($plugin:ty) => {
        $crate::export_stages!($plugin, preprocess, postprocess);
    };
}

/// The body of the three macros above: one static, and functions that forward to it.
#[doc(hidden)]
#[macro_export]
macro_rules! export_stages {
    ($plugin:ty, $($stage:ident),+) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            static PLUGIN: $crate::guest::Slot<$plugin> = $crate::guest::Slot::new();

            struct Component;
            $crate::export_stage!(Component, lifecycle);
            $($crate::export_stage!(Component, $stage);)+
        };
    };
}

/// Forwards one exported interface to the glue.
#[doc(hidden)]
#[macro_export]
macro_rules! export_stage {
    ($component:ident, lifecycle) => {
        impl $crate::guest::lifecycle::exports::modelhost::plugin::lifecycle::Guest for $component {
            fn init(
                config_json: ::std::string::String,
                assets: ::std::vec::Vec<$crate::guest::types::Asset>,
                model: $crate::guest::types::Signature,
            ) -> ::core::result::Result<$crate::guest::types::Description, $crate::guest::types::Error> {
                PLUGIN.init(&config_json, assets, model)
            }
        }
        $crate::guest::lifecycle::export!($component with_types_in $crate::guest::lifecycle);
    };
    ($component:ident, preprocess) => {
        impl $crate::guest::preprocess::exports::modelhost::plugin::preprocess::Guest for $component {
            fn run(
                request: $crate::guest::Request,
            ) -> ::core::result::Result<$crate::guest::Prepared, $crate::guest::types::Error> {
                PLUGIN.preprocess(request)
            }
        }
        $crate::guest::preprocess::export!($component with_types_in $crate::guest::preprocess);
    };
    ($component:ident, postprocess) => {
        impl $crate::guest::postprocess::exports::modelhost::plugin::postprocess::Guest for $component {
            fn run(
                outputs: ::std::vec::Vec<$crate::guest::types::NamedTensor>,
                context: ::std::vec::Vec<u8>,
                parameters: ::std::string::String,
            ) -> ::core::result::Result<::std::string::String, $crate::guest::types::Error> {
                PLUGIN.postprocess(outputs, &context, &parameters)
            }
        }
        $crate::guest::postprocess::export!($component with_types_in $crate::guest::postprocess);
    };
}
