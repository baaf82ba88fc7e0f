"""Weights on disk: the state of a network by name, without pickles.

It knows no network.
"""
import numpy as np
import torch


def save(file, state):
    np.savez_compressed(file, **{name: tensor.numpy() for name, tensor in state.items()})


def load(file):
    with np.load(file) as arrays:
        return {name: torch.tensor(arrays[name]) for name in arrays}
