"""Tokenizers of a few words, as tokenizer.json writes BERT's.
Must not know any network."""

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def vocabulary(words, lowercase):
    """The words, and the letters that every other word is made of."""
    letters = [chr(code) for code in range(33, 127) if not (lowercase and chr(code).isupper())]
    return list(dict.fromkeys([*SPECIAL, *letters, *(f"##{one}" for one in letters if one.isalnum()), *words]))


def tokenizer(words, lowercase):
    """The content of tokenizer.json."""

    def special(token, row):
        return {"SpecialToken": {"id": token, "type_id": row}}

    def sequence(name, row):
        return {"Sequence": {"id": name, "type_id": row}}

    single = [special("[CLS]", 0), sequence("A", 0), special("[SEP]", 0)]
    added = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": index, "content": token, **added} for index, token in enumerate(SPECIAL)],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": lowercase,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": single,
            "pair": [*single, sequence("B", 1), special("[SEP]", 1)],
            "special_tokens": {
                token: {"id": token, "ids": [SPECIAL.index(token)], "tokens": [token]} for token in ["[CLS]", "[SEP]"]
            },
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {piece: index for index, piece in enumerate(vocabulary(words, lowercase))},
        },
    }


def tokenizer_config(length, lowercase):
    """The content of tokenizer_config.json."""
    return {
        "unk_token": "[UNK]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "cls_token": "[CLS]",
        "mask_token": "[MASK]",
        "do_lower_case": lowercase,
        "model_max_length": length,
        "tokenizer_class": "BertTokenizer",
    }
