"""Answers host/benches/engine.rs: onnxruntime on one thread, one JSON object a line in, one out. Needs onnxruntime and numpy."""
import json
import sys
import time

import numpy as np
import onnxruntime

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
types = {"i64": np.int64, "i32": np.int32, "f32": np.float32, "bool": np.bool_}
feed = {}
for line in sys.stdin:
    said = json.loads(line)
    if "inputs" in said:
        feed = {it["name"]: np.array(it["data"], types[it["dtype"]]).reshape(it["shape"]) for it in said["inputs"]}
        first = np.asarray(session.run(None, feed)[0], np.float64).ravel()
        print(json.dumps({"out": first.tolist()}), flush=True)
    else:
        times = []
        for _ in range(said["times"]):
            begun = time.perf_counter()
            session.run(None, feed)
            times.append(time.perf_counter() - begun)
        print(json.dumps({"times": times}), flush=True)
