//! NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss, which graphs exported with their training loss end in.
//! Must not know what the classes are.

use super::log_softmax::log_softmax_of;
use crate::model::onnx::kernel::{Built, Kernel, operator, required, required_f32};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

#[derive(Debug, PartialEq)]
enum Reduction {
    None,
    Sum,
    Mean,
}

#[derive(Debug)]
struct Loss {
    reduction: Reduction,
    ignored: Option<i64>,
    /// Whether scores come as they are, rather than as log probabilities.
    raw: bool,
}

impl Loss {
    fn of(node: &NodeProto, raw: bool) -> TractResult<Loss> {
        let reduction: Option<&str> = node.get_attr_opt("reduction")?;
        Ok(Loss {
            reduction: match reduction.unwrap_or("mean") {
                "none" => Reduction::None,
                "sum" => Reduction::Sum,
                "mean" => Reduction::Mean,
                other => bail!("its reduction `{other}` is not known"),
            },
            ignored: node.get_attr_opt("ignore_index")?,
            raw,
        })
    }
}

pub(super) fn negative_log_likelihood(_context: &ParsingContext, node: &NodeProto) -> Built {
    operator(node, Loss::of(node, false)?)
}

pub(super) fn softmax_cross_entropy(_context: &ParsingContext, node: &NodeProto) -> Built {
    operator(node, Loss::of(node, true)?)
}

impl Kernel for Loss {
    fn facts(&self, inputs: &[Option<TypedFact>]) -> TractResult<Vec<TypedFact>> {
        let scores = required_f32(inputs, 0)?;
        let loss = match self.reduction {
            Reduction::None => f32::fact(required(inputs, 1)?.shape.clone()),
            Reduction::Sum | Reduction::Mean => f32::fact([0; 0]),
        };
        Ok(vec![loss, scores.without_value()])
    }

    fn run(&self, inputs: &[Option<&Tensor>]) -> TractResult<Vec<Tensor>> {
        let scores = *required(inputs, 0)?;
        let logs = if self.raw {
            log_softmax_of(scores, 1, false)?
        } else {
            scores.clone()
        };
        let classes = *scores
            .shape()
            .get(1)
            .context("its scores have no axis of classes")?;
        let inner: usize = scores.shape()[2..].iter().product();
        let targets = required(inputs, 1)?.cast_to::<i64>()?;
        let shape = targets.shape().to_vec();
        let targets = targets.try_as_plain_ram()?.as_slice::<i64>()?.to_vec();
        let weights = match inputs.get(2).copied().flatten() {
            Some(weights) => weights.try_as_plain_ram()?.as_slice::<f32>()?.to_vec(),
            None => vec![1.0; classes],
        };
        ensure!(
            weights.len() == classes,
            "{} weights for {classes} classes",
            weights.len()
        );
        let values = logs.try_as_plain_ram()?.as_slice::<f32>()?.to_vec();
        ensure!(
            targets.len() * classes == values.len(),
            "its targets do not fit its scores"
        );
        let (mut losses, mut total) = (Vec::new(), 0.0);
        for (at, target) in targets.into_iter().enumerate() {
            if self.ignored == Some(target) {
                losses.push(0.0);
                continue;
            }
            let class = usize::try_from(target)
                .ok()
                .filter(|class| *class < classes);
            let class = class.with_context(|| format!("{target} is none of {classes} classes"))?;
            let (outer, inside) = (at / inner, at % inner);
            total += weights[class];
            losses.push(-values[(outer * classes + class) * inner + inside] * weights[class]);
        }
        let loss = match self.reduction {
            Reduction::None => Tensor::from_shape(&shape, &losses)?,
            Reduction::Sum => tensor0(losses.iter().sum::<f32>()),
            Reduction::Mean => tensor0(losses.iter().sum::<f32>() / total),
        };
        Ok(vec![loss, logs])
    }
}
