"""Batches of training windows: the same tensor as `features.py`, built for many series at once, and augmented.

It knows prices and channels, and nothing of the model.
"""
import torch

import features

CONTEXT, HORIZON = features.CONTEXT, features.HORIZON
MIXED, FLIPPED, SHORTENED, GAPPED = 0.5, 0.35, 0.05, 0.05
SHORTEST = features.PRE["min_history"]


def cut(prices, series, origin):
    """Prices of a window whose first future day is `origin`: [batch, context + horizon]."""
    days = origin[:, None] - CONTEXT + torch.arange(CONTEXT + HORIZON)[None]
    return prices[series[:, None], days]


class Panel:
    """Every window that ends before a day."""

    def __init__(self, prices, before):
        self.prices = torch.tensor(prices)[:, :before]
        whole = self.prices.unfold(1, CONTEXT + HORIZON, 1).isfinite().all(2)
        self.series, self.first = whole.nonzero(as_tuple=True)

    def draw(self, count, rng):
        """Random windows: half of them a portfolio of all indices with random weights, a third of them with rise and fall exchanged."""
        chosen = torch.randint(0, len(self.series), (count,), generator=rng)
        series, origin = self.series[chosen], self.first[chosen] + CONTEXT
        every = torch.stack([cut(self.prices, torch.full_like(origin, k), origin) for k in range(len(self.prices))], 1)
        known = every.isfinite().all(2).double()
        every = torch.nan_to_num(every / every[:, :, :1], nan=1.0)
        one = torch.nn.functional.one_hot(series, len(self.prices)).double()
        cuts = torch.rand(count, len(self.prices), generator=rng, dtype=torch.float64).log().neg() * known
        mixed = (torch.rand(count, 1, generator=rng) < MIXED).double()
        weights = mixed * cuts / cuts.sum(1, keepdim=True) + (1 - mixed) * one
        relative = (every * weights[:, :, None]).sum(1)
        return torch.where(torch.rand(count, 1, generator=rng) < FLIPPED, 1 / relative, relative)


def whole(count):
    """Which days of the context are seen: all of them."""
    return torch.ones(count, CONTEXT, dtype=torch.float64)


def shortened(seen, length):
    """Only the last `length` days, [batch, 1] or a number."""
    return seen * (torch.arange(CONTEXT)[None] >= CONTEXT - length)


def gapped(seen, share, rng):
    """Without a random share of the days."""
    return seen * (torch.rand(seen.shape, generator=rng) >= share)


def degrade(seen, rng):
    """Takes away what a request may lack: early history, single days."""
    count = len(seen)

    def some(share):
        return torch.rand(count, 1, generator=rng) < share

    length = torch.where(some(SHORTENED), torch.randint(SHORTEST, CONTEXT, (count, 1), generator=rng), CONTEXT)
    return torch.where(some(GAPPED), gapped(seen, 0.2, rng), shortened(seen, length))


def tensors(prices, seen):
    """The model's input and its scale, for prices [batch, context…]."""
    past = prices[:, :CONTEXT] * seen
    scale = past.sum(1, keepdim=True) / seen.sum(1, keepdim=True).clamp(min=1)
    scale = scale.clamp(min=features.PRE["scale"]["floor"])
    return torch.stack([past / scale, seen], 2).float(), scale
