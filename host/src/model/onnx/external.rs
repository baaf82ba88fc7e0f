//! Tensors whose data lie in files beside the model, and filling them in.
//! Must not know where those files come from; offsets are bytes, as ONNX's `external_data` says them.

use tract_onnx::pb::{GraphProto, ModelProto, TensorProto};

/// `TensorProto.DataLocation.EXTERNAL`
const EXTERNAL: i32 = 1;

/// The files that hold data of `proto`, each once, with the bytes that lie in all of them together.
pub(super) fn files(proto: &mut ModelProto) -> (Vec<String>, u64) {
    let (mut files, mut bytes) = (Vec::new(), 0u64);
    each(proto, &mut |tensor| {
        bytes = bytes.saturating_add(said(tensor, "length").unwrap_or(0));
        let file = location(tensor);
        if !files.contains(&file) {
            files.push(file);
        }
    });
    (files, bytes)
}

/// Gives the tensors of `proto` that lie in `file` their data.
pub(super) fn fill(proto: &mut ModelProto, file: &str, data: &[u8]) -> Result<(), String> {
    let mut outcome = Ok(());
    each(proto, &mut |tensor| {
        if location(tensor) != file {
            return;
        }
        let start = said(tensor, "offset").unwrap_or(0);
        let size = data.len() as u64;
        let length = said(tensor, "length").unwrap_or(size.saturating_sub(start));
        let end = start.saturating_add(length);
        let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
        match range.and_then(|(start, end)| data.get(start..end)) {
            Some(data) => {
                tensor.raw_data = data.to_vec();
                tensor.data_location = None;
                tensor.external_data.clear();
            }
            None => {
                outcome = Err(format!(
                    "`{}` lies at the bytes {start} to {end} of `{file}`, which has {size}; one of the two files is damaged or of another export",
                    tensor.name
                ));
            }
        }
    });
    outcome
}

fn location(tensor: &TensorProto) -> String {
    let mut said = tensor.external_data.iter();
    let entry = said.find(|entry| entry.key == "location");
    entry.map_or_else(String::new, |entry| entry.value.clone())
}

fn said(tensor: &TensorProto, key: &str) -> Option<u64> {
    let mut said = tensor.external_data.iter();
    said.find(|entry| entry.key == key)?.value.parse().ok()
}

/// Every tensor whose data lie elsewhere, those of inner graphs and of attributes included.
fn each(proto: &mut ModelProto, see: &mut dyn FnMut(&mut TensorProto)) {
    proto.graph.iter_mut().for_each(|graph| within(graph, see));
    let functions = proto.functions.iter_mut();
    for node in functions.flat_map(|function| function.node.iter_mut()) {
        of_attributes(node, see);
    }
}

fn within(graph: &mut GraphProto, see: &mut dyn FnMut(&mut TensorProto)) {
    let weights = graph.initializer.iter_mut();
    weights.filter(|it| is_elsewhere(it)).for_each(&mut *see);
    for node in &mut graph.node {
        of_attributes(node, see);
    }
}

fn of_attributes(node: &mut tract_onnx::pb::NodeProto, see: &mut dyn FnMut(&mut TensorProto)) {
    for attribute in &mut node.attribute {
        let tensors = attribute.t.iter_mut().chain(&mut attribute.tensors);
        tensors.filter(|it| is_elsewhere(it)).for_each(&mut *see);
        let graphs = attribute.g.iter_mut().chain(&mut attribute.graphs);
        graphs.for_each(|graph| within(graph, see));
    }
}

fn is_elsewhere(tensor: &TensorProto) -> bool {
    tensor.data_location == Some(EXTERNAL)
}
