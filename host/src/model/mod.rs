//! A model: an ONNX file with a signature, run on tensors.
//! Must not know where the file came from, nor what its tensors mean.

mod onnx;
mod signature;

pub use onnx::{Error, File, Model, PlanCost};
pub use signature::{Dim, Mismatch, Port, Signature};
