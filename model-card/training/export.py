"""The ONNX file: weights in, `model.onnx` out, checked against torch and against its own batches.

usage: export.py WEIGHTS   writes ../model.onnx, and ../reference.npz with what torch answers
"""
import argparse
import pathlib

import numpy as np
import onnx
import onnxruntime
import torch

import checkpoint
import data
import features
import model
import windows
from summary import FUTURE, PAST

FILE = pathlib.Path(__file__).parents[1] / "model.onnx"
NAMES = [features.PRE[part]["tensor"] for part in ("past", "future", "static")]
REFERENCE = FILE.with_name("reference.npz")
TOLERANCE = 1e-5


def export(network):
    """Writes opset 17 with a dynamic axis `batch`, and nothing but plain operators."""
    inputs = (torch.zeros(2, features.CONTEXT, len(PAST)), torch.zeros(2, features.HORIZON, len(FUTURE)), torch.zeros(2, 1))
    output = features.POST["tensor"]
    torch.onnx.export(
        network.eval(), inputs, str(FILE), dynamo=False, opset_version=17, do_constant_folding=True,
        input_names=NAMES, output_names=[output], dynamic_axes={name: {0: "batch"} for name in NAMES + [output]},
    )
    graph = onnx.load(FILE)
    onnx.checker.check_model(graph, full_check=True)
    return sorted({node.op_type for node in graph.graph.node})


def session(file=FILE):
    """A model in onnxruntime on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def run(runtime, feeds):
    return runtime.run(None, {name: np.asarray(feeds[name], np.float32) for name in NAMES})[0]


def sample():
    """The input tensors of 48 windows, some of them poor."""
    panel = windows.Panel(data.load())
    raw = windows.degrade(panel.raw(torch.arange(48) * 3, torch.arange(48) * 7 + 20), torch.Generator().manual_seed(0))
    return windows.tensors(raw)[:3]


def reference(network):
    """Writes inputs and torch's own answers: what any engine has to agree with."""
    tensors = [tensor[:8] for tensor in sample()]
    with torch.no_grad():
        answer = network(*tensors)
    arrays = dict(zip([*NAMES, features.POST["tensor"]], [*tensors, answer]))
    np.savez_compressed(REFERENCE, **{name: tensor.numpy() for name, tensor in arrays.items()})


def check(network):
    """onnxruntime equals torch, a batch equals its singles, and odd series stay finite."""
    runtime, tensors = session(), sample()
    feeds = dict(zip(NAMES, (tensor.numpy() for tensor in tensors)))
    with torch.no_grad():
        to_torch = np.abs(run(runtime, feeds) - network(*tensors).numpy()).max()
    three = {name: values[:3] for name, values in feeds.items()}
    singles = [run(runtime, {name: values[k:k + 1] for name, values in feeds.items()}) for k in range(3)]
    to_single = np.abs(run(runtime, three) - np.concatenate(singles)).max()
    # The operators add in another order; only the last bits may differ.
    assert to_torch < TOLERANCE and to_single < TOLERANCE, (to_torch, to_single)
    odd = [[0] * 84, [5] * 14, [1e9] * 90, [-3] * 20, [1e12] + [0] * 83, [0] * 83 + [1e12], [None] * 30, [-1e12, 1e12] * 42]
    for series in odd:
        for start in (None, "2017-10-02"):
            promotion = {"display": [1e12] * len(series), "mailer": [-1e12] * len(series)}
            inputs = {"series": series, "start": start, "past": promotion, "future": {"display": [0] * 7}}
            tensors, scale = features.tensors(inputs)
            levels = features.unscale(run(runtime, tensors)[0], scale)
            assert np.isfinite(levels).all() and (levels >= 0).all(), (series[:3], levels)
    return float(to_torch), float(to_single)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("weights")
    network = model.Forecaster()
    network.load_state_dict(checkpoint.load(arguments.parse_args().weights))
    network.eval()
    operators = export(network)
    reference(network)
    to_torch, to_single = check(network)
    print(f"{FILE.stat().st_size} bytes, operators: {' '.join(operators)}")
    print(f"onnxruntime against torch {to_torch:.1e}, batch against single {to_single:.1e}")


if __name__ == "__main__":
    main()
