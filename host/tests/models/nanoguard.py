#!/usr/bin/env python3
"""nanoguard.py PACKAGE OUT: the NanoGuard text classifier as OUT/model.onnx, OUT/tokenizer.json and OUT/config.json.

PACKAGE is metatronnanoguard 0.1.0, unpacked: PyTorch weights and a byte-level BPE, read here without PyTorch.
The graph (opset 17, input_ids and attention_mask int64 [batch, sequence] -> logits f32 [batch, 2]) was compared with the
package's own PyTorch code: 50 texts, probabilities within 3e-7. The ids were compared with tiktoken's.
Always pad to 512, as tokenizer.json says: the original lets a text see its padding, and without it answers differently.
"""

import collections
import io
import json
import os
import pickle
import sys
import zipfile

import numpy as np
from onnx import TensorProto
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors

from graph import Graph

LAYERS, HEADS, HEAD, WIDTH, LENGTH = 4, 4, 128, 512, 512
EPSILON = float(np.finfo(np.float32).eps)
BEGIN, PAD = "<|reserved_0|>", "<|reserved_1|>"
LABELS = ["safe", "injection"]


class Tensors(pickle.Unpickler):
    """Reads a PyTorch checkpoint as (storage, offset, size, stride); refuses every class that is no tensor."""

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if name == "_rebuild_tensor_v2":
            return lambda storage, offset, size, stride, *rest: (storage, offset, size, stride)
        if module == "torch" and name.endswith("Storage"):
            return name
        raise ValueError(f"{module}.{name} in the checkpoint")

    def persistent_load(self, key):
        return str(key[1]), key[2]


class Encoding:
    """The fields of a tiktoken encoding, whatever they are."""


class Encodings(pickle.Unpickler):
    """Reads the pickle of a tiktoken encoding without tiktoken; refuses every other class."""

    def find_class(self, module, name):
        if (module, name) == ("tiktoken.core", "Encoding"):
            return Encoding
        raise ValueError(f"{module}.{name} in the tokenizer")


def read_weights(path):
    checkpoint = zipfile.ZipFile(path)
    tensors = Tensors(io.BytesIO(checkpoint.read("best_model/data.pkl"))).load()["model_state_dict"]
    weights = {}
    for name, ((kind, key), offset, size, stride) in tensors.items():
        assert tuple(stride) == tuple(int(np.prod(size[axis + 1 :])) for axis in range(len(size))), name
        raw = checkpoint.read("best_model/data/" + key)
        flat = from_bf16(np.frombuffer(raw, np.uint16)) if "BFloat16" in kind else np.frombuffer(raw, np.float32)
        weights[name] = flat[offset : offset + int(np.prod(size))].reshape(size)
    return weights


def from_bf16(halves):
    return (halves.astype(np.uint32) << 16).view(np.float32)


def through_bf16(values):
    """Rounds to bfloat16 and back: the rotary tables were made in that type."""
    bits = values.astype(np.float32).view(np.uint32).astype(np.uint64)
    return from_bf16(((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16))


def network(weights):
    graph = Graph()
    op, constant, whole = graph.op, graph.constant, graph.whole
    zero, half, head = whole("zero", 0), whole("half", HEAD // 2), whole("head", HEAD)
    axis0, axis1, axis3, last = whole("axis0", 0), whole("axis1", 1), whole("axis3", 3), whole("last", -1)
    outer, split, merge = whole("outer", 0, 2), whole("split", 0, 0, HEADS, HEAD), whole("merge", 0, 0, WIDTH)
    epsilon, one = constant("epsilon", np.float32(EPSILON)), constant("one", np.float32(1))
    scale = constant("scale", np.float32(1 / np.sqrt(HEAD)))

    frequency = (1.0 / (10000 ** (np.arange(0, HEAD, 2, dtype=np.float32) / HEAD))).astype(np.float32)
    angle = np.outer(np.arange(LENGTH, dtype=np.float32), frequency).astype(np.float32)
    length = op("Gather", op("Shape", "input_ids"), whole("first", 1), axis=0)
    cos, sin = (
        op("Unsqueeze", op("Slice", constant(name, through_bf16(table)), zero, length, axis0), outer)
        for name, table in [("cos", np.cos(angle)), ("sin", np.sin(angle))]
    )

    def norm(x):
        return op("Div", x, op("Sqrt", op("Add", op("ReduceMean", op("Mul", x, x), axes=[-1], keepdims=1), epsilon)))

    def linear(x, key):
        return op("MatMul", x, constant(key, weights[key].T))

    def rotate(x):
        a, b = op("Slice", x, zero, half, axis3), op("Slice", x, half, head, axis3)
        left = op("Add", op("Mul", a, cos), op("Mul", b, sin))
        right = op("Sub", op("Mul", b, cos), op("Mul", a, sin))
        return op("Concat", left, right, axis=3)

    def attend(x, layer):
        q, k, v = (op("Reshape", linear(x, f"{layer}attn.c_{name}.weight"), split) for name in "qkv")
        q, k = norm(rotate(q)), norm(rotate(k))
        q, v = op("Transpose", q, perm=[0, 2, 1, 3]), op("Transpose", v, perm=[0, 2, 1, 3])
        k = op("Transpose", k, perm=[0, 2, 3, 1])
        share = op("Softmax", op("Mul", op("MatMul", q, k), scale), axis=-1)
        joined = op("Reshape", op("Transpose", op("MatMul", share, v), perm=[0, 2, 1, 3]), merge)
        return linear(joined, f"{layer}attn.c_proj.weight")

    def expand(x, layer):
        y = op("Relu", linear(x, f"{layer}mlp.c_fc.weight"))
        return linear(op("Mul", y, y), f"{layer}mlp.c_proj.weight")

    x = first = norm(op("Gather", constant("embedding", weights["transformer.wte.weight"]), "input_ids", axis=0))
    for i in range(LAYERS):
        layer = f"transformer.h.{i}."
        own = op("Mul", constant(f"{layer}own", weights["resid_lambdas"][i]), x)
        x = op("Add", own, op("Mul", constant(f"{layer}first", weights["x0_lambdas"][i]), first))
        x = op("Add", x, attend(norm(x), layer))
        x = op("Add", x, expand(norm(x), layer))
    mask = op("Unsqueeze", op("Cast", "attention_mask", to=TensorProto.FLOAT), last)
    total = op("ReduceSum", op("Mul", norm(x), mask), axis1, keepdims=0)
    mean = op("Div", total, op("Max", op("ReduceSum", mask, axis1, keepdims=0), one))
    weight, bias = (constant(f"cls_norm.{name}", weights[f"cls_norm.{name}"]) for name in ["weight", "bias"])
    mean = op("LayerNormalization", mean, weight, bias, axis=-1, epsilon=1e-5)
    weight, bias = (constant(f"cls_head.{name}", weights[f"cls_head.{name}"]) for name in ["weight", "bias"])
    op("Gemm", mean, weight, bias, named="logits", transB=1)
    return graph


def write_model(weights, path):
    sides = [(name, TensorProto.INT64, ["batch", "sequence"]) for name in ["input_ids", "attention_mask"]]
    logits = ("logits", TensorProto.FLOAT, ["batch", len(LABELS)])
    network(weights).save(path, sides, [logits], "made of the weights of metatronnanoguard 0.1.0 (MIT)")


def spelling():
    """How a byte-level tokenizer.json writes each byte: as a letter."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + n) for n, byte in enumerate(others)}


def halves(token, rank, ranks):
    """The two parts that were merged into `token`."""
    parts = [bytes([byte]) for byte in token]
    while True:
        pairs = [(ranks.get(parts[i] + parts[i + 1], rank), i) for i in range(len(parts) - 1)]
        best, i = min(pairs, default=(rank, 0))
        if best >= rank:
            return parts
        parts[i : i + 2] = [parts[i] + parts[i + 1]]


def make_tokenizer(encoding):
    ranks, special, letters = encoding.mergeable_ranks, encoding.special_tokens, spelling()

    def spell(token):
        return "".join(letters[byte] for byte in token)

    by_rank = sorted(ranks.items(), key=lambda item: item[1])
    merges = [tuple(map(spell, halves(token, rank, ranks))) for token, rank in by_rank if len(token) > 1]
    vocabulary = {spell(token): rank for token, rank in ranks.items()} | special
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, ignore_merges=True))
    split = pre_tokenizers.Split(Regex(encoding.pat_str), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{BEGIN} $A", special_tokens=[(BEGIN, special[BEGIN])])
    tokenizer.enable_truncation(LENGTH)
    tokenizer.enable_padding(length=LENGTH, pad_id=special[PAD], pad_token=PAD)
    return tokenizer


def config(pad):
    return {
        "architectures": ["NanoGuardForSequenceClassification"],
        "id2label": {str(index): label for index, label in enumerate(LABELS)},
        "label2id": {label: index for index, label in enumerate(LABELS)},
        "max_position_embeddings": LENGTH,
        "pad_token_id": pad,
        "problem_type": "single_label_classification",
    }


def main():
    package, out = sys.argv[1:]
    assets = f"{package}/nanoguard/assets"
    os.makedirs(out, exist_ok=True)
    write_model(read_weights(f"{assets}/model.pt"), f"{out}/model.onnx")
    with open(f"{assets}/tokenizer.pkl", "rb") as file:
        encoding = Encodings(file).load()
    make_tokenizer(encoding).save(f"{out}/tokenizer.json")
    with open(f"{out}/config.json", "w", encoding="ascii") as file:
        json.dump(config(encoding.special_tokens[PAD]), file, indent=2)


main()
