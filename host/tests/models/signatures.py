#!/usr/bin/env python3
"""signatures.py OUT: for each folder of OUT that is laid out like a repo, the model and the tokenizer that it lacks.

The models have the signatures of the real ones and next to no weights; the tokenizer knows a dozen words.
`host/tests/data/init` was made by it, and is committed. Needs numpy and onnx.
Must not know what is read from the folders.
"""

import json
import os
import sys

import numpy as np
from onnx import TensorProto

from graph import Graph

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "my", "name", "is", "wolfgang", "and", "i", "live", "in", "berlin", "it", "rains", "wet"]
WIDTH = 4
INT, FLOAT = TensorProto.INT64, TensorProto.FLOAT


def table(rows, columns):
    """Numbers that differ from each other, the same on every machine."""
    return (np.arange(rows * columns, dtype=np.float32).reshape(rows, columns) % 7 - 3) / 8


def tokens(graph, names, called={}):
    """Ids → [batch, sequence, WIDTH], hidden tokens as zeros."""
    own = lambda name: called.get(name, name)
    x = graph.op("Gather", graph.constant("words", table(len(WORDS), WIDTH)), own("input_ids"), axis=0)
    if "token_type_ids" in names:
        kinds = graph.constant("types", table(2, WIDTH))
        x = graph.op("Add", x, graph.op("Gather", kinds, own("token_type_ids"), axis=0))
    if "attention_mask" in names:
        mask = graph.op("Unsqueeze", graph.op("Cast", own("attention_mask"), to=FLOAT), graph.whole("last", 2))
        x = graph.op("Mul", x, mask)
    return x


def text(path, output, classes=None, axes=3, types=True, mask=True, ends=None, called={}):
    """A model of texts: `axes` 3 answers each token, 2 each text; `ends` is what it does to its logits."""
    names = ["input_ids"] + ["attention_mask"] * mask + ["token_type_ids"] * types
    graph = Graph()
    x = tokens(graph, names, called)
    shape = ["batch", "sequence"]
    if axes == 2:
        x = graph.op("ReduceMean", x, axes=[1], keepdims=0)
        shape = ["batch"]
    if classes and ends:
        x = graph.op("MatMul", x, graph.constant("head", table(WIDTH, classes)))
        graph.op("Identity", graph.op(ends, x), named=output)
    elif classes:
        graph.op("MatMul", x, graph.constant("head", table(WIDTH, classes)), named=output)
    else:
        graph.op("Identity", x, named=output)
    save(graph, path, [(called.get(name, name), INT, ["batch", "sequence"]) for name in names], [(output, FLOAT, [*shape, classes or WIDTH])])


def sentences(path):
    """As sentence-transformers exports all of its modules: the tokens' vectors, and the vector of the text."""
    graph, names = Graph(), ["input_ids", "attention_mask"]
    graph.op("Identity", tokens(graph, names), named="token_embeddings")
    pooled = graph.op("ReduceMean", "token_embeddings", axes=[1], keepdims=0)
    graph.op("MatMul", pooled, graph.constant("dense", table(WIDTH, 2)), named="sentence_embedding")
    outputs = [("token_embeddings", FLOAT, ["batch", "sequence", WIDTH]), ("sentence_embedding", FLOAT, ["batch", 2])]
    save(graph, path, [(name, INT, ["batch", "sequence"]) for name in names], outputs)


def image(path, classes, size, output="logits"):
    graph = Graph()
    x = graph.op("ReduceMean", "pixel_values", axes=[2, 3], keepdims=0)
    graph.op("MatMul", x, graph.constant("head", table(3, classes)), named=output)
    save(graph, path, [("pixel_values", FLOAT, ["batch", 3, size, size])], [(output, FLOAT, ["batch", classes])])


def bare_image(path):
    """As torchvision's models are exported, one picture at a time."""
    graph = Graph()
    x = graph.op("ReduceMean", "input", axes=[2, 3], keepdims=0)
    graph.op("MatMul", x, graph.constant("head", table(3, 4)), named="output")
    save(graph, path, [("input", FLOAT, [1, 3, 32, 32])], [("output", FLOAT, [1, 4])])


def rows(path, columns, classes):
    """As skl2onnx writes a classifier without its dictionaries of probabilities."""
    graph = Graph()
    x = graph.op("MatMul", "X", graph.constant("head", table(columns, classes)))
    graph.op("Softmax", x, axis=1, named="probabilities")
    graph.op("ArgMax", x, axis=1, keepdims=0, named="label")
    save(graph, path, [("X", FLOAT, [None, columns])], [("label", INT, [None]), ("probabilities", FLOAT, [None, classes])])


def series(path, context, horizon, channels):
    graph = Graph()
    x = graph.op("Slice", "past_values", graph.whole("start", context - horizon), graph.whole("end", context), graph.whole("axis", 1))
    graph.op("Identity", x, named="prediction_outputs")
    save(graph, path, [("past_values", FLOAT, ["batch", context, channels])], [("prediction_outputs", FLOAT, ["batch", horizon, channels])])


def flat_series(path, context, horizon):
    """As a linear forecaster is exported, one series at a time: it looks like a table of numbers."""
    graph = Graph()
    graph.op("MatMul", "past_values", graph.constant("head", table(context, horizon)), named="prediction")
    save(graph, path, [("past_values", FLOAT, [1, context])], [("prediction", FLOAT, [1, horizon])])


def unknown(path):
    """Two inputs whose open axis must be even: the first guess at a request is refused."""
    graph = Graph()
    halves = graph.op("Reshape", "x", graph.whole("pairs", -1, 2))
    total = graph.op("ReduceSum", halves, graph.whole("all", 1), keepdims=0)
    graph.op("Add", total, graph.op("Cast", "n", to=FLOAT), named="y")
    save(graph, path, [("x", FLOAT, ["width"]), ("n", INT, [1])], [("y", FLOAT, ["half"])])


def save(graph, path, inputs, outputs):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    graph.save(path, inputs, outputs, "signatures.py")


def tokenizer(path, padding=None):
    special = [{"id": index, "content": word, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True} for index, word in enumerate(WORDS[:4])]
    ends = lambda kind, first, last: [{"SpecialToken": {"id": first, "type_id": kind}}] * bool(first) + [{"Sequence": {"id": "AB"[kind], "type_id": kind}}, {"SpecialToken": {"id": last, "type_id": kind}}]
    written = {
        "version": "1.0",
        "truncation": None,
        "padding": padding and {"strategy": {"Fixed": padding}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
        "added_tokens": special,
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": ends(0, "[CLS]", "[SEP]"),
            "pair": ends(0, "[CLS]", "[SEP]") + ends(1, None, "[SEP]"),
            "special_tokens": {word: {"id": word, "ids": [WORDS.index(word)], "tokens": [word]} for word in ["[CLS]", "[SEP]"]},
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": {word: index for index, word in enumerate(WORDS)}},
    }
    with open(path, "w") as file:
        json.dump(written, file, indent=1)
        file.write("\n")


def main(out):
    at = lambda *parts: os.path.join(out, *parts)
    text(at("all-MiniLM-L6-v2/onnx/model.onnx"), "last_hidden_state")
    tokenizer(at("all-MiniLM-L6-v2/tokenizer.json"), padding=128)
    text(at("distilbert-sst-2/onnx/model.onnx"), "logits", classes=2, axes=2, types=False)
    tokenizer(at("distilbert-sst-2/onnx/tokenizer.json"))
    text(at("bert-base-NER/onnx/model.onnx"), "logits", classes=9)
    tokenizer(at("bert-base-NER/tokenizer.json"))
    image(at("vit-base-patch16-224/onnx/model.onnx"), 4, 224)
    text(at("ms-marco-MiniLM-L6-v2/onnx/model.onnx"), "logits", classes=1, axes=2)
    tokenizer(at("ms-marco-MiniLM-L6-v2/tokenizer.json"))
    text(at("bge-small-en-v1.5/onnx/model.onnx"), "last_hidden_state")
    tokenizer(at("bge-small-en-v1.5/tokenizer.json"))
    text(at("bge-without-pooling/onnx/model.onnx"), "last_hidden_state")
    tokenizer(at("bge-without-pooling/tokenizer.json"))
    text(at("multilingual-e5-small/onnx/model.onnx"), "last_hidden_state")
    tokenizer(at("multilingual-e5-small/tokenizer.json"))
    sentences(at("distiluse-base/onnx/model.onnx"))
    tokenizer(at("distiluse-base/tokenizer.json"))
    bare_image(at("bare-resnet/resnet18.onnx"))
    text(at("twitter-roberta-sentiment/model.onnx"), "logits", classes=3, axes=2, types=False)
    text(at("unmasked-guard/model.onnx"), "logits", classes=2, axes=2, types=False, mask=False)
    tokenizer(at("unmasked-guard/tokenizer.json"), padding=32)
    rows(at("iris-sklearn/model.onnx"), 4, 3)
    series(at("patchtst/model.onnx"), 16, 4, 2)
    unknown(at("unknown/model.onnx"))
    text(at("emotion-scores/model.onnx"), "output_0", classes=3, axes=2, types=False, ends="Softmax")
    tokenizer(at("emotion-scores/tokenizer.json"))
    text(at("log-scores/model.onnx"), "logits", classes=3, axes=2, types=False, ends="LogSoftmax")
    tokenizer(at("log-scores/tokenizer.json"))
    text(at("scored-tokens/model.onnx"), "output_0", classes=9, types=False, ends="Softmax")
    tokenizer(at("scored-tokens/tokenizer.json"))
    text(at("own-names/model.onnx"), "logits", classes=2, axes=2, types=False, called={"input_ids": "tokens", "attention_mask": "padding_mask"})
    tokenizer(at("own-names/tokenizer.json"))
    text(at("nan-config/model.onnx"), "logits", classes=2, axes=2, types=False)
    tokenizer(at("nan-config/tokenizer.json"))
    image(at("clip-vision/model.onnx"), 4, 32, output="image_embeds")
    flat_series(at("dlinear/model.onnx"), 28, 7)


if __name__ == "__main__":
    main(*sys.argv[1:])
