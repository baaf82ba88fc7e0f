"""Writes cases.json: what transformers' TokenClassificationPipeline answers, case by case.

    pip install numpy transformers==5.23.0 && python make.py

Tokenizers are trained here on a few sentences, and the logits are random: only the steps from logits to
entities are transformers' own. Training is not deterministic, so each run writes other cases.
A token is [start, end, word, special], its place in bytes of the text; an entity is [label, score, start, end],
and its token's index where the strategy is none.
"""

import json
import pathlib
import types
import warnings

import numpy as np
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast
from transformers.pipelines.token_classification import AggregationStrategy, TokenClassificationPipeline

TEXTS = [
    "Angela Merkel lives in Berlin.",
    "My name is Wolfgang and I live in Berlin, Germany!",
    "Hugging Face Inc. is a company based in New York City.",
    "Enzo works at the Australian National University (UN)",
    "San Francisco's mayor, London Breed, met U.S. officials.",
    "naïve café owners in Zürich–Genève pay 3.50€ a cup",
    "東京 is not Kyōto, says Yoshida-san",
    "the the the micro soft company co-founded Micro-Soft",
    "  two  spaces   and\ttabs\nand lines ",
    "rock'n'roll isn't dead: AC/DC plays in São Paulo",
    "X",
    "Consuelo Araújo Noguera, ministra de cultura del presidente Andrés Pastrana (1998.2002)",
]
# Of each set of labels a third of the cases: BIO, kinds without prefix, and BIOES with a name of two parts.
LABELS = [
    ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-MISC", "I-MISC"],
    ["O", "PER", "LOC", "ORG"],
    ["O", "B-PER", "I-PER", "E-PER", "S-PER", "B-WORK-OF-ART", "I-WORK-OF-ART", "L-LOC"],
]


def trained(tokenizer, trainer):
    tokenizer.train_from_iterator(TEXTS * 3, trainer)
    return tokenizer


def word_piece(lowercase):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", continuing_subword_prefix="##"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = ["[UNK]", "[CLS]", "[SEP]"]
    trained(tokenizer, trainers.WordPieceTrainer(vocab_size=150, special_tokens=special, show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]")


def byte_level():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trained(
        tokenizer,
        trainers.BpeTrainer(
            vocab_size=330, special_tokens=["<s>", "</s>"], initial_alphabet=alphabet, show_progress=False
        ),
    )
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0), trim_offsets=True)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, cls_token="<s>", sep_token="</s>")


def meta_space():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    special = ["<s>", "</s>", "<unk>"]
    trained(
        tokenizer,
        trainers.UnigramTrainer(vocab_size=160, special_tokens=special, unk_token="<unk>", show_progress=False),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", cls_token="<s>", sep_token="</s>")


def pipeline_for(tokenizer, labels):
    pipeline = object.__new__(TokenClassificationPipeline)
    pipeline.tokenizer = tokenizer
    pipeline.model = types.SimpleNamespace(config=types.SimpleNamespace(id2label=dict(enumerate(labels))))
    return pipeline


def case(tokenizer, words, text, labels, random):
    encoded = tokenizer(text, return_offsets_mapping=True, return_special_tokens_mask=True)
    # Two random walks: neighbours are alike, so that there are entities of several tokens.
    steps = random.normal(0, 1.6, (len(encoded["input_ids"]), len(labels)))
    logits = np.round(0.6 * np.cumsum(steps, axis=0) + steps, 1).astype(np.float32)

    # As in TokenClassificationPipeline.postprocess, which needs torch for its dtypes only.
    shifted_exp = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
    scores = shifted_exp / shifted_exp.sum(axis=-1, keepdims=True)
    pipeline = pipeline_for(tokenizer, labels)
    expected = {}
    for strategy in AggregationStrategy:
        pieces = pipeline.gather_pre_entities(
            text, np.array(encoded["input_ids"]), scores, encoded["offset_mapping"],
            np.array(encoded["special_tokens_mask"]), strategy,
        )
        entities = pipeline.aggregate(pieces, strategy)
        kept = [e for e in entities if e.get("entity") != "O" and e.get("entity_group") != "O"]
        expected[strategy.value] = [
            [e.get("entity") or e["entity_group"], round(float(e["score"]), 5), e["start"], e["end"]]
            + ([e["index"]] if "index" in e else [])
            for e in kept
        ]

    def in_bytes(characters):
        return len(text[:characters].encode())

    tokens = [
        [in_bytes(start), in_bytes(end), word, bool(special)]
        for (start, end), word, special in zip(
            encoded["offset_mapping"], encoded.word_ids(0), encoded["special_tokens_mask"]
        )
    ]
    return {
        "words": words,
        "text": text,
        "labels": labels,
        "tokens": tokens,
        "logits": [round(float(x), 1) for x in logits.flatten()],
        "expected": expected,
    }


def main():
    warnings.simplefilter("ignore")
    random = np.random.default_rng(20260923)
    tokenizers = [
        (word_piece(lowercase=False), "tokenizer"),
        (word_piece(lowercase=True), "tokenizer"),
        (byte_level(), "spaces"),
        (meta_space(), "spaces"),
    ]
    cases = [
        case(tokenizer, words, text, LABELS[(i + j) % len(LABELS)], random)
        for i, (tokenizer, words) in enumerate(tokenizers)
        for j, text in enumerate(TEXTS)
    ]
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in cases)
    pathlib.Path(__file__).with_name("cases.json").write_text(f"[\n{lines}\n]\n")


main()
