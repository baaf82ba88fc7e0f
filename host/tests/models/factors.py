#!/usr/bin/env python3
"""The models of the tests of swaps: `y = factor * x`, floats of any length.

`host/tests/models/factors.py FOLDER` writes double.onnx, triple.onnx and nan.onnx, which answers NaN.
`host/tests/data/swap` was made by it, and is committed. Needs numpy and onnx.
Must not know what is tested with them.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def model(factor: float) -> onnx.ModelProto:
    shape = ["rows", "columns"]
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "factor"], ["y"])],
        "times",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(np.array([factor], dtype=np.float32), "factor")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


for name, factor in [("double", 2.0), ("triple", 3.0), ("nan", float("nan"))]:
    onnx.save(model(factor), Path(sys.argv[1]) / f"{name}.onnx")
