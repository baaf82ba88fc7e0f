#!/usr/bin/env python3
"""reference.py MODELS: what `tokenizers` and onnxruntime answer for the models in that folder, as MODELS/reference/*.json.

texts.json                   1000 texts; the embeddings are of the first 100
pairs.json                   200 pairs of texts
minilm-ids.json              token ids of each text, cut to 256, not padded
minilm-offsets.json          [start, end] of each token of the first 200 texts, in code points
minilm-pairs.json            {"ids", "types"} of each pair, cut to 256
minilm*-embeddings.json      mean over the tokens, then L2, as sentence-transformers pools; one file for each folder minilm*
nanoguard-ids.json           token ids of each text, cut to 512, without the padding
nanoguard-scores.json        [{"text", "scores": {label: probability}}] for 50 texts, padded to 512
rampart-tokens.json          [{"text", "ids", "answer"}]: the tokens that are no `O`, as aggregation_strategy none answers
orientation-scores.json      [{"image", "scores": {label: probability}}] of the pages beside the model
Must not know how the models were made.
"""

import json
import os
import sys

import numpy as np
import onnxruntime
from PIL import Image
from tokenizers import Tokenizer

from texts import PERSONAL, PROMPTS, pairs, texts

LENGTH = 256
models = sys.argv[1]
out = f"{models}/reference"


def write(name, value):
    with open(f"{out}/{name}.json", "w", encoding="ascii") as file:
        json.dump(value, file, separators=(",", ":"))


def session(path):
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def labels(folder):
    with open(f"{models}/{folder}/config.json", encoding="utf-8") as file:
        named = json.load(file)["id2label"]
    return [named[str(index)] for index in range(len(named))]


def softmax(logits):
    shares = np.exp(logits.astype(np.float64) - logits.max(-1, keepdims=True))
    return shares / shares.sum(-1, keepdims=True)


def bert(ids):
    """A model's inputs for one text without padding."""
    return {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}


def tokenizer(folder):
    made = Tokenizer.from_file(f"{models}/{folder}/tokenizer.json")
    made.no_padding()
    return made


def minilm(folder, everything):
    # The file itself says 128; sentence-transformers overrides it by its own max_seq_length.
    tokens = tokenizer(folder)
    tokens.enable_truncation(LENGTH)
    encoded = [tokens.encode(text) for text in everything]
    write("minilm-ids", [one.ids for one in encoded])
    write("minilm-offsets", [one.offsets for one in encoded[:200]])
    both = [tokens.encode(*pair) for pair in pairs()]
    write("minilm-pairs", [{"ids": one.ids, "types": one.type_ids} for one in both])
    return encoded


def embed(folder, encoded):
    model = session(f"{models}/{folder}/onnx/model.onnx")
    vectors = []
    for one in encoded:
        ids = np.array([one.ids], np.int64)
        hidden = model.run(None, bert(ids))[0][0]
        mean = hidden.mean(0, dtype=np.float64)
        vectors.append((mean / max(np.linalg.norm(mean), 1e-12)).astype(np.float32).tolist())
    write(f"{folder}-embeddings", vectors)


def nanoguard(everything):
    tokens = Tokenizer.from_file(f"{models}/nanoguard/tokenizer.json")
    unpadded, names = tokenizer("nanoguard"), labels("nanoguard")
    write("nanoguard-ids", [unpadded.encode(text).ids for text in everything])
    model = session(f"{models}/nanoguard/model.onnx")
    scores = []
    for text in [*PROMPTS, *everything[:40]]:
        one = tokens.encode(text)
        inputs = {"input_ids": np.array([one.ids], np.int64), "attention_mask": np.array([one.attention_mask], np.int64)}
        shares = softmax(model.run(None, inputs)[0][0])
        scores.append({"text": text, "scores": dict(zip(names, shares.tolist()))})
    write("nanoguard-scores", scores)


def rampart(everything):
    tokens, names = tokenizer("rampart"), labels("rampart")
    tokens.enable_truncation(512)
    model = session(f"{models}/rampart/onnx/model.onnx")
    cases = []
    for text in [*PERSONAL, *everything[:60]]:
        one = tokens.encode(text)
        ids = np.array([one.ids], np.int64)
        shares = softmax(model.run(None, bert(ids))[0][0])
        answer = []
        for index, row in enumerate(shares):
            name, (start, end) = names[row.argmax()], one.offsets[index]
            if name != "O" and not one.special_tokens_mask[index]:
                token = {"entity": name, "score": float(row.max()), "index": index, "word": one.tokens[index]}
                answer.append({**token, "start": start, "end": end})
        cases.append({"text": text, "ids": one.ids, "answer": answer})
    write("rampart-tokens", cases)


def orientation():
    folder = f"{models}/orientation"
    with open(f"{folder}/preprocessor_config.json", encoding="ascii") as file:
        wanted = json.load(file)
    names, model = labels("orientation"), session(f"{folder}/model.onnx")
    cases = []
    for name in sorted(name for name in os.listdir(folder) if name.startswith("page-")):
        image = Image.open(f"{folder}/{name}").convert("RGB")
        edge = wanted["size"]["shortest_edge"]
        image = image.resize([side * edge // min(image.size) for side in image.size], wanted["resample"])
        width, height = wanted["crop_size"]["width"], wanted["crop_size"]["height"]
        left, top = (image.width - width) // 2, (image.height - height) // 2
        pixels = np.asarray(image.crop((left, top, left + width, top + height))) * wanted["rescale_factor"]
        pixels = ((pixels - wanted["image_mean"]) / wanted["image_std"]).transpose(2, 0, 1)[None].astype(np.float32)
        scores = model.run(None, {"x": pixels})[0][0]
        cases.append({"image": name, "scores": dict(zip(names, scores.tolist()))})
    write("orientation-scores", cases)


def main():
    os.makedirs(out, exist_ok=True)
    everything = texts()
    write("texts", everything)
    write("pairs", pairs())
    folders = sorted(name for name in os.listdir(models) if name.startswith("minilm"))
    encoded = minilm(folders[0], everything)
    for folder in folders:
        embed(folder, encoded[:100])
    nanoguard(everything)
    rampart(everything)
    orientation()


main()
