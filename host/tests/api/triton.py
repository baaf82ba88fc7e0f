#!/usr/bin/env python3
"""triton.py HOST:PORT MODEL: what `tritonclient.http` makes of a server that has a model of two f32 inputs and one output.

Prints one JSON object. Knows the demo's tensors; must not know what the right numbers are.
"""

import json
import sys

import numpy
import tritonclient.http as triton

host, model = sys.argv[1:]
client = triton.InferenceServerClient(host)
rng = numpy.random.default_rng(7)
signature = client.get_model_metadata(model)


def sized(shape):
    return [2 if dim < 0 else dim for dim in shape]


arrays = {port["name"]: rng.random(sized(port["shape"]), dtype=numpy.float32) for port in signature["inputs"]}


def asked(binary):
    inputs = []
    for port in signature["inputs"]:
        tensor = triton.InferInput(port["name"], list(arrays[port["name"]].shape), port["datatype"])
        tensor.set_data_from_numpy(arrays[port["name"]], binary_data=binary)
        inputs.append(tensor)
    return inputs


def refused(call):
    try:
        call()
    except triton.InferenceServerException as error:
        return [error.status(), error.message()]
    return None


output = signature["outputs"][0]["name"]
in_json = [triton.InferRequestedOutput(output, binary_data=False)]
wrong = triton.InferInput(signature["inputs"][0]["name"], [1], "FP32")
wrong.set_data_from_numpy(numpy.zeros(1, dtype=numpy.float32))
answers = {
    "json": client.infer(model, asked(False), outputs=in_json, request_id="seven"),
    "binary": client.infer(model, asked(True)),
    "gzip": client.infer(model, asked(True), request_compression_algorithm="gzip", response_compression_algorithm="gzip"),
    "deflate": client.infer(model, asked(False), request_compression_algorithm="deflate"),
    "versioned": client.infer(model, asked(True), model_version=signature["versions"][0]),
}
text = triton.InferInput("request", [1], "BYTES")
text.set_data_from_numpy(numpy.array([json.dumps({"inputs": {"series": [25] * 28}}).encode()], dtype=object))
staged = client.infer(model, [text], parameters={"pipeline": True})
print(
    json.dumps(
        {
            "live": client.is_server_live(),
            "ready": client.is_server_ready(),
            "model_ready": client.is_model_ready(model),
            "server": client.get_server_metadata(),
            "signature": signature,
            "config": client.get_model_config(model),
            "index": client.get_model_repository_index(),
            "statistics": client.get_inference_statistics(model),
            "id": answers["json"].get_response()["id"],
            "shape": list(answers["json"].as_numpy(output).shape),
            "same": [bool(numpy.array_equal(answers["json"].as_numpy(output), one.as_numpy(output))) for one in answers.values()],
            "inputs": {name: array.tolist() for name, array in arrays.items()},
            "output": answers["json"].as_numpy(output).tolist(),
            "staged": json.loads(staged.as_numpy("outputs")[0]),
            "refused": {
                "model": refused(lambda: client.infer("nobody", asked(True))),
                "input": refused(lambda: client.infer(model, [wrong])),
                "output": refused(lambda: client.infer(model, asked(True), outputs=[triton.InferRequestedOutput("nothing")])),
                "version": refused(lambda: client.infer(model, asked(True), model_version="9")),
                "load": refused(lambda: client.load_model(model)),
            },
        }
    )
)
