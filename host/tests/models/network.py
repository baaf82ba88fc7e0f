"""Small networks with random weights, shaped like BERT, DistilBERT and ViT.
Must not know what they are fitted to."""

import numpy as np
from onnx import TensorProto

from graph import Graph

WIDTH, HEADS, LAYERS, LENGTH = 48, 4, 2, 64
IMAGE, PATCH = 32, 8
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]


class Network:
    """A graph whose weights are drawn from one seed."""

    def __init__(self, seed):
        self.graph, self.source = Graph(), np.random.default_rng(seed)
        self.op, self.whole = self.graph.op, self.graph.whole

    def value(self, name, value):
        return self.graph.constant(name, np.float32(value))

    def random(self, name, spread, *shape):
        return self.graph.constant(name, self.source.normal(0, spread, shape).astype(np.float32))

    def norm(self, x, name):
        scale, shift = self.value(f"{name}.weight", np.ones(WIDTH)), self.value(f"{name}.bias", np.zeros(WIDTH))
        return self.op("LayerNormalization", x, scale, shift, axis=-1, epsilon=1e-12)

    def linear(self, x, name, rows, columns):
        return self.op("MatMul", x, self.random(f"{name}.weight", rows**-0.5, rows, columns))

    def gelu(self, x, name):
        inner = self.op("Erf", self.op("Mul", x, self.value(f"{name}.root", 0.5**0.5)))
        share = self.op("Mul", self.op("Add", inner, self.value(f"{name}.one", 1)), self.value(f"{name}.half", 0.5))
        return self.op("Mul", x, share)

    def attend(self, x, name, penalty):
        size = WIDTH // HEADS
        split, merge = self.whole(f"{name}.split", 0, 0, HEADS, size), self.whole(f"{name}.merge", 0, 0, WIDTH)
        q, k, v = (self.op("Reshape", self.linear(x, f"{name}.{part}", WIDTH, WIDTH), split) for part in "qkv")
        q, v = self.op("Transpose", q, perm=[0, 2, 1, 3]), self.op("Transpose", v, perm=[0, 2, 1, 3])
        k = self.op("Transpose", k, perm=[0, 2, 3, 1])
        seen = self.op("Mul", self.op("MatMul", q, k), self.value(f"{name}.scale", size**-0.5))
        if penalty:
            seen = self.op("Add", seen, penalty)
        joined = self.op("Transpose", self.op("MatMul", self.op("Softmax", seen, axis=-1), v), perm=[0, 2, 1, 3])
        return self.linear(self.op("Reshape", joined, merge), f"{name}.out", WIDTH, WIDTH)

    def layer(self, x, name, penalty=None):
        x = self.norm(self.op("Add", x, self.attend(x, name, penalty)), f"{name}.first")
        wide = self.gelu(self.linear(x, f"{name}.wide", WIDTH, 2 * WIDTH), name)
        return self.norm(self.op("Add", x, self.linear(wide, f"{name}.narrow", 2 * WIDTH, WIDTH)), f"{name}.second")

    def save(self, path, x, inputs, axes, head):
        """Without a head the features come out, with one the logits."""
        if head is None:
            name, width = self.op("Identity", x, named="features"), WIDTH
        else:
            product = self.op("MatMul", x, self.value("head.weight", head[:-1]))
            name, width = self.op("Add", product, self.value("head.bias", head[-1]), named="logits"), head.shape[1]
        self.graph.save(path, inputs, [(name, TensorProto.FLOAT, [*axes, width])], "random numbers")


def text(path, words, types, each_token, head=None):
    """Ids of `words` pieces -> one row a token, or one a text; `types`: whether the model tells two texts apart."""
    network = Network(11)
    op = network.op
    length = op("Reshape", op("Gather", op("Shape", "input_ids"), network.whole("second", 1), axis=0), network.whole("flat", 1))
    positions = network.random("positions", 0.2, LENGTH, WIDTH)
    positions = op("Slice", positions, network.whole("start", 0), length, network.whole("rows", 0))
    x = op("Add", op("Gather", network.random("words", 1, words, WIDTH), "input_ids", axis=0), positions)
    if types:
        x = op("Add", x, op("Gather", network.random("types", 0.5, 2, WIDTH), "token_type_ids", axis=0))
    x = network.norm(x, "embeddings")
    mask = op("Unsqueeze", op("Cast", "attention_mask", to=TensorProto.FLOAT), network.whole("middle", 1, 2))
    penalty = op("Mul", op("Sub", network.value("one", 1), mask), network.value("least", -10000))
    for index in range(LAYERS):
        x = network.layer(x, f"layer.{index}", penalty)
    if not each_token:
        x = op("Gather", x, network.graph.constant("first", np.int64(0)), axis=1)
    inputs = [(name, TensorProto.INT64, ["batch", "sequence"]) for name in (INPUTS if types else INPUTS[:2])]
    network.save(path, x, inputs, ["batch", "sequence"] if each_token else ["batch"], head)


def image(path, head=None):
    """Pixels, channels first -> one row an image."""
    network = Network(12)
    patches = network.random("patches", (3 * PATCH**2) ** -0.5, WIDTH, 3, PATCH, PATCH)
    patches = network.op("Conv", "pixel_values", patches, kernel_shape=[PATCH, PATCH], strides=[PATCH, PATCH])
    rows = network.op("Reshape", patches, network.whole("rows", 0, WIDTH, -1))
    positions = network.random("positions", 0.1, 1, (IMAGE // PATCH) ** 2, WIDTH)
    x = network.layer(network.op("Add", network.op("Transpose", rows, perm=[0, 2, 1]), positions), "layer")
    x = network.op("ReduceMean", x, axes=[1], keepdims=0)
    network.save(path, x, [("pixel_values", TensorProto.FLOAT, ["batch", 3, IMAGE, IMAGE])], ["batch"], head)
