"""The model with eight-bit weights, by onnxruntime's dynamic quantisation, and what that saves and costs.

usage: quantize.py   writes ../model-int8.onnx, and adds `int8` and `milliseconds_a_forecast` to `evaluation.json`; the times are those of the machine that it ran on
"""
import time

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

import data
import export
import features
import report
import windows
from origins import OPEN, STARTS
from scores import coverage, wape

FILE = export.FILE.with_name("model-int8.onnx")
ROUNDS, REPEATS = 30, 20


def forecasts(runtime, panel):
    found, categories = [], torch.arange(panel.units.shape[0])
    for start in STARTS:
        *tensors, _, scale = windows.tensors(panel.raw(categories, torch.full_like(categories, start)))
        levels = export.run(runtime, {name: tensor.numpy() for name, tensor in zip(export.NAMES, tensors)})
        found.append(features.unscale(levels, scale.numpy()[:, :, None]))
    return np.stack(found)


def learned(model):
    """The products of the network: sums of the history would be rounded by the largest value of the batch."""
    return [node.name for node in model.graph.node if node.op_type in ("MatMul", "Gemm") and not node.name.startswith("/summary")]


def milliseconds(runtime, count):
    """The time of a forecast on one thread, `count` of them in a batch: the least of several medians, because others share the machine."""
    tensors = [tensor[:count].numpy() for tensor in export.sample()]
    feeds, taken = dict(zip(export.NAMES, tensors)), np.zeros((REPEATS, ROUNDS))
    for place in np.ndindex(taken.shape):
        started = time.perf_counter()
        export.run(runtime, feeds)
        taken[place] = time.perf_counter() - started
    return round(float(np.median(taken, 1).min()) * 1000 / count, 3)


def main():
    table = data.load()
    panel = windows.Panel(table)
    actual = np.stack([table["units"][:, start:start + features.HORIZON] for start in STARTS])
    quantize_dynamic(export.FILE, FILE, weight_type=QuantType.QInt8, nodes_to_quantize=learned(onnx.load(export.FILE)))
    whole, small = export.session(), export.session(FILE)
    levels, coarse = forecasts(whole, panel), forecasts(small, panel)
    median = features.LEVELS.tolist().index(0.5)
    loss = wape(actual, coarse[..., median], OPEN) / wape(actual, levels[..., median], OPEN) - 1
    report.add(
        milliseconds_a_forecast={"alone": milliseconds(whole, 1), "in_a_batch_of_16": milliseconds(whole, 16)},
        int8={
            "bytes": FILE.stat().st_size, "wape": wape(actual, coarse[..., median], OPEN), "wape_against_f32": round(loss, 4), **coverage(actual, coarse, OPEN),
            "milliseconds_a_forecast": {"alone": milliseconds(small, 1), "in_a_batch_of_16": milliseconds(small, 16)},
        },
    )
    print(report.read()["milliseconds_a_forecast"], report.read()["int8"])


if __name__ == "__main__":
    main()
