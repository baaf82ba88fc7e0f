//! The labels of a classifier; only whole numbers can be served.
//! Must not know how the class was chosen.

use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

#[derive(Debug)]
pub(super) struct Labels(Vec<i64>);

impl Labels {
    pub(super) fn of(node: &NodeProto, text: &str, numbers: &str) -> TractResult<Labels> {
        let has_text =
            |it: &&tract_onnx::pb::AttributeProto| it.name == text && !it.strings.is_empty();
        ensure!(
            node.attribute.iter().find(has_text).is_none(),
            "its labels are text, which is not supported; train the model on numbered classes and export it again"
        );
        Ok(Labels(node.get_attr_opt_vec(numbers)?.unwrap_or_default()))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The label of class `index`.
    pub(super) fn at(&self, index: usize) -> i64 {
        self.0.get(index).copied().unwrap_or(index as i64)
    }
}
