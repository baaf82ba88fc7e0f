"""Makes a decoder with a cache and an LSTM with its state as inputs and outputs, and what onnxruntime answers step by step.

usage: make.py   writes beside itself; needs numpy, onnx and onnxruntime
"""
import json
import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper as nh

HERE = pathlib.Path(__file__).parent
RNG = np.random.default_rng(5)
STEPS, WIDTH, HEADS = 5, 4, 2


def weights(*shape):
    return (RNG.standard_normal(shape) / 2).astype(np.float32)


def info(name, *shape):
    return h.make_tensor_value_info(name, T.FLOAT, shape)


def save(name, nodes, inputs, outputs, constants):
    initializers = [nh.from_array(value, key) for key, value in constants.items()]
    model = h.make_model(h.make_graph(nodes, name, inputs, outputs, initializers), opset_imports=[h.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, HERE / f"{name}.onnx")
    return onnxruntime.InferenceSession(HERE / f"{name}.onnx", providers=["CPUExecutionProvider"])


def decoder():
    """One token in; attention over what the cache holds and the encoder's output; logits and the longer cache out."""
    constants = {
        "wq": weights(WIDTH, WIDTH), "wk": weights(WIDTH, WIDTH), "wo": weights(WIDTH, 3), "wc": weights(WIDTH, WIDTH),
        "heads": np.array([0, 0, HEADS, WIDTH // HEADS]), "flat": np.array([0, 0, WIDTH]),
    }
    nodes = [
        h.make_node("MatMul", ["token", "wk"], ["k"]), h.make_node("Reshape", ["k", "heads"], ["k4"]),
        h.make_node("Transpose", ["k4"], ["new"], perm=[0, 2, 1, 3]),
        h.make_node("Concat", ["past", "new"], ["present"], axis=2),
        h.make_node("MatMul", ["token", "wq"], ["q"]), h.make_node("Reshape", ["q", "heads"], ["q4"]),
        h.make_node("Transpose", ["q4"], ["query"], perm=[0, 2, 1, 3]),
        h.make_node("Transpose", ["present"], ["keys"], perm=[0, 1, 3, 2]),
        h.make_node("MatMul", ["query", "keys"], ["scores"]), h.make_node("Softmax", ["scores"], ["shares"], axis=-1),
        h.make_node("MatMul", ["shares", "present"], ["mixed"]), h.make_node("Transpose", ["mixed"], ["mixed3"], perm=[0, 2, 1, 3]),
        h.make_node("Reshape", ["mixed3", "flat"], ["own"]),
        h.make_node("Transpose", ["encoded"], ["encoded_t"], perm=[0, 2, 1]), h.make_node("MatMul", ["own", "encoded_t"], ["cross"]),
        h.make_node("Softmax", ["cross"], ["cross_shares"], axis=-1), h.make_node("MatMul", ["cross_shares", "encoded"], ["seen"]),
        h.make_node("MatMul", ["seen", "wc"], ["seen_w"]), h.make_node("Add", ["own", "seen_w"], ["sum"]), h.make_node("MatMul", ["sum", "wo"], ["logits"]),
    ]
    return save(
        "decoder", nodes,
        [info("token", "batch", 1, WIDTH), info("encoded", "batch", "source", WIDTH), info("past", "batch", HEADS, "past_length", WIDTH // HEADS)],
        [info("logits", "batch", 1, 3), info("present", "batch", HEADS, "total_length", WIDTH // HEADS)], constants,
    )


def lstm():
    hidden = 3
    constants = {"w": weights(1, 4 * hidden, WIDTH), "r": weights(1, 4 * hidden, hidden), "b": weights(1, 8 * hidden)}
    nodes = [h.make_node("LSTM", ["x", "w", "r", "b", "", "h", "c"], ["y", "next_h", "next_c"], hidden_size=hidden)]
    state = (1, "batch", hidden)
    return save(
        "lstm", nodes, [info("x", "time", "batch", WIDTH), info("h", *state), info("c", *state)],
        [info("next_c", *state), info("y", "time", 1, "batch", hidden), info("next_h", *state)], constants,
    )


def main():
    tokens, encoded = weights(STEPS, 2, 1, WIDTH), weights(2, 3, WIDTH)
    session, past, steps = decoder(), np.zeros((2, HEADS, 0, WIDTH // HEADS), np.float32), []
    for token in tokens:
        logits, past = session.run(["logits", "present"], {"token": token, "encoded": encoded, "past": past})
        steps.append({"token": token.tolist(), "logits": logits.tolist()})
    x, zeros = weights(STEPS, 2, WIDTH), np.zeros((1, 2, 3), np.float32)
    y, last_h, last_c = lstm().run(["y", "next_h", "next_c"], {"x": x, "h": zeros, "c": zeros})
    expected = {
        "decoder": {"encoded": encoded.tolist(), "steps": steps, "present": past.tolist()},
        "lstm": {"x": x.tolist(), "y": y.tolist(), "next_h": last_h.tolist(), "next_c": last_c.tolist()},
    }
    (HERE / "expected.json").write_text(json.dumps(expected))


if __name__ == "__main__":
    main()
