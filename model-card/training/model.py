"""The forecasting Transformer: an encoder over one token for the series and one for each day to forecast.

It takes the raw channels of `plugin-config.yaml`; every summary of the history is computed inside (`summary.py`), so the graph is self-contained.
"""
import math

import torch
from torch import nn

import features
import lookback
from summary import BACK, FUTURE, HORIZON, PAST, Summary

# The conformal adjustment has a row for 8, 16, 32 and 64 units a day, and what lies between is interpolated.
VOLUMES = 4
MEDIAN = len(features.LEVELS) // 2


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
        query, key, value = (part(y).reshape(-1, HORIZON + 1, self.heads, self.size).transpose(1, 2) for part in (self.query, self.key, self.value))
        attention = torch.softmax(query @ key.transpose(2, 3) / math.sqrt(self.size), dim=-1)
        mixed = (self.dropout(attention) @ value).transpose(1, 2).reshape(-1, HORIZON + 1, self.heads * self.size)
        x = x + self.dropout(self.out(mixed))
        return x + self.dropout(self.narrow(self.dropout(nn.functional.gelu(self.wide(self.second(x))))))


class Forecaster(nn.Module):
    """Seven ordered quantiles for seven days, in units of the series' scale."""

    def __init__(self, width=64, layers=2, heads=4, dropout=0.1):
        super().__init__()
        self.summary = Summary()
        tensors = (torch.zeros(2, part, len(names)) for part, names in ((features.CONTEXT, PAST), (HORIZON, FUTURE)))
        windows = self.summary(*tensors, torch.zeros(2, 1))
        self.series, self.day = nn.Linear(windows.series.shape[2], width), nn.Linear(windows.day.shape[3], width)
        self.step = nn.Parameter(torch.zeros(1, HORIZON + 1, width))
        self.blocks = nn.ModuleList(Block(width, heads, dropout) for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, len(features.LEVELS))
        nn.init.normal_(self.step, std=0.02)
        nn.init.zeros_(self.head.weight)
        nn.init.constant_(self.head.bias, -1.0)
        nn.init.zeros_(self.head.bias[3:4])
        # Quantile k is the median plus (or minus) the positive steps between the two.
        signs = torch.zeros(7, 7)
        for k in range(7):
            signs[min(k, 3):3, k] = -1
            signs[4:max(k, 3) + 1, k] = 1
        self.register_buffer("signs", signs)

        # Conformal factors of the steps, by volume and for days near an event; `calibrate.py` fits them, training does without.
        self.lookback = lookback.Lookback()
        self.register_buffer("volumes", torch.arange(float(VOLUMES)), persistent=False)
        self.register_buffer("widening", torch.ones(VOLUMES, 7))
        self.register_buffer("event_widening", torch.ones(7))

    def parts(self, series, day, level, unit, count=len(BACK)):
        """Of `count` windows, the median and the positive steps between neighbouring quantiles, before any adjustment."""
        x = torch.cat([self.series(series).unsqueeze(2), self.day(day)], 2) + self.step
        x = x.reshape(-1, HORIZON + 1, self.step.shape[2])
        for block in self.blocks:
            x = block(x)
        head = self.head(self.norm(x[:, 1:])).reshape(-1, count, HORIZON, len(features.LEVELS))
        return level.unsqueeze(2) + head[..., MEDIAN:MEDIAN + 1], nn.functional.softplus(head) * unit.unsqueeze(2)

    def factors(self):
        """What `calibrate.py` fits, by its name in the state."""
        return {"lookback.typical": self.lookback.typical, "widening": self.widening, "event_widening": self.event_widening}

    def quantiles(self, median, steps, windows):
        return (median[:, -1] + steps[:, -1] @ self.signs) * windows.open[:, -1]

    def unadjusted(self, past, future, static):
        """The quantiles before any adjustment: what training fits."""
        windows = self.summary(past, future, static)
        return self.quantiles(*self.parts(*(part[:, -1:] for part in windows[:4]), count=1), windows)

    def looked_back(self, past, future, static):
        """The windows, their medians and steps, and the scores and counts of the looks back."""
        windows = self.summary(past, future, static)
        median, steps = self.parts(*windows[:4])
        return windows, median, steps, *self.lookback.scores(median, steps, windows, past)

    def volume(self, static):
        """[batch, VOLUMES] weights that add up to one: where the scale lies between 8, 16, 32 and 64."""
        place = (static / math.log(2) - 3).clamp(0, VOLUMES - 1)
        return torch.relu(1 - (place - self.volumes).abs())

    def ordinary(self, past, future, static):
        """The windows, and the request's median and its steps as the looks back and the volume have them, and events do not yet."""
        windows, median, steps, score, counts = self.looked_back(past, future, static)
        widening = self.lookback.factor(score, counts) * (self.volume(static) @ self.widening).unsqueeze(1).unsqueeze(1)
        return windows, median[:, -1:], steps[:, -1:] * widening

    def forward(self, past, future, static):
        windows, median, steps = self.ordinary(past, future, static)
        return self.quantiles(median, steps * (1 + windows.near[:, -1:] * (self.event_widening - 1)), windows)
