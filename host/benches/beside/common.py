"""What every Python server beside modelhost runs: tokenise, onnxruntime on two threads, mean pooling, length 1. FOLDER is the model's."""
import os

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

folder = os.environ["FOLDER"]
tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
tokenizer.enable_truncation(256)
tokenizer.enable_padding()
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 2
# Threads that spin while they wait take the time of the server and of its clients.
options.add_session_config_entry("session.intra_op.allow_spinning", "0")
session = onnxruntime.InferenceSession(f"{folder}/onnx/model.onnx", options, providers=["CPUExecutionProvider"])


def embed(texts):
    encoded = tokenizer.encode_batch(list(texts))
    ids = np.array([it.ids for it in encoded], np.int64)
    mask = np.array([it.attention_mask for it in encoded], np.int64)
    feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    hidden = session.run(None, feed)[0]
    weights = mask[..., None].astype(np.float32)
    mean = (hidden * weights).sum(1) / weights.sum(1)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)
