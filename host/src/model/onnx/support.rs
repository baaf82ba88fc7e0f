//! What is refused before tract sees it, because tract would fail in words of its own or answer wrongly.
//! Must not know signatures or plans.

use super::lookup::{attribute, maker};
use super::ops;
use tract_onnx::model::OnnxOpRegister;
use tract_onnx::pb::{GraphProto, ModelProto, NodeProto};

/// The newest opset whose operators are run as they are meant.
const NEWEST: i64 = 23;

/// What onnxruntime's own domain says of operators that are known under its names.
const MICROSOFT: &[&str] = &[
    "BiasGelu",
    "DequantizeLinear",
    "FastGelu",
    "GatherBlockQuantized",
    "Gelu",
    "GroupQueryAttention",
    "MatMulNBits",
    "MultiHeadAttention",
    "QuantizeLinear",
    "QuickGelu",
    "SkipLayerNormalization",
    "SkipSimplifiedLayerNormalization",
];

const ML: &[&str] = &[
    "ArrayFeatureExtractor",
    "Binarizer",
    "CategoryMapper",
    "FeatureVectorizer",
    "Imputer",
    "LabelEncoder",
    "LinearClassifier",
    "LinearRegressor",
    "Normalizer",
    "OneHotEncoder",
    "SVMClassifier",
    "SVMRegressor",
    "Scaler",
    "TreeEnsemble",
    "TreeEnsembleClassifier",
    "TreeEnsembleRegressor",
];

/// Why `model` is not run, if so.
pub(super) fn refusal(model: &ModelProto) -> Option<String> {
    let opset = opset(model, "");
    if opset > NEWEST {
        return Some(format!(
            "the model is of ONNX opset {opset}, the newest supported is {NEWEST}; export it again with opset {NEWEST} or lower"
        ));
    }
    let mut known = tract_onnx::onnx().op_register;
    ops::register(&mut known);
    let graph = model.graph.as_ref()?;
    if let Some(output) = graph.output.iter().find(|it| !is_made(graph, &it.name)) {
        return Some(format!("no node makes the output `{}`", output.name));
    }
    of_graph(model, graph, &known)
}

/// Whether tract keeps symbols in an operator of `graph` that it should have filled in.
pub(super) fn keeps_symbols(graph: &GraphProto) -> bool {
    let gives_places = |node: &NodeProto| node.op_type == "MaxPool" && node.output.len() > 1;
    graph.node.iter().any(gives_places)
}

fn is_made(graph: &GraphProto, name: &str) -> bool {
    maker(graph, name).is_some()
        || graph.input.iter().any(|it| it.name == name)
        || graph.initializer.iter().any(|it| it.name == name)
}

fn of_graph(model: &ModelProto, graph: &GraphProto, known: &OnnxOpRegister) -> Option<String> {
    graph
        .node
        .iter()
        .find_map(|node| of_node(model, node, known))
}

fn of_node(model: &ModelProto, node: &NodeProto, known: &OnnxOpRegister) -> Option<String> {
    let name = node.op_type.as_str();
    let is_known = match node.domain.as_str() {
        "" | "ai.onnx" => known.0.contains_key(name) && !ML.contains(&name),
        "ai.onnx.ml" => ML.contains(&name),
        "com.microsoft" => MICROSOFT.contains(&name),
        _ => false,
    };
    let opset = opset(model, &node.domain);
    if !is_known {
        let domain = match node.domain.as_str() {
            "" => "ai.onnx",
            domain => domain,
        };
        return Some(format!(
            "{} uses the operator `{name}` (domain `{domain}`, opset {opset}), which is not supported",
            called(node)
        ));
    }
    if let Some(what) = wrong(node, opset) {
        return Some(format!(
            "{} uses `{name}` with {what}, which is not supported",
            called(node)
        ));
    }
    let inner = node.attribute.iter();
    inner
        .filter_map(|attribute| attribute.g.as_ref())
        .find_map(|graph| of_graph(model, graph, known))
}

/// What tract would run otherwise than ONNX means it.
fn wrong(node: &NodeProto, opset: i64) -> Option<String> {
    let attribute = |name: &str| attribute(node, name);
    let is_set = |name: &str| attribute(name).is_some_and(|it| it.i != 0);
    let is = |name: &str, text: &str| attribute(name).is_some_and(|it| it.s == text.as_bytes());
    let named = |name: &str| Some(format!("`{name}`"));
    match node.op_type.as_str() {
        "Add" | "And" | "Div" | "Equal" | "Greater" | "Less" | "Mul" | "Or" | "Pow" | "Sub"
        | "Xor"
            if attribute("axis").is_some() =>
        {
            Some("`axis` (opset 6 and below)".to_owned())
        }
        "Attention" if is_set("is_causal") && node.input.len() > 4 => {
            Some("`is_causal` and a past".to_owned())
        }
        "BatchNormalization" if is_set("training_mode") => named("training_mode"),
        "DequantizeLinear" | "QuantizeLinear" if is_set("precision") => named("precision"),
        "DequantizeLinear" if is_set("output_dtype") => named("output_dtype"),
        "AveragePool" | "LpPool" | "MaxPool" if is_same(node) && is_dilated(node) => {
            Some("`dilations` and `auto_pad`".to_owned())
        }
        "AveragePool" | "LpPool" | "MaxPool" if is_same(node) && skips(node) => {
            Some("`auto_pad` and strides beyond its kernel".to_owned())
        }
        "Einsum" if attribute("equation").is_some_and(|it| is_uneven(&it.s)) => {
            Some("`...` in some operands only".to_owned())
        }
        "MaxPool" if is_set("ceil_mode") && is("auto_pad", "VALID") && node.output.len() > 1 => {
            Some("`ceil_mode` and a second output".to_owned())
        }
        "Pad" if is("mode", "wrap") => Some("the mode `wrap`".to_owned()),
        "Pad" if attribute("paddings").is_some() => named("paddings"),
        "Resize" if is("coordinate_transformation_mode", "align_corners") => {
            let others = [
                "antialias",
                "axes",
                "exclude_outside",
                "keep_aspect_ratio_policy",
            ];
            let other = others.into_iter().find(|name| is_other(node, name))?;
            Some(format!("`align_corners` and `{other}`"))
        }
        "Scan" if opset < 9 => Some(format!("the meaning of opset {opset}")),
        _ => None,
    }
}

fn opset(model: &ModelProto, domain: &str) -> i64 {
    let same = |other: &str| other == domain || (domain.is_empty() && other == "ai.onnx");
    let found = model.opset_import.iter().find(|it| same(&it.domain));
    found.map_or(1, |it| it.version)
}

/// How a node is spoken of.
fn called(node: &NodeProto) -> String {
    match node.output.first() {
        _ if !node.name.is_empty() => format!("node `{}`", node.name),
        Some(output) => format!("the node that makes `{output}`"),
        None => "a node without a name".to_owned(),
    }
}

fn numbers<'a>(node: &'a NodeProto, name: &str) -> &'a [i64] {
    attribute(node, name).map_or(&[], |it| &it.ints)
}

fn is_dilated(node: &NodeProto) -> bool {
    numbers(node, "dilations").iter().any(|by| *by != 1)
}

fn is_same(node: &NodeProto) -> bool {
    attribute(node, "auto_pad").is_some_and(|it| it.s.starts_with(b"SAME"))
}

/// Whether an equation has an ellipsis in one operand and none in another: tract would sum over what it stands for.
fn is_uneven(equation: &[u8]) -> bool {
    let equation = String::from_utf8_lossy(equation);
    let operands = equation.split("->").next().unwrap_or_default().split(',');
    let has: Vec<bool> = operands.map(|operand| operand.contains('.')).collect();
    has.contains(&true) && has.contains(&false)
}

/// Whether an attribute is there and says other than its default.
fn is_other(node: &NodeProto, name: &str) -> bool {
    let given = attribute(node, name);
    given.is_some_and(|it| {
        let says = !it.s.is_empty() && it.s != b"stretch"[..];
        it.i != 0 || !it.ints.is_empty() || says
    })
}

/// Whether windows leave something out between them.
fn skips(node: &NodeProto) -> bool {
    let kernel = numbers(node, "kernel_shape").iter();
    let mut pairs = kernel.zip(numbers(node, "strides"));
    pairs.any(|(size, stride)| size < stride)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tract_onnx::pb::{AttributeProto, OperatorSetIdProto};

    fn node(name: &str, domain: &str, attributes: &[(&str, i64)]) -> NodeProto {
        let attribute = |(name, value): &(&str, i64)| AttributeProto {
            name: (*name).to_owned(),
            i: *value,
            ..AttributeProto::default()
        };
        NodeProto {
            name: "n".to_owned(),
            op_type: name.to_owned(),
            domain: domain.to_owned(),
            attribute: attributes.iter().map(attribute).collect(),
            ..NodeProto::default()
        }
    }

    fn said(opset: i64, node: NodeProto) -> Option<String> {
        let import = |(domain, version): (&str, i64)| OperatorSetIdProto {
            domain: domain.to_owned(),
            version,
        };
        refusal(&ModelProto {
            opset_import: [("", opset), ("ai.onnx.ml", 3)].map(import).to_vec(),
            graph: Some(GraphProto {
                node: vec![node],
                ..GraphProto::default()
            }),
            ..ModelProto::default()
        })
    }

    #[test]
    fn an_unknown_operator_is_named_with_its_domain_and_opset() {
        assert_eq!(
            said(17, node("DictVectorizer", "ai.onnx.ml", &[])).as_deref(),
            Some(
                "node `n` uses the operator `DictVectorizer` (domain `ai.onnx.ml`, opset 3), which is not supported"
            )
        );
    }

    #[test]
    fn an_operator_of_another_domain_is_not_taken_for_onnxs() {
        assert_eq!(said(17, node("Relu", "", &[])), None);
        let text = said(17, node("Relu", "acme", &[])).expect("refused");
        assert!(text.contains("`Relu` (domain `acme`, opset 1)"), "{text}");
    }

    #[test]
    fn a_newer_opset_is_refused_with_what_to_do() {
        let text = said(25, node("Relu", "", &[])).expect("refused");
        assert!(
            text.contains("export it again with opset 23 or lower"),
            "{text}"
        );
    }

    #[test]
    fn an_attribute_that_would_be_ignored_is_refused() {
        let text = said(17, node("BatchNormalization", "", &[("training_mode", 1)]));
        assert_eq!(
            text.as_deref(),
            Some("node `n` uses `BatchNormalization` with `training_mode`, which is not supported")
        );
    }

    #[test]
    fn an_ellipsis_that_some_operands_lack_is_refused() {
        let einsum = |equation: &str| {
            let mut node = node("Einsum", "", &[("equation", 0)]);
            node.attribute[0].s = equation.as_bytes().to_vec();
            said(17, node)
        };
        let text = einsum("...d,de->...e").expect("refused");
        assert!(text.contains("`Einsum` with `...` in some operands only"));
        for even in [
            "...ij,...jk->...ik",
            "ij,jk->ik",
            "...ii->...i",
            "...d,...d",
        ] {
            assert_eq!(einsum(even), None);
        }
    }
}
