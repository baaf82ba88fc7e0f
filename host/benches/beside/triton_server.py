"""Triton with its dynamic batcher, which takes what waits, up to 16, and waits for nothing."""
import numpy as np
from common import embed
from pytriton.decorators import batch
from pytriton.model_config import DynamicBatcher, ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig


@batch
def predict(text):
    return {"embedding": embed([it[0].decode() for it in text]).astype(np.float32)}


ports = {"http_port": 17860, "grpc_port": 17861, "metrics_port": 17862}
with Triton(config=TritonConfig(http_address="127.0.0.1", **ports)) as triton:
    triton.bind(
        "embed",
        predict,
        [Tensor(name="text", dtype=bytes, shape=(1,))],
        [Tensor(name="embedding", dtype=np.float32, shape=(384,))],
        config=ModelConfig(max_batch_size=16, batcher=DynamicBatcher(max_queue_delay_microseconds=0)),
        strict=True,
    )
    triton.serve()
