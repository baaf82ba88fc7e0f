"""Writes the test cases of the `onnx` that is installed as files: `python newer.py FOLDER`."""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.case import model, node


def proto(value, name):
    if isinstance(value, onnx.TensorProto):
        return value.SerializeToString()
    if isinstance(value, (np.ndarray, np.generic)):
        return numpy_helper.from_array(np.asarray(value), name).SerializeToString()
    # Sequences, maps and optionals are no tensors, and nobody reads them.
    return b""


def write(case, folder):
    folder.mkdir(parents=True)
    onnx.save(case.model, folder / "model.onnx")
    for at, (inputs, outputs) in enumerate(case.data_sets):
        data = folder / f"test_data_set_{at}"
        data.mkdir()
        declared = ("input", inputs, case.model.graph.input), ("output", outputs, case.model.graph.output)
        for kind, values, infos in declared:
            for index, (value, info) in enumerate(zip(values, infos)):
                (data / f"{kind}_{index}.pb").write_bytes(proto(value, info.name))


def main():
    root = Path(sys.argv[1])
    for case in node.collect_testcases(None):
        write(case, root / "node" / case.name)
    # Those without a model here would be downloaded.
    for case in model.collect_testcases():
        if case.model is not None:
            write(case, root / "simple" / case.name)


main()
