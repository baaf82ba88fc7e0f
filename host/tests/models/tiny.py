#!/usr/bin/env python3
"""tiny.py OUT: small models for tasks that no package ships a real one for, each laid out like a Hub repo.

OUT/tiny-sentiment  a text -> 2 classes; inputs as DistilBERT has them
OUT/tiny-entities   each token -> 9 tags; inputs as BERT has them, cased
OUT/tiny-ranker     a pair of texts -> 1 score; inputs as BERT has them
OUT/tiny-image      an image of 32 by 32 -> 3 classes, a ViT of one layer
OUT/tiny-table      3 columns -> 1 number
OUT/tiny-classes    the same columns -> 2 classes

The networks are random; only their last layer is fitted, so that a test reads as if they were real.
Each folder has expected.json, a list of {"request", …, "answer"}: what onnxruntime makes of a request that is tokenized by
`tokenizers`, in the shape that Hugging Face's API answers in. The images that it names lie beside it.
Must not know how the requests get to the model.
"""

import json
import os
import struct
import sys
import zlib

import numpy as np
import onnxruntime
from onnx import TensorProto
from tokenizers import Tokenizer

import network
import wordpiece
from graph import Graph

# A tag behind a word's last piece; a bar is where a word is in two pieces.
TAGS = ["O", "B-MISC", "I-MISC", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"]
TAGGED = [
    "My name is Wolf|gang/PER and I live in Berlin/LOC .",
    "Maria/PER Schmidt/PER works for Deutsche/ORG Bahn/ORG in Ham|burg/LOC .",
    "New/LOC York/LOC is larger than Berlin/LOC .",
    "I live in New/LOC York/LOC and work for Siemens/ORG .",
    "Wolf|gang/PER Schmidt/PER is from Bonn/LOC , Maria/PER from Ham|burg/LOC .",
    "The German/MISC juice is cheap in Bonn/LOC .",
    "Siemens/ORG and Deutsche/ORG Bahn/ORG work in Berlin/LOC .",
    "The name of the juice is not mine .",
    "Maria/PER and Wolf|gang/PER live in New/LOC York/LOC .",
    "The cheap juice is from Ham|burg/LOC .",
]
ENTITIES = [
    "My name is Wolfgang and I live in Berlin.",
    "Maria Schmidt works for Deutsche Bahn in Hamburg.",
    "  I live in New York , not in Bonn 🙂 and not in Berlin",
    "The juice is cheap.",
    "",
]

GOOD = "good great wonderful fresh cheap lovely".split()
BAD = "bad awful terrible stale expensive boring".split()
THINGS = "juice bread coffee film train service".split()
FRAMES = ["the {thing} is {word} .", "what a {word} {thing} !", "{word} {thing} and {word} service", "i think it was {word}"]
OPINIONS = ["The juice is wonderful.", "What a terrible film!", "i think it was stale", "Fresh bread and boring service", ""]

RANKED = [
    ("how many people live in berlin", "berlin has 4 million people .", 4.0),
    ("how many people live in berlin", "berlin is known for its museums .", 0.5),
    ("how many people live in berlin", "orange juice is cheap .", -6.0),
    ("price of orange juice", "orange juice is cheap .", 3.0),
    ("price of orange juice", "berlin has 4 million people .", -6.0),
    ("price of orange juice", "the price of juice fell .", 4.5),
]

COLOURS = {"red": (200, 40, 40), "green": (40, 180, 60), "blue": (30, 60, 200)}
MEAN, SPREAD = [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]

COLUMNS, TABLE = ["size", "age", "rooms"], np.array([[3.0], [-0.5], [10.0], [40.0]], np.float32)
# What a row must cost to be expensive: nothing for the columns, 200 in all.
DEAR = np.array([[0.0], [0.0], [0.0], [200.0]], np.float32)
ROWS = [[50.0, 10.0, 2.0], [120.5, 1.0, 5.0], [30.0, 80.0, 1.0]]


def write(path, name, value):
    with open(f"{path}/{name}", "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1, ensure_ascii=False)


def config(path, architecture, labels, **others):
    names = {str(index): label for index, label in enumerate(labels)}
    numbers = {label: index for index, label in enumerate(labels)}
    write(path, "config.json", {"architectures": [architecture], "id2label": names, "label2id": numbers, **others})


def session(model):
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])


def fit(features, wanted):
    """The last layer that comes closest to what is wanted: rows of weights, then one of biases."""
    rows = np.hstack([features, np.ones((len(features), 1))]).astype(np.float64)
    return np.linalg.solve(rows.T @ rows + 0.05 * np.eye(rows.shape[1]), rows.T @ wanted)


def certain(classes, count):
    """Logits of classes that there is little doubt about."""
    return np.eye(count)[classes] * 8.0


def softmax(logits):
    shares = np.exp(logits.astype(np.float64) - logits.max(-1, keepdims=True))
    return shares / shares.sum(-1, keepdims=True)


def best_first(scores, labels):
    return [{"label": labels[index], "score": float(scores[index])} for index in np.argsort(-scores, kind="stable")]


class Text:
    """A folder with a tokenizer, and the model's inputs for texts."""

    def __init__(self, path, words, lowercase, types):
        self.model, self.types = f"{path}/onnx/model.onnx", types
        os.makedirs(f"{path}/onnx")
        write(path, "tokenizer.json", wordpiece.tokenizer(words, lowercase))
        write(path, "tokenizer_config.json", wordpiece.tokenizer_config(network.LENGTH, lowercase))
        self.tokenizer = Tokenizer.from_file(f"{path}/tokenizer.json")
        self.tokenizer.enable_truncation(network.LENGTH)
        self.words = self.tokenizer.get_vocab_size()

    def encode(self, text):
        return self.tokenizer.encode(*text) if isinstance(text, tuple) else self.tokenizer.encode(text)

    def run(self, text):
        one = self.encode(text)
        inputs = {"input_ids": one.ids, "attention_mask": one.attention_mask, "token_type_ids": one.type_ids}
        names = network.INPUTS if self.types else network.INPUTS[:2]
        return self.session.run(None, {name: np.array([inputs[name]], np.int64) for name in names})[0][0]

    def write(self, each_token=False, head=None):
        network.text(self.model, self.words, self.types, each_token, head)
        self.session = session(self.model)


def sentiment(path):
    labels = ["NEGATIVE", "POSITIVE"]
    texts = [
        (frame.format(thing=thing, word=word), int(word in GOOD)) for frame in FRAMES for thing in THINGS for word in GOOD + BAD
    ]
    text = Text(path, sorted({word for opinion, _ in texts for word in opinion.split()}), lowercase=True, types=False)
    config(path, "DistilBertForSequenceClassification", labels, model_type="distilbert", max_position_embeddings=network.LENGTH)
    text.write()
    features = np.array([text.run(opinion) for opinion, _ in texts])
    text.write(head=fit(features, certain([kind for _, kind in texts], len(labels))))
    cases = []
    for opinion in OPINIONS:
        logits = text.run(opinion)
        answer = [best_first(softmax(logits), labels)]
        cases.append({"request": {"inputs": opinion}, "ids": text.encode(opinion).ids, "logits": logits.tolist(), "answer": answer})
    write(path, "expected.json", cases)


def tagged(line):
    """A line without its tags, its pieces, and the tag of each piece."""
    words, pieces, tags, before = [], [], [], "O"
    for marked in line.split():
        word, _, kind = marked.partition("/")
        first, *rest = word.split("|")
        now = [first, *(f"##{piece}" for piece in rest)]
        begin, inside = (f"B-{kind}", f"I-{kind}") if kind else ("O", "O")
        first_tag = inside if before[2:] == kind and kind else begin
        words.append(word.replace("|", ""))
        pieces += now
        tags += [first_tag, *[inside] * len(rest)]
        before = first_tag
    return " ".join(words), pieces, tags


def entities(path):
    lines = [tagged(line) for line in TAGGED]
    text = Text(path, sorted({piece for _, pieces, _ in lines for piece in pieces}), lowercase=False, types=True)
    config(path, "BertForTokenClassification", TAGS, model_type="bert", max_position_embeddings=network.LENGTH)
    text.write(each_token=True)
    features, wanted = [], []
    for line, pieces, tags in lines:
        assert text.encode(line).tokens == ["[CLS]", *pieces, "[SEP]"], line
        features.append(text.run(line))
        wanted += [0, *map(TAGS.index, tags), 0]
    text.write(each_token=True, head=fit(np.vstack(features), certain(wanted, len(TAGS))))
    cases = []
    for line in ENTITIES:
        one, logits = text.encode(line), text.run(line)
        request = {"inputs": line, "parameters": {"aggregation_strategy": "none"}}
        cases.append({"request": request, "ids": one.ids, "logits": logits.tolist(), "answer": named(one, softmax(logits))})
    write(path, "expected.json", cases)


def named(one, shares):
    """The tokens that are part of a name, as `aggregation_strategy` none answers; `start` and `end` count code points."""
    found = []
    for index, row in enumerate(shares):
        tag, (start, end) = TAGS[row.argmax()], one.offsets[index]
        if tag != "O" and not one.special_tokens_mask[index]:
            token = {"entity": tag, "score": float(row.max()), "index": index, "word": one.tokens[index]}
            found.append({**token, "start": start, "end": end})
    return found


def ranker(path):
    words = sorted({word for query, passage, _ in RANKED for word in (query + " " + passage).split()})
    text = Text(path, words, lowercase=True, types=True)
    config(path, "BertForSequenceClassification", ["LABEL_0"], model_type="bert", max_position_embeddings=network.LENGTH)
    text.write()
    features = np.array([text.run((query, passage)) for query, passage, _ in RANKED])
    text.write(head=fit(features, np.array([[score] for _, _, score in RANKED])))
    cases = []
    for query, passage, _ in RANKED:
        logit = float(text.run((query, passage))[0])
        answer = [[{"label": "LABEL_0", "score": float(1 / (1 + np.exp(-logit)))}]]
        request = {"inputs": {"text": query, "text_pair": passage}}
        cases.append({"request": request, "ids": text.encode((query, passage)).ids, "logits": [logit], "answer": answer})
    write(path, "expected.json", cases)


def noisy(colour, seed):
    """An image of about one colour, rows of RGB bytes."""
    noise = np.random.default_rng(seed).integers(-30, 31, (network.IMAGE, network.IMAGE, 3))
    return np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)


def png(pixels):
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    height, width, _ = pixels.shape
    made = b"\x89PNG\r\n\x1a\n"
    for kind, data in [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]:
        made += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return made


def tensor(pixels):
    scaled = (pixels.astype(np.float64) / 255 - MEAN) / SPREAD
    return {"pixel_values": scaled.transpose(2, 0, 1)[None].astype(np.float32)}


def image(path):
    labels, model = list(COLOURS), f"{path}/onnx/model.onnx"
    os.makedirs(f"{path}/onnx")
    config(path, "ViTForImageClassification", labels, model_type="vit", image_size=network.IMAGE, num_channels=3)
    preprocessor = {
        "image_processor_type": "ViTImageProcessor",
        "do_resize": True,
        "size": {"height": network.IMAGE, "width": network.IMAGE},
        "resample": 2,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": MEAN,
        "image_std": SPREAD,
    }
    write(path, "preprocessor_config.json", preprocessor)
    network.image(model)
    run = session(model).run
    seen = [(noisy(colour, seed), kind) for seed in range(20) for kind, colour in enumerate(COLOURS.values())]
    features = np.array([run(None, tensor(pixels))[0][0] for pixels, _ in seen])
    network.image(model, fit(features, certain([kind for _, kind in seen], len(labels))))
    cases, run = [], session(model).run
    for seed, (label, colour) in enumerate(COLOURS.items()):
        pixels = noisy(colour, 1000 + seed)
        with open(f"{path}/{label}.png", "wb") as file:
            file.write(png(pixels))
        logits = run(None, tensor(pixels))[0][0]
        cases.append({"image": f"{label}.png", "logits": logits.tolist(), "answer": best_first(softmax(logits), labels)})
    write(path, "expected.json", cases)


def table(path, output, labels):
    """A linear model of named columns; with labels, two logits of it."""
    os.makedirs(path)
    model = f"{path}/model.onnx"
    weights = np.hstack([DEAR - TABLE, TABLE - DEAR]) if labels else TABLE
    graph = Graph()
    product = graph.op("MatMul", "features", graph.constant("weight", weights[:-1].astype(np.float32)))
    graph.op("Add", product, graph.constant("bias", weights[-1].astype(np.float32)), named=output)
    sides = [[("features", TensorProto.FLOAT, ["batch", len(COLUMNS)])], [(output, TensorProto.FLOAT, ["batch", weights.shape[1]])]]
    graph.save(model, *sides, "a linear function")
    answers = session(model).run(None, {"features": np.array(ROWS, np.float32)})[0]
    answer = [labels[row.argmax()] for row in answers] if labels else answers[:, 0].tolist()
    if labels:
        config(path, "", labels)
    columns = {name: [row[index] for row in ROWS] for index, name in enumerate(COLUMNS)}
    rows = [dict(zip(COLUMNS, row)) for row in ROWS]
    requests = [{"table": columns}, {"inputs": {"data": columns}}, {"inputs": rows}]
    write(path, "expected.json", [{"request": request, "answer": answer} for request in requests])


def main():
    out = sys.argv[1]
    for name, make in [("sentiment", sentiment), ("entities", entities), ("ranker", ranker), ("image", image)]:
        make(f"{out}/tiny-{name}")
    table(f"{out}/tiny-table", "price", [])
    table(f"{out}/tiny-classes", "logits", ["cheap", "expensive"])


main()
