"""The scores that the recipe was chosen by: years before the test window, each forecast by fits that end before it.

usage: choose.py [NAME…]   prints a row of pinball losses for each rival and each variant of the recipe, or only for those named
"""
import sys

import numpy as np
import torch

import baselines
import data
import evaluate
import train
import windows

FOLDS = [
    ("1987-01-01", "1989-01-01", ["DJIA"]), ("1989-01-01", "1992-01-01", ["DJIA"]), ("1994-01-01", "1995-01-01", data.EUROPEAN),
    ("1994-01-01", "1995-01-01", ["DJIA"]), ("1995-01-01", "1997-01-01", data.EUROPEAN), ("1995-01-01", "1997-01-01", ["DJIA"]),
]
# Settings of `train.fit`, and of `windows` where the name is written large.
VARIANTS = {
    "the published recipe, seed 0": {}, "the published recipe, seed 1": dict(seed=1), "no training at all": dict(steps=1),
    "150 steps": dict(steps=150), "400 steps": dict(steps=400), "800 steps": dict(steps=800),
    "every window as it was": dict(FLIPPED=0.0), "half of the windows flipped": dict(FLIPPED=0.5),
    "no portfolios": dict(MIXED=0.0), "width 16": dict(width=16), "one layer": dict(layers=1), "dropout 0.2": dict(dropout=0.2),
}


def fitted(prices, settings):
    """A fit for each first day of a fold."""
    settings = dict(settings)
    usual = windows.FLIPPED, windows.MIXED
    windows.FLIPPED, windows.MIXED = settings.pop("FLIPPED", usual[0]), settings.pop("MIXED", usual[1])
    seed = settings.pop("seed", 0)
    found = {before: train.fit(prices, data.day(before), seed, **settings) for before in sorted({fold[0] for fold in FOLDS})}
    windows.FLIPPED, windows.MIXED = usual
    return found


def row(name, groups, made):
    scores = [evaluate.scores(group.actual, levels) for group, levels in zip(groups, made)]
    cells = [f"{np.mean([score[key] for score in scores]):.4f}" for key in ("wape", "pinball", "coverage_80", "coverage_95")]
    print("|", " | ".join([name, *cells, *(f"{score['pinball']:.4f}" for score in scores)]), "|", flush=True)


def main():
    torch.set_num_threads(1)
    prices, wanted = data.load(), sys.argv[1:]
    groups = [evaluate.Group(prices, names, before, until) for before, until, names in FOLDS]
    for name, rule in baselines.RULES.items():
        if not wanted or name in wanted:
            row(name, groups, [evaluate.percent(rule(group.logs, group.origins, group.before)) for group in groups])
    for name, settings in VARIANTS.items():
        if not wanted or name in wanted:
            networks = fitted(prices, settings)
            row(name, groups, [group.changes(evaluate.by_torch(networks[before])) for group, (before, _, _) in zip(groups, FOLDS)])


if __name__ == "__main__":
    main()
