"""What eight-bit weights would save and cost: a trial of onnxruntime's dynamic quantisation, which is not kept.

usage: quantize.py   adds `int8` and `milliseconds_a_forecast` to `evaluation.json`; the times are those of the machine that it ran on
"""
import pathlib
import tempfile
import time

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

import data
import export
import features
import report
import windows
from origins import OPEN, STARTS
from scores import coverage, wape

ROUNDS = 300


def forecasts(runtime, panel):
    found, categories = [], torch.arange(panel.units.shape[0])
    for start in STARTS:
        *tensors, _, scale = windows.tensors(panel.raw(categories, torch.full_like(categories, start)))
        levels = export.run(runtime, {name: tensor.numpy() for name, tensor in zip(export.NAMES, tensors)})
        found.append(features.unscale(levels, scale.numpy()[:, :, None]))
    return np.stack(found)


def milliseconds(runtime, count):
    """The median time of a forecast on one thread, `count` of them in a batch."""
    tensors = [tensor[:count].numpy() for tensor in export.sample()]
    feeds, taken = dict(zip(export.NAMES, tensors)), []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        export.run(runtime, feeds)
        taken.append(time.perf_counter() - started)
    return round(float(np.median(taken)) * 1000 / count, 3)


def main():
    table = data.load()
    panel = windows.Panel(table)
    actual = np.stack([table["units"][:, start:start + features.HORIZON] for start in STARTS])
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "int8.onnx"
        quantize_dynamic(export.FILE, file, weight_type=QuantType.QInt8)
        size, whole, small = file.stat().st_size, export.session(), export.session(file)
    levels, coarse = forecasts(whole, panel), forecasts(small, panel)
    median = features.LEVELS.tolist().index(0.5)
    loss = wape(actual, coarse[..., median], OPEN) / wape(actual, levels[..., median], OPEN) - 1
    report.add(
        milliseconds_a_forecast={"alone": milliseconds(whole, 1), "in_a_batch_of_16": milliseconds(whole, 16)},
        int8={
            "bytes": size, "wape": wape(actual, coarse[..., median], OPEN), "wape_against_f32": round(loss, 4), **coverage(actual, coarse, OPEN),
            "milliseconds_a_forecast": {"alone": milliseconds(small, 1), "in_a_batch_of_16": milliseconds(small, 16)},
        },
    )
    print(report.read()["milliseconds_a_forecast"], report.read()["int8"])


if __name__ == "__main__":
    main()
