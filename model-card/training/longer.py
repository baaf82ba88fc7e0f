"""Two and four weeks ahead: the recipe fitted for that horizon, beside the same baselines.

What is served forecasts seven days; these fits say what a longer look costs, and are not kept.
usage: HORIZON=14 longer.py   adds to `longer_horizons` of `evaluation.json`; the horizon is a number of whole weeks
"""
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
from scores import coverage, gap, scores, wape

ANSWERED = [list(features.LEVELS).index(level) for level in baselines.QUANTILES]
MEDIAN = ANSWERED[1]


def main():
    torch.set_num_threads(1)
    table = data.load()
    panel, units = windows.Panel(table), table["units"]
    actual = np.stack([units[:, start:start + features.HORIZON] for start in STARTS])
    trees, lessons = train.teach(panel, UNTIL)
    levels = forecasts.levels(train.fit(panel, UNTIL, 0, lessons).unadjusted, panel)
    boosting = baselines.boosting_forecasts(trees, panel, STARTS)[..., 1]
    rules = {name: np.stack([rule(units, start, UNTIL) for start in STARTS]) for name, rule in baselines.RULES.items()}
    weeks = [OPEN & (np.arange(features.HORIZON) // 7 == week) for week in range(features.HORIZON // 7)]
    found = {
        "origins": len(STARTS), "rows": int(OPEN.sum() * len(units)),
        "wape": {name: wape(actual, made, OPEN) for name, made in {"transformer": levels[..., MEDIAN], **rules, "gradient_boosting": boosting}.items()},
        "wape_by_week": [wape(actual, levels[..., MEDIAN], week) for week in weeks],
        "transformer": scores(actual, levels[..., ANSWERED], OPEN), "ordinary_days": coverage(actual, levels, ORDINARY),
        "gap_to_gradient_boosting": gap(actual, levels[..., MEDIAN], boosting, OPEN),
    }
    report.add(longer_horizons={**report.read().get("longer_horizons", {}), str(features.HORIZON): found})
    print(features.HORIZON, found["wape"])


if __name__ == "__main__":
    main()
