"""The forecasting Transformer: an encoder over ten-day patches of returns and one token for the series.

It takes scaled prices and answers scaled prices; log returns, gaps and volatility are all worked out inside the graph.
"""
import math

import torch
from torch import nn

import features

CONTEXT, HORIZON = features.CONTEXT, features.HORIZON
RETURNS = CONTEXT - 1
PATCH = 9
PATCHES = RETURNS // PATCH
# A day's return beyond this is no return of an index; it would only break the arithmetic.
LARGEST = 0.7
SMALLEST_PRICE = 1e-9
# Below this daily volatility a series counts as constant.
LEAST_VOLATILITY = 1e-5
DECAYS = [0.80, 0.94, 0.98, 1.0]
BASE = 1
NORMAL = [-1.96, -1.2816, -0.6745, 0.0, 0.6745, 1.2816, 1.96]


def decaying():
    """Columns of weights that fall by a factor a day into the past, [returns, decays]."""
    ages = torch.arange(RETURNS - 1, -1, -1.0)[:, None]
    return torch.tensor(DECAYS)[None] ** ages


class Summary(nn.Module):
    """Scaled prices to the last price, the daily volatility, standardised returns and what the series is like."""

    def __init__(self):
        super().__init__()
        self.register_buffer("weights", decaying())
        self.register_buffer("places", torch.arange(1.0, CONTEXT + 1))
        self.register_buffer("until", torch.tril(torch.ones(CONTEXT, CONTEXT)))

    def filled(self, values, seen):
        """Each day's value, or that of the last day seen before it; and whether there is any."""
        last = (seen * self.places).unsqueeze(1) * self.until
        last = last.amax(2)
        chosen = torch.relu(1 - (last.unsqueeze(2) - self.places).abs())
        return (chosen @ (values * seen).unsqueeze(2)).squeeze(2), last.clamp(0, 1)

    def forward(self, past):
        price, observed = past[:, :, 0], past[:, :, 1]
        seen = observed * (price > SMALLEST_PRICE).float()
        logs, any_before = self.filled(price.clamp(min=SMALLEST_PRICE).log(), seen)
        known = any_before[:, :-1]
        returns = ((logs[:, 1:] - logs[:, :-1]) * known).clamp(-LARGEST, LARGEST)
        counts = known @ self.weights
        variances = ((returns * returns) @ self.weights) / counts.clamp(min=1e-3) + LEAST_VOLATILITY**2
        logs_of = 0.5 * variances.log()
        volatility = (0.5 * variances[:, BASE:BASE + 1] + 0.5 * variances[:, -1:]).sqrt()
        standard = (returns / volatility).clamp(-6, 6)
        drifts = ((returns @ self.weights) / counts.clamp(min=1e-3) / volatility).clamp(-2, 2)
        series = torch.cat([logs_of - volatility.log(), drifts, counts[:, -1:] / RETURNS, (volatility.log() + 4.6).clamp(-3, 3)], 1)
        # With no price above zero there is nothing to be relative to: the answer is zero.
        last = logs[:, -1:].exp() * any_before[:, -1:]
        return last, volatility, standard, known, series


class Block(nn.Module):
    """A pre-norm encoder layer written out, so that it exports to plain MatMul, Softmax and Erf."""

    def __init__(self, width, heads, dropout):
        super().__init__()
        self.heads, self.size = heads, width // heads
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.wide, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        y = self.first(x)
        query, key, value = (part(y).reshape(-1, PATCHES + 1, self.heads, self.size).transpose(1, 2) for part in (self.query, self.key, self.value))
        attention = torch.softmax(query @ key.transpose(2, 3) / math.sqrt(self.size), dim=-1)
        mixed = (self.dropout(attention) @ value).transpose(1, 2).reshape(-1, PATCHES + 1, self.heads * self.size)
        x = x + self.dropout(self.out(mixed))
        return x + self.dropout(self.narrow(self.dropout(nn.functional.gelu(self.wide(self.second(x))))))


class Forecaster(nn.Module):
    """Seven ordered quantiles of the price on each of the next ten days, in units of the series' scale."""

    def __init__(self, width=32, layers=2, heads=4, dropout=0.1):
        super().__init__()
        self.summary = Summary()
        series = self.summary(torch.ones(2, CONTEXT, 2))[4]
        self.patch, self.series = nn.Linear(3 * PATCH, width), nn.Linear(series.shape[1], width)
        self.place = nn.Parameter(torch.zeros(1, PATCHES + 1, width))
        self.blocks = nn.ModuleList(Block(width, heads, dropout) for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 3 * HORIZON)
        nn.init.normal_(self.place, std=0.02)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        # At the start it is a random walk with normal returns of the recent volatility.
        steps = torch.tensor(NORMAL).diff()
        steps = torch.cat([steps[:3], torch.zeros(1), steps[3:]])
        self.shape = nn.Parameter(torch.log(torch.expm1(steps.clamp(min=1e-3)))[None].repeat(HORIZON, 1))
        # Quantile k is the median plus (or minus) the positive steps between the two.
        signs = torch.zeros(7, 7)
        for k in range(7):
            signs[min(k, 3):3, k] = -1
            signs[4:max(k, 3) + 1, k] = 1
        self.register_buffer("signs", signs)
        self.register_buffer("roots", torch.arange(1.0, HORIZON + 1).sqrt()[None])

    def forward(self, past):
        last, volatility, standard, known, series = self.summary(past)
        days = torch.stack([standard * 0.5, standard.abs() - 0.8 * known, known], 2).reshape(-1, PATCHES, 3 * PATCH)
        x = torch.cat([self.series(series).unsqueeze(1), self.patch(days)], 1) + self.place
        for block in self.blocks:
            x = block(x)
        head = self.head(self.norm(x[:, 0]))
        width, lean, median = head[:, :HORIZON], head[:, HORIZON:2 * HORIZON], head[:, 2 * HORIZON:]
        unit = volatility * self.roots
        steps = nn.functional.softplus(self.shape) * (unit * width.clamp(-2, 2).exp()).unsqueeze(2)
        # The lower side is widened by as much as the upper one is narrowed.
        sides = torch.cat([(-lean).unsqueeze(2).expand(-1, -1, 3), lean.unsqueeze(2).expand(-1, -1, 4)], 2)
        change = (0.2 * median * unit).unsqueeze(2) + (steps * sides.clamp(-1, 1).exp()) @ self.signs
        return last.unsqueeze(2) * change.clamp(-5, 5).exp()
