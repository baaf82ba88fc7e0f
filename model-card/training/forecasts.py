"""Forecasts of a fitted network, before or after its inputs are made poorer, as [origin, series, step, level] in units."""
import numpy as np
import torch

import checkpoint
import features
import model
import windows
from origins import STARTS


def load(file):
    network = model.Forecaster()
    network.load_state_dict(checkpoint.load(file))
    return network.eval()


def levels(network, panel, change=lambda raw: raw, starts=STARTS):
    """Of a network, or of one of its methods that gives quantiles."""
    found, categories = [], torch.arange(panel.units.shape[0])
    with torch.no_grad():
        for start in starts:
            past, future, static, _, scale = windows.tensors(change(panel.raw(categories, torch.full_like(categories, start))))
            found.append(features.unscale(network(past, future, static), scale.numpy()[:, :, None]))
    return np.stack(found)


def without(raw, start=False, covariates=False, keep=None, gaps=False):
    """Windows as a poorer request would give them."""
    steps = torch.arange(raw["observed"].shape[1])[None]
    early = (steps < features.CONTEXT - keep).float() if keep else torch.zeros_like(steps)
    lost = (torch.rand(raw["observed"].shape, generator=torch.Generator().manual_seed(0)) < 0.2).float() * (steps < features.CONTEXT) if gaps else 0
    known = {name: (values, known * (1 - early) * (not covariates)) for name, (values, known) in raw["covariates"].items()}
    return {**raw, "observed": raw["observed"] * (1 - early) * (1 - lost), "dated": raw["dated"] * (not start), "covariates": known}


POORER = {
    "no start": dict(start=True), "no display and mailer": dict(covariates=True), "series only": dict(start=True, covariates=True),
    "28 days of history": dict(keep=28), "14 days of history": dict(keep=14), "a fifth of the days missing": dict(gaps=True),
}
