"""Series that no fit has seen: categories left out of training, and small series with many days at zero.

usage: unseen.py WEIGHTS   adds `unseen_series` and `sparse_series` to `evaluation.json`; the conformal factors are those of the weights
"""
import argparse

import numpy as np
import torch

import baselines
import data
import features
import forecasts
import report
import train
import windows
from origins import OPEN, ORDINARY, STARTS, UNTIL
from scores import coverage, gap, scores

FOLDS = 3
# One unit in twenty is kept, as if the panel had 123 households.
KEPT = 0.05
ANSWERED = [list(features.LEVELS).index(level) for level in baselines.QUANTILES]


def some(table, kept):
    return {name: values[kept] for name, values in table.items()}


def left_out(table, published):
    """Levels of this model's recipe and quantiles of gradient boosting, each forecast by a fit without the category."""
    fold = np.random.default_rng(0).permutation(len(table["categories"])) % FOLDS
    levels = np.zeros((len(STARTS), len(fold), features.HORIZON, len(features.LEVELS)))
    boosting = np.zeros((*levels.shape[:3], len(ANSWERED)))
    for part in range(FOLDS):
        seen, unseen = (windows.Panel(some(table, kept)) for kept in (fold != part, fold == part))
        trees, lessons = train.teach(seen, UNTIL)
        network = train.fit(seen, UNTIL, 0, lessons)
        network.load_state_dict(published.factors(), strict=False)
        levels[:, fold == part] = forecasts.levels(network, unseen)
        boosting[:, fold == part] = baselines.boosting_forecasts(trees, unseen, STARTS)
        print("fold", part, flush=True)
    return levels, boosting


def actual_of(units):
    return np.stack([units[:, start:start + features.HORIZON] for start in STARTS])


def of_rules(units, actual):
    return {name: scores(actual, baselines.rule_forecasts(rule, units, STARTS, UNTIL), OPEN) for name, rule in baselines.RULES.items()}


def unseen_series(table, published):
    levels, boosting = left_out(table, published)
    actual = actual_of(table["units"])
    return {
        "folds": FOLDS,
        "metrics": {
            "transformer": scores(actual, levels[..., ANSWERED], OPEN), **of_rules(table["units"], actual),
            "gradient_boosting": scores(actual, boosting, OPEN),
        },
        "ordinary_days": coverage(actual, levels, ORDINARY),
        "gap_to_gradient_boosting": gap(actual, levels[..., ANSWERED[1]], boosting[..., 1], OPEN),
    }


def sparse_series(table, published):
    """The same categories with a twentieth of their units, which the published weights have never seen."""
    units = np.random.default_rng(0).binomial(table["units"].astype(int), KEPT).astype(float)
    actual = actual_of(units)
    levels = forecasts.levels(published, windows.Panel({**table, "units": units}))
    assert (levels >= 0).all(), "demand below zero"
    return {
        "units_a_day": round(float(units.mean()), 2), "days_at_zero": round(float((units == 0).mean()), 3),
        "metrics": {"transformer": scores(actual, levels[..., ANSWERED], OPEN), **of_rules(units, actual)},
        "ordinary_days": coverage(actual, levels, ORDINARY),
    }


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("weights")
    torch.set_num_threads(1)
    table, published = data.load(), forecasts.load(arguments.parse_args().weights)
    report.add(unseen_series=unseen_series(table, published), sparse_series=sparse_series(table, published))


if __name__ == "__main__":
    main()
