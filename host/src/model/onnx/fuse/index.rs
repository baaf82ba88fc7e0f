//! Who makes and who takes each value of a graph, and which values never change.
//! Must not know what is fused.

use crate::model::onnx::lookup::{attribute, read_inside};
use std::collections::{HashMap, HashSet};
use tract_onnx::pb::{GraphProto, NodeProto, TensorProto};

const F32: i32 = 1;
const I64: i32 = 7;

/// Weights are unpacked in no more steps than these.
const MOST_STEPS: usize = 4;

/// What can be asked of a graph while patterns are looked for.
pub(super) struct Index<'a> {
    nodes: &'a [NodeProto],
    makers: HashMap<&'a str, usize>,
    takers: HashMap<&'a str, Vec<usize>>,
    constants: HashMap<&'a str, &'a TensorProto>,
    /// Values that are taken where no node of this graph is: its outputs, and what graphs inside it use.
    kept: HashSet<&'a str>,
}

impl<'a> Index<'a> {
    pub(super) fn of(graph: &'a GraphProto) -> Index<'a> {
        let mut index = Index {
            nodes: &graph.node,
            makers: HashMap::new(),
            takers: HashMap::new(),
            constants: HashMap::new(),
            kept: graph.output.iter().map(|it| it.name.as_str()).collect(),
        };
        for tensor in &graph.initializer {
            index.constants.insert(&tensor.name, tensor);
        }
        // An initializer that is an input too is only a default.
        for input in &graph.input {
            index.constants.remove(input.name.as_str());
        }
        for (at, node) in graph.node.iter().enumerate() {
            index.add(at, node);
        }
        index
    }

    fn add(&mut self, at: usize, node: &'a NodeProto) {
        for output in node.output.iter().filter(|it| !it.is_empty()) {
            self.makers.insert(output, at);
        }
        for input in node.input.iter().filter(|it| !it.is_empty()) {
            self.takers.entry(input).or_default().push(at);
        }
        read_inside(node, &mut |name| {
            self.kept.insert(name);
        });
        let Some(output) = node.output.first() else {
            return;
        };
        let value = match node.op_type.as_str() {
            "Constant" => attribute(node, "value").and_then(|it| it.t.as_ref()),
            "Identity" => node.input.first().and_then(|it| self.constant(it)),
            _ => None,
        };
        if let Some(value) = value {
            self.constants.insert(output, value);
        }
    }

    /// The nodes with their places.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (usize, &'a NodeProto)> + use<'a> {
        self.nodes.iter().enumerate()
    }

    /// The node that makes `name`, if it is one of ONNX's called `operator`.
    pub(super) fn maker(&self, name: &str, operator: &str) -> Option<&'a NodeProto> {
        self.made(name, operator).filter(|node| is_onnxs(node))
    }

    /// The node that makes `name`, if it is one of our own called `operator`.
    pub(super) fn made(&self, name: &str, operator: &str) -> Option<&'a NodeProto> {
        let maker = self.makers.get(name).map(|at| &self.nodes[*at]);
        maker.filter(|it| it.op_type == operator)
    }

    /// The node that takes `name`, and its place, if nothing else does.
    pub(super) fn only_taker(&self, name: &str) -> Option<(usize, &'a NodeProto)> {
        let [at] = self.takers.get(name)?.as_slice() else {
            return None;
        };
        (!self.kept.contains(name)).then(|| (*at, &self.nodes[*at]))
    }

    /// As [`Index::only_taker`], if that is one of ONNX's called `operator`.
    pub(super) fn only(&self, name: &str, operator: &str) -> Option<(usize, &'a NodeProto)> {
        self.only_taker(name).filter(|(_, node)| is(node, operator))
    }

    /// The nodes that take `name`, with their places; none if a value is taken elsewhere too.
    pub(super) fn takers(&self, name: &str) -> Vec<(usize, &'a NodeProto)> {
        let places = self.takers.get(name).filter(|_| !self.kept.contains(name));
        let places = places.into_iter().flatten();
        places.map(|at| (*at, &self.nodes[*at])).collect()
    }

    /// The value that `name` always has.
    pub(super) fn constant(&self, name: &str) -> Option<&'a TensorProto> {
        self.constants.get(name).copied()
    }

    /// The dims of what `name` always is, if that is of 32-bit numbers and has `rank`.
    pub(super) fn weights(&self, name: &str, rank: usize) -> Option<Vec<i64>> {
        let (dtype, dims) = self.fixed(name, MOST_STEPS)?;
        (dtype == F32 && dims.len() == rank).then_some(dims)
    }

    /// Dtype and dims of a constant, or of what is unpacked from constants in a few steps.
    fn fixed(&self, name: &str, steps: usize) -> Option<(i32, Vec<i64>)> {
        if let Some(value) = self.constant(name) {
            return Some((value.data_type, value.dims.clone()));
        }
        let node = &self.nodes[*self.makers.get(name)?];
        if steps == 0 || !is_onnxs(node) {
            return None;
        }
        let inputs = node.input.iter().filter(|it| !it.is_empty());
        let inputs: Option<Vec<_>> = inputs.map(|it| self.fixed(it, steps - 1)).collect();
        let inputs = inputs?;
        let (dtype, dims) = inputs.first()?.clone();
        match node.op_type.as_str() {
            "Cast" => Some((i32::try_from(attribute(node, "to")?.i).ok()?, dims)),
            "DequantizeLinear" => Some((inputs.get(1)?.0, dims)),
            "Div" | "Mul" | "Sub" => Some((dtype, broadcast(&dims, &inputs.get(1)?.1)?)),
            "Transpose" => {
                let axes = &attribute(node, "perm")?.ints;
                let dim = |axis: &i64| dims.get(usize::try_from(*axis).ok()?).copied();
                Some((dtype, axes.iter().map(dim).collect::<Option<_>>()?))
            }
            _ => None,
        }
    }

    /// The one number that `name` always is.
    pub(super) fn scalar(&self, name: &str) -> Option<f32> {
        let value = self.constant(name)?;
        if value.data_type != F32 || value.dims.iter().product::<i64>() != 1 {
            return None;
        }
        match value.float_data.first() {
            Some(number) => Some(*number),
            None => Some(f32::from_le_bytes(*value.raw_data.first_chunk()?)),
        }
    }

    /// The whole numbers that `name` always is.
    pub(super) fn integers(&self, name: &str) -> Option<Vec<i64>> {
        let value = self.constant(name).filter(|it| it.data_type == I64)?;
        if !value.int64_data.is_empty() {
            return Some(value.int64_data.clone());
        }
        let (numbers, _) = value.raw_data.as_chunks();
        Some(numbers.iter().map(|it| i64::from_le_bytes(*it)).collect())
    }

    /// Of the two inputs of `node`: the one that is a number, and the name of the other.
    pub(super) fn number_and_other(&self, node: &'a NodeProto) -> Option<(f32, &'a str)> {
        let [a, b] = node.input.as_slice() else {
            return None;
        };
        match (self.scalar(a), self.scalar(b)) {
            (Some(number), None) => Some((number, b)),
            (None, Some(number)) => Some((number, a)),
            _ => None,
        }
    }
}

/// The dims of two constants together.
fn broadcast(a: &[i64], b: &[i64]) -> Option<Vec<i64>> {
    let (long, short) = if a.len() < b.len() { (b, a) } else { (a, b) };
    let missing = long.len() - short.len();
    let pairs = long
        .iter()
        .zip(std::iter::repeat_n(&1, missing).chain(short));
    let dim = |(a, b): (&i64, &i64)| match (*a, *b) {
        (a, b) if a == b || b == 1 => Some(a),
        (1, b) => Some(b),
        _ => None,
    };
    pairs.map(dim).collect()
}

/// Whether `node` is ONNX's operator of that name.
pub(super) fn is(node: &NodeProto, operator: &str) -> bool {
    node.op_type == operator && is_onnxs(node)
}

fn is_onnxs(node: &NodeProto) -> bool {
    ["", "ai.onnx"].contains(&node.domain.as_str())
}

/// The other of two inputs.
pub(super) fn other<'a>(node: &'a NodeProto, name: &str) -> Option<&'a str> {
    match node.input.as_slice() {
        [a, b] if a == name && b != name => Some(b),
        [a, b] if b == name && a != name => Some(a),
        _ => None,
    }
}
