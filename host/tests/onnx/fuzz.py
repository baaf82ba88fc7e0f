"""Mutated inputs and shapes, answered by a running modelhost and by onnxruntime: no answer may differ, none may be a 5xx.

usage: fuzz.py MODEL.onnx [--url http://localhost:7860] [--requests 3400] [--seed 0]

MODEL.onnx is what the server serves without plugins. Needs numpy and onnxruntime; ends with 1 where something differs.
"""
import argparse
import collections
import http.client
import json
import urllib.parse

import numpy as np
import onnxruntime

DTYPES = {
    "tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64,
    "tensor(int32)": np.int32, "tensor(bool)": np.bool_, "tensor(uint8)": np.uint8, "tensor(int8)": np.int8,
}
# As a share of numbers above 1, and of the largest number of an output: sums in another order differ by that.
TOLERANCE, OF_LARGEST = 1e-3, 1e-4
# Roundings inside are many, those of the inputs are one.
WOBBLES = 10


def session(model):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def shapes(rng, ports):
    """A shape for each port; a dim's name has one size, but for one in ten mutations."""
    sizes = collections.defaultdict(lambda: int(rng.choice([1, 2, 3, 5, 8, 17, 33])))
    made = []
    for port in ports:
        shape = [dim if isinstance(dim, int) else sizes[dim] for dim in port.shape]
        made.append(shape)
    if rng.random() < 0.35:
        shape = made[rng.integers(len(made))]
        kind = rng.integers(5)
        if kind == 0 and shape:
            shape[rng.integers(len(shape))] = int(rng.integers(0, 40))
        elif kind == 1 and shape:
            shape[rng.integers(len(shape))] += int(rng.choice([-1, 1]))
        elif kind == 2:
            shape.insert(int(rng.integers(len(shape) + 1)), 1)
        elif kind == 3 and shape:
            shape.pop(int(rng.integers(len(shape))))
        elif shape:
            shape[rng.integers(len(shape))] = 0
    return [[max(dim, 0) for dim in shape] for shape in made]


def values(rng, dtype, shape, rows):
    if dtype == np.bool_:
        return rng.random(shape) < 0.5
    if np.issubdtype(dtype, np.integer):
        high = int(rng.choice([2, 2, 2, 2, 2, 2, 100, rows, rows + 5, 2**31]))
        low = -3 if rng.random() < 0.05 else 0
        return rng.integers(low, max(min(high, np.iinfo(dtype).max), low + 1), shape).astype(dtype)
    scale = float(rng.choice([0, 1e-30, 1e-3, 1, 1, 1, 10, 1e4, 1e15, 1e30]))
    return (rng.standard_normal(shape) * scale).astype(dtype)


def spoil(rng, inputs):
    """Breaks the JSON of a request in a way that numpy cannot say."""
    name = list(inputs)[rng.integers(len(inputs))]
    kind = rng.integers(7)
    if kind == 0:
        del inputs[name]
    elif kind == 1:
        inputs["another"] = [1]
    elif kind == 2:
        inputs[name] = None
    elif kind == 3:
        inputs[name] = "text"
    elif kind == 4:
        inputs[name] = [[1], [1, 2], 3]
    elif kind == 5:
        inputs[name] = [[0.5, True, 1e39]]
    else:
        inputs[name] = {"shape": [1], "data": [2]}


class Server:
    def __init__(self, url):
        self.url = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(self.url.hostname, self.url.port)

    def predict(self, inputs):
        body = json.dumps({"inputs": inputs})
        self.connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
        response = self.connection.getresponse()
        return response.status, json.loads(response.read())


def is_same(theirs, ours):
    ours = np.asarray(ours, theirs.dtype)
    if theirs.size == ours.size == 0:
        return True
    if theirs.shape != ours.shape:
        return False
    if theirs.dtype.kind != "f":
        return bool((theirs == ours).all())
    allowed = np.maximum(TOLERANCE * np.maximum(np.abs(theirs), 1), OF_LARGEST * np.abs(theirs).max())
    return bool((np.abs(theirs - ours) <= allowed).all())


def wobble(rng, runtime, outputs, feeds, theirs):
    """How far onnxruntime's own outputs move when every input moves by a rounding: some inputs are that ill-conditioned."""
    moved = [np.zeros(it.shape) for it in theirs]
    for _ in range(16):
        nudged = {
            name: (value * (1 + rng.uniform(-1, 1, value.shape) * 2**-23)).astype(value.dtype) if value.dtype.kind == "f" else value
            for name, value in feeds.items()
        }
        for most, now, was in zip(moved, runtime.run(outputs, nudged), theirs):
            np.maximum(most, np.abs(now.astype(float) - was.astype(float)), out=most)
    return [float(most.max(initial=0)) for most in moved]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("model")
    arguments.add_argument("--url", default="http://localhost:7860")
    arguments.add_argument("--requests", type=int, default=3400)
    arguments.add_argument("--seed", type=int, default=0)
    given = arguments.parse_args()
    rng, runtime, server = np.random.default_rng(given.seed), session(given.model), Server(given.url)
    ports, outputs = runtime.get_inputs(), [port.name for port in runtime.get_outputs()]
    counts, seen = collections.Counter(), collections.Counter()
    for number in range(given.requests):
        rows = int(rng.choice([50, 1000, 30000]))
        feeds = {
            port.name: values(rng, DTYPES[port.type], shape, rows)
            for port, shape in zip(ports, shapes(rng, ports))
        }
        request = {name: value.tolist() for name, value in feeds.items()}
        is_spoilt = rng.random() < 0.1
        if is_spoilt:
            spoil(rng, request)
        try:
            theirs = None if is_spoilt else runtime.run(outputs, feeds)
        except Exception:
            theirs = None
        status, answer = server.predict(request)
        is_finite = theirs is not None and all(np.isfinite(it).all() for it in theirs if it.dtype.kind == "f")
        what = {name: list(value.shape) for name, value in feeds.items()}
        if status >= 500:
            kind = "5xx"
        elif status == 200 and theirs is None:
            kind = "answered, and onnxruntime does not"
        elif status == 200:
            same = all(is_same(it, answer["outputs"][name]) for name, it in zip(outputs, theirs))
            kind = "same" if same else "DIFFERENT"
            if not same:
                apart = [np.abs(it.astype(float) - np.asarray(answer["outputs"][name], float)).max() for name, it in zip(outputs, theirs)]
                moves = wobble(rng, runtime, outputs, feeds, theirs)
                if all(gap <= WOBBLES * move for gap, move in zip(apart, moves)):
                    kind = "no further apart than roundings of the inputs take onnxruntime"
        elif theirs is None:
            kind = "refused by both"
        elif not is_finite:
            kind = "refused: not finite"
        else:
            kind = "refused, and onnxruntime answers"
        counts[kind] += 1
        if kind.startswith(("5xx", "DIFF", "answered", "refused, and")) and seen[kind] < 5:
            seen[kind] += 1
            print(f"{number}: {kind}: {what} {status} {json.dumps(answer)[:300]}")
    for kind, count in sorted(counts.items()):
        print(f"{count:6} {kind}")
    raise SystemExit(1 if counts["5xx"] or counts["DIFFERENT"] else 0)


if __name__ == "__main__":
    main()
