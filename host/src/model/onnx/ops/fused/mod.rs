//! The operators that stand for several: products with packed weights, attention, normalisation, GELU.
//! Must not know patterns. The only folder that names rten.

mod activation;
mod attention;
mod gelu;
mod head;
mod linear;
mod norm;
mod quantise;
mod quantised;
mod rows;
mod sum;

/// The names that they go by in a rewritten graph.
pub(in crate::model::onnx) const ATTENTION: &str = "modelhost.Attention";
pub(in crate::model::onnx) const FUSED_GELU: &str = "modelhost.FusedGelu";
pub(in crate::model::onnx) const LINEAR: &str = "modelhost.Linear";
pub(in crate::model::onnx) const NORM: &str = "modelhost.Norm";
pub(in crate::model::onnx) const QUANTISED: &str = "modelhost.QuantisedLinear";
pub(in crate::model::onnx) const SUM: &str = "modelhost.Sum";

pub(super) use self::attention::attention;
pub(super) use self::gelu::gelu;
pub(super) use self::linear::linear;
pub(super) use self::norm::norm;
pub(super) use self::quantise::{quantised, range};
pub(in crate::model::onnx) use self::quantised::is_exact;
pub(super) use self::quantised::linear as quantised_linear;
pub(super) use self::sum::sum;
