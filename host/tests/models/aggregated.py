#!/usr/bin/env python3
"""aggregated.py MODELS: what transformers' own token-classification pipeline answers for MODELS/rampart, as aggregated.json here.

Run by hand, because transformers wants PyTorch: needs transformers 5.23.0, torch, onnxruntime.
Must not aggregate anything itself.
"""

import json
import os
import sys

import numpy as np
import onnxruntime
import torch
from transformers import AutoTokenizer, BertConfig, PreTrainedModel, TokenClassificationPipeline
from transformers.modeling_outputs import TokenClassifierOutput

from texts import PERSONAL

STRATEGIES = ["none", "simple", "first", "average", "max"]


class Network(PreTrainedModel):
    """The ONNX file in the place of a PyTorch model."""

    config_class = BertConfig

    def __init__(self, config, path):
        super().__init__(config)
        self.unused = torch.nn.Parameter(torch.zeros(1))
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def forward(self, input_ids, attention_mask, token_type_ids, **others):
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask, "token_type_ids": token_type_ids}
        logits = self.session.run(None, {name: value.numpy() for name, value in inputs.items()})[0]
        return TokenClassifierOutput(logits=torch.from_numpy(logits))


def plain(entity):
    return {name: float(value) if isinstance(value, np.floating) else value for name, value in entity.items()}


def main():
    folder = f"{sys.argv[1]}/rampart"
    model = Network(BertConfig.from_pretrained(folder), f"{folder}/onnx/model.onnx")
    run = TokenClassificationPipeline(model=model, tokenizer=AutoTokenizer.from_pretrained(folder))
    cases = []
    for text in PERSONAL:
        answers = {strategy: [plain(entity) for entity in run(text, aggregation_strategy=strategy)] for strategy in STRATEGIES}
        cases.append({"text": text, "answers": answers})
    with open(f"{os.path.dirname(os.path.abspath(__file__))}/aggregated.json", "w", encoding="utf-8") as file:
        json.dump(cases, file, indent=1, ensure_ascii=False)


main()
