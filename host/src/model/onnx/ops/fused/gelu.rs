//! GELU where no product comes before it.
//! Must not know where its input comes from.

use super::activation::Activation;
use crate::model::onnx::kernel::{Built, Kernel, operator, required, required_f32};
use crate::model::onnx::output::filled;
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

/// Numbers that stay in the nearest cache between being copied and changed.
const PIECE: usize = 4096;

#[derive(Debug)]
struct Alone(Activation);

pub(crate) fn gelu(_context: &ParsingContext, node: &NodeProto) -> Built {
    let activation = match node.get_attr::<&str>("form")? {
        "tanh" => Activation::GeluTanh,
        _ => Activation::Gelu,
    };
    operator(node, Alone(activation))
}

impl Kernel for Alone {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        Ok(vec![required_f32(inputs, 0)?.without_value()])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let input = required(inputs, 0)?;
        let view = input.try_as_plain_ram()?;
        let numbers = view.as_slice::<f32>()?;
        let output = filled(input.shape(), PIECE, |index, piece| {
            let from = &numbers[index * PIECE..][..piece.len()];
            let piece = piece.write_copy_of_slice(from);
            self.0.apply(piece);
            Ok(piece)
        });
        Ok(vec![output?])
    }
}
