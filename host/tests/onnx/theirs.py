"""What onnxruntime answers to the cases of `host/tests/onnx.sh`: `python3 theirs.py FOLDER > onnxruntime.txt`,
and to those of `host/tests/onnx.sh newer` in the same way in `onnxruntime-newer.txt`.

Prints a line for each case that is not right, its name and why: `refused`, `wrong`, or `skipped` for what is no tensor.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper


class NoTensor(Exception):
    """The case is about sequences, maps or optionals."""


def tensors(folder, kind, declared):
    files = sorted(folder.glob(f"{kind}_*.pb"), key=lambda file: int(file.stem.split("_")[-1]))
    for file, value in zip(files, declared):
        if not value.type.HasField("tensor_type"):
            raise NoTensor
        proto = onnx.TensorProto()
        proto.ParseFromString(file.read_bytes())
        yield numpy_helper.to_array(proto)


def same(expected, given):
    given = np.asarray(given)
    if expected.shape != given.shape or expected.dtype != given.dtype:
        return False
    if expected.dtype.kind == "f":
        wide = given.astype(np.float64), expected.astype(np.float64)
        return np.allclose(*wide, rtol=1e-3, atol=1e-5, equal_nan=True)
    if expected.dtype.kind in "OSU":
        return bool((expected.astype(str) == given.astype(str)).all())
    return bool((expected == given).all())


def outcome(case):
    graph = onnx.load(case / "model.onnx").graph
    session = onnxruntime.InferenceSession(case / "model.onnx", providers=["CPUExecutionProvider"])
    for data in sorted(case.glob("test_data_set_*")):
        inputs = tensors(data, "input", graph.input)
        given = session.run(None, {value.name: array for value, array in zip(graph.input, inputs)})
        if not all(same(*pair) for pair in zip(tensors(data, "output", graph.output), given)):
            return "wrong"
    return "right"


def main():
    onnxruntime.set_default_logger_severity(4)
    root = Path(sys.argv[1])
    for model in sorted(root.glob("*/*/model.onnx")):
        try:
            found = outcome(model.parent)
        except NoTensor:
            found = "skipped"
        except Exception:
            found = "refused"
        if found != "right":
            print(model.parent.relative_to(root), found)


main()
