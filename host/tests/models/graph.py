"""ONNX graphs, written node by node.
Must not know any network."""

import numpy as np
import onnx
from onnx import helper, numpy_helper


class Graph:
    """Nodes and constants in the making; a name stands for the tensor that has it."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, name, value):
        self.constants.append(numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def whole(self, name, *values):
        return self.constant(name, np.array(values, np.int64))

    def op(self, kind, *inputs, named=None, **attributes):
        name = named or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def save(self, path, inputs, outputs, producer):
        """Checks the graph and writes it; `inputs` and `outputs` are (name, onnx type, shape)."""
        sides = [[helper.make_tensor_value_info(*side) for side in several] for several in (inputs, outputs)]
        made = helper.make_model(
            helper.make_graph(self.nodes, "graph", *sides, self.constants),
            opset_imports=[helper.make_opsetid("", 17)],
            ir_version=8,
            producer_name=producer,
        )
        onnx.checker.check_model(made, full_check=True)
        onnx.save(made, path)
