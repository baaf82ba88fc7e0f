#!/usr/bin/env python3
"""dtypes.py HOST:PORT NAME…: sends each datatype through a model that gives back what it gets, in JSON and in binary.

Each NAME is a model with one input `x` and one output `y`. Prints {NAME: true or what went wrong}.
"""

import json
import sys

import numpy
import tritonclient.http as triton
from tritonclient.utils import triton_to_np_dtype

client = triton.InferenceServerClient(sys.argv[1])
SAMPLES = {"BOOL": [True, False], "BYTES": ["naïve".encode(), b""], "FP16": [0.5, -2.0], "FP32": [1.5, -3e7], "FP64": [1e300, -0.25]}


def tried(name):
    datatype = client.get_model_metadata(name)["inputs"][0]["datatype"]
    dtype = triton_to_np_dtype(datatype)
    if datatype in SAMPLES:
        values = numpy.array(SAMPLES[datatype], dtype=dtype)
    else:
        bounds = numpy.iinfo(dtype)
        values = numpy.array([bounds.min, bounds.max], dtype=dtype)
    for binary in (True, False):
        # The client has no JSON form of these.
        if datatype == "FP16" and not binary:
            continue
        tensor = triton.InferInput("x", [2], datatype)
        tensor.set_data_from_numpy(values, binary_data=binary)
        answer = client.infer(name, [tensor], outputs=[triton.InferRequestedOutput("y", binary_data=binary)])
        found = answer.as_numpy("y")
        if datatype == "BYTES":
            found = numpy.array([one if isinstance(one, bytes) else one.encode() for one in found], dtype=object)
        if not numpy.array_equal(found, values):
            return f"{datatype} binary={binary}: {values} became {found}"
    return True


print(json.dumps({name: tried(name) for name in sys.argv[2:]}))
