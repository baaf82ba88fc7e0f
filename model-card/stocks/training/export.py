"""The ONNX file: weights in, `model.onnx` out, checked against torch and against its own batches.

usage: export.py WEIGHTS   writes ../model.onnx, and ../reference.npz with what torch answers
"""
import argparse
import pathlib

import numpy as np
import onnx
import onnxruntime
import torch

import data
import features
import model
import windows

FILE = pathlib.Path(__file__).parents[1] / "model.onnx"
INPUT, OUTPUT = features.PRE["past"]["tensor"], features.POST["tensor"]
REFERENCE = FILE.with_name("reference.npz")
TOLERANCE = 1e-5


def export(network):
    """Writes opset 17 with a dynamic axis `batch`, and nothing but plain operators."""
    torch.onnx.export(
        network.eval(), (torch.ones(2, features.CONTEXT, 2),), str(FILE), dynamo=False, opset_version=17, do_constant_folding=True,
        input_names=[INPUT], output_names=[OUTPUT], dynamic_axes={name: {0: "batch"} for name in (INPUT, OUTPUT)},
    )
    graph = onnx.load(FILE)
    onnx.checker.check_model(graph, full_check=True)
    return sorted({node.op_type for node in graph.graph.node})


def session():
    """The model in onnxruntime on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(FILE), options, providers=["CPUExecutionProvider"])


def run(runtime, past):
    return runtime.run(None, {INPUT: np.asarray(past, np.float32)})[0]


def answer(runtime, inputs):
    """The served model's output for one request."""
    tensors, scale = features.tensors(inputs)
    return features.output(inputs, run(runtime, tensors[INPUT])[0], scale)


def sample():
    """The input tensors of 48 training windows, some of them poor."""
    rng = torch.Generator().manual_seed(0)
    drawn = windows.Panel(data.load(), data.day("1997-01-01")).draw(48, rng)
    return windows.tensors(drawn, windows.degrade(windows.whole(48), rng))[0]


def reference(network):
    """Writes inputs and torch's own answers: what any engine has to agree with."""
    past = sample()[:8]
    with torch.no_grad():
        np.savez_compressed(REFERENCE, **{INPUT: past.numpy(), OUTPUT: network(past).numpy()})


def check(network):
    """onnxruntime equals torch, a batch equals its singles, and odd series stay finite."""
    runtime, past = session(), sample()
    with torch.no_grad():
        to_torch = np.abs(run(runtime, past.numpy()) - network(past).numpy()).max()
    singles = np.concatenate([run(runtime, past[k:k + 1].numpy()) for k in range(3)])
    to_single = np.abs(run(runtime, past[:3].numpy()) - singles).max()
    # The operators add in another order; only the last bits may differ.
    assert to_torch < TOLERANCE and to_single < TOLERANCE, (to_torch, to_single)
    odd = [[0] * 64, [5] * 20, [1e9] * 90, [-3] * 20, [1e12] + [0] * 63, [0] * 63 + [1e12], [None] * 19 + [7], [-1e12, 1e12] * 32, [1e-6, 2e-6] * 32, [1e-12] * 64, [1e12, 1e-3] * 32]
    for series in odd:
        tensors, scale = features.tensors({"series": series})
        levels = features.unscale(run(runtime, tensors[INPUT])[0], scale)
        assert np.isfinite(levels).all() and (levels >= 0).all(), (series[:3], levels)
    return float(to_torch), float(to_single)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("weights")
    network = model.Forecaster()
    network.load_state_dict(torch.load(arguments.parse_args().weights))
    network.eval()
    operators = export(network)
    reference(network)
    to_torch, to_single = check(network)
    print(f"{FILE.stat().st_size} bytes, operators: {' '.join(operators)}")
    print(f"onnxruntime against torch {to_torch:.1e}, batch against single {to_single:.1e}")


if __name__ == "__main__":
    main()
