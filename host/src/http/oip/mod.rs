//! The Open Inference Protocol, version 2, with Triton's extensions for binary data, model configuration, statistics and the repository.
//! Must not know the stages; what a refusal says is in its own form, `{"error"}`.
//!
//! The protocol: <https://github.com/kserve/open-inference-protocol>; the extensions are those of Triton's documentation.

mod datatype;
mod elements;
mod infer;
mod metadata;
mod repository;
mod request;
mod response;
mod version;

pub(super) use infer::infer;
pub(super) use metadata::{config, live, model, model_ready, ready, server, statistics};
pub(super) use repository::{act, index};

use crate::tensor::Dtype;

/// The protocol's name of `dtype`.
pub(super) fn datatype_name(dtype: Dtype) -> &'static str {
    datatype::name(dtype)
}

/// All names of element types.
pub(super) fn datatype_names() -> Vec<&'static str> {
    datatype::ALL.map(datatype::name).to_vec()
}
