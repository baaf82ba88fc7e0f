"""Batches of training windows: the same tensors as `features.py`, built for many series at once, and augmented.

It knows the table and the channels, and nothing of the model.
"""
import numpy as np
import torch

import data
import features

CONTEXT, HORIZON = features.CONTEXT, features.HORIZON
COVARIATES = features.PRE["covariates"]
DROP = {"start": 0.04, "past": 0.03, "future": 0.03, "shorten": 0.03, "gaps": 0.03}
MIXED = 0.3
FIRST_ORIGIN = 14


def learnable(until, left_out=frozenset()):
    """The days on which training windows may begin: none of their target days is after `until` (a day index) or left out."""
    return [origin for origin in range(FIRST_ORIGIN, until - HORIZON + 2) if left_out.isdisjoint(range(origin, origin + HORIZON))]


class Panel:
    """Units, covariates and date channels of every category and day, with one empty context in front."""

    def __init__(self, table):
        def padded(array):
            return torch.tensor(np.pad(array, ((0, 0), (CONTEXT, 0))), dtype=torch.float32)

        self.units = padded(table["units"])
        self.observed = padded(np.ones_like(table["units"]))
        self.covariates = {name: padded(table[name]) for name in COVARIATES}
        names = features.PRE["past"]["channels"] + features.PRE["future"]["channels"]
        dates = [day.date() for day in data.DAYS]
        self.dates = {
            name: torch.tensor([0.0] * CONTEXT + [features.date_channel(name, day) for day in dates])
            for name in set(names) if name.split(":")[0] in ("calendar", "event", "before", "after")
        }

    def raw(self, category, origin):
        """Unscaled windows whose first future day is `origin` (an index into the days)."""
        days = origin[:, None] + torch.arange(CONTEXT + HORIZON)[None]
        rows = category[:, None]
        known = self.observed[rows, days].clone()
        known[:, CONTEXT:] = 1
        return {
            "units": self.units[rows, days], "observed": self.observed[rows, days],
            "dated": torch.ones(len(origin), 1), "dates": {name: values[days] for name, values in self.dates.items()},
            "covariates": {name: (values[rows, days], known.clone()) for name, values in self.covariates.items()},
        }


def mix(a, b, chosen):
    """The sum of two categories over the same days is another plausible series."""
    chosen = chosen[:, None].float()
    covariates = {name: (a["covariates"][name][0] + chosen * b["covariates"][name][0], known) for name, (_, known) in a["covariates"].items()}
    return {**a, "units": a["units"] + chosen * b["units"], "covariates": covariates}


def degrade(raw, rng):
    """Takes away what a request may lack: start, covariates, early history, single days."""
    count = len(raw["units"])

    def some(name):
        return (torch.rand(count, 1, generator=rng) < DROP[name]).float()

    inside = torch.arange(CONTEXT + HORIZON)[None] < CONTEXT
    length = torch.randint(14, CONTEXT, (count, 1), generator=rng)
    lost = some("shorten") * (torch.arange(CONTEXT + HORIZON)[None] < CONTEXT - length)
    gap = some("gaps") * (torch.rand(count, CONTEXT + HORIZON, generator=rng) < 0.3) * inside
    covariates = {}
    for name, (values, known) in raw["covariates"].items():
        known = known * (1 - lost) * (1 - some("past") * inside) * (1 - some("future") * ~inside)
        covariates[name] = (values, known)
    return {**raw, "observed": raw["observed"] * (1 - lost) * (1 - gap), "dated": raw["dated"] * (1 - some("start")), "covariates": covariates}


def tensors(raw):
    """Past, future and static tensors, the true units of the horizon and the scale."""
    observed = raw["observed"][:, :CONTEXT]
    over = features.PRE["scale"]["over"]
    seen = observed[:, -over:]
    scale = (raw["units"][:, CONTEXT - over:CONTEXT] * seen).sum(1, keepdim=True) / seen.sum(1, keepdim=True).clamp(min=1)
    scale = scale.clamp(min=features.PRE["scale"]["floor"])
    # The plugin fills the steps before the first of a series with zeros in every channel.
    inside = (observed.cumsum(1) > 0).float()

    def channel(name, part):
        kind, _, rest = name.partition(":")
        if kind in ("covariate", "known"):
            values, known = raw["covariates"][rest]
            return (known if kind == "known" else values * known)[:, part]
        if name == "target":
            return raw["units"][:, part] / scale * observed
        if name == "observed":
            return observed
        if name == "dated":
            return raw["dated"].expand(-1, HORIZON)
        return (raw["dates"][name] * raw["dated"])[:, part]

    past = torch.stack([channel(name, slice(0, CONTEXT)) * inside for name in features.PRE["past"]["channels"]], 2)
    future = torch.stack([channel(name, slice(CONTEXT, None)) for name in features.PRE["future"]["channels"]], 2)
    return past, future, scale.log(), raw["units"][:, CONTEXT:], scale
