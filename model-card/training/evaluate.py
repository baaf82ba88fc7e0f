"""The evaluation: every model on the same 55 origins, 153 categories and 7 steps, written to `evaluation.json`.

usage: evaluate.py WEIGHTS…   the first weights are those of `model.onnx`; all are scored for the spread over seeds
"""
import argparse
import pathlib

import numpy as np
import pandas as pd
import torch

import baselines
import data
import export
import features
import forecasts
import report
import request
import windows
from origins import FIRST_ORIGIN, HOLIDAY, LAST_ORIGIN, LAST_TRAINING_DAY, OPEN, ORDINARY, STARTS, TARGETS, UNTIL, near_event
from scores import below, chance, coverage, gap, inside, scores, wape

LEVELS = list(features.LEVELS)
ANSWERED = [LEVELS.index(level) for level in baselines.QUANTILES]
EVERY = np.ones_like(OPEN)
DAYS = {"within 3 days of a holiday": HOLIDAY, "other days": ORDINARY}
SHOWN_BY_DAY = ("transformer", "level_28_times_weekday_profile", "gradient_boosting")
QUARTERS = 4


def calibration(actual, levels, plain, table):
    """What the intervals cover, by day, and on ordinary days by department, volume and step."""
    departments, volume = table["departments"], table["units"][:, :UNTIL + 1].mean(1)
    quarter = np.searchsorted(np.quantile(volume, np.arange(1, QUARTERS) / QUARTERS), volume)

    def among(series):
        own = actual[:, series], levels[:, series], ORDINARY
        return {"series": int(series.sum()), "units_a_day": round(float(volume[series].mean()), 1), **coverage(*own), "chance_80": chance(*own, TARGETS)}

    def of_each(levels):
        each = inside(actual, levels, ORDINARY).mean(0)
        return {"sd": round(float(each.std()), 4), "lowest": round(float(each.min()), 4), "highest": round(float(each.max()), 4)}

    def of_step(step):
        only = np.zeros_like(ORDINARY)
        only[:, step] = ORDINARY[:, step]
        return coverage(actual, levels, only)

    return {
        "ordinary_days": len(np.unique(TARGETS[ORDINARY])),
        "adjusted": {label: coverage(actual, levels, kept) for label, kept in {"all days": OPEN, **DAYS}.items()},
        "unadjusted": {label: coverage(actual, plain, kept) for label, kept in {"all days": OPEN, **DAYS}.items()},
        "by_department": {name: among(departments == name) for name in sorted(set(departments))},
        "by_category": {"adjusted": of_each(levels), "unadjusted": of_each(plain)},
        "by_volume": [among(quarter == part) for part in range(QUARTERS)],
        "by_step": [of_step(step) for step in range(features.HORIZON)],
        "below": {label: below(actual, levels, kept) for label, kept in DAYS.items()},
    }


def by_date(actual, made):
    """WAPE of each day of the test window, however far ahead it was forecast; none for the closed day."""
    days = np.unique(TARGETS)

    def of_day(name, day):
        kept = OPEN & (TARGETS == day)
        return wape(actual, made[name][..., 1], kept) if kept.any() else None

    return {
        "first": str(data.DAYS[days[0]].date()), "near_holiday": [bool(near_event(np.array([day]))[0]) for day in days],
        "wape": {name: [of_day(name, day) for day in days] for name in SHOWN_BY_DAY},
    }


def of_seed(name, actual, levels, rivals):
    """One seed's scores, and its WAPE relative to each rival's."""
    found = scores(actual, levels[..., ANSWERED], OPEN)
    against = {rival: round(found["wape"] / wape(actual, made[..., 1], OPEN) - 1, 4) for rival, made in rivals.items()}
    apart = gap(actual, levels[..., ANSWERED[1]], rivals["gradient_boosting"][..., 1], OPEN)
    return {"weights": name, **found, "ordinary_days": coverage(actual, levels, ORDINARY), "wape_against": against, "gap_to_gradient_boosting": apart}


def spread(seeds, name):
    values = [seed[name] for seed in seeds]
    return {f"mean_{name}": round(float(np.mean(values)), 4), f"sd_{name}": round(float(np.std(values, ddof=len(values) > 1)), 4)}


def cold_start(units, actual):
    """WAPE of the rules of thumb where they, too, are given 14 days."""
    rules = {
        "naive_lag_7": baselines.naive_lag_7,
        "last_2_same_weekdays": lambda *given: baselines.mean_of_same_weekdays(*given, weeks=2),
        "level_14_times_weekday_profile": lambda *given: baselines.level_times_weekday_profile(*given, days=14),
    }
    return {name: wape(actual, np.stack([rule(units, start, UNTIL) for start in STARTS]), OPEN) for name, rule in rules.items()}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("weights", nargs="+", type=pathlib.Path)
    weights = arguments.parse_args().weights
    torch.set_num_threads(1)
    table, runtime = data.load(), export.session()
    panel, units, count = windows.Panel(table), table["units"], len(table["categories"])
    actual = np.stack([units[:, start:start + features.HORIZON] for start in STARTS])

    levels = np.stack([request.levels(runtime, [request.of(table, category, start) for category in range(count)]) for start in STARTS])
    assert (levels >= 0).all(), "demand below zero"
    rivals = {name: baselines.rule_forecasts(rule, units, STARTS, UNTIL) for name, rule in baselines.RULES.items()}
    rivals["gradient_boosting"] = baselines.boosting_forecasts(baselines.boosting(panel, windows.learnable(UNTIL)), panel, STARTS)
    made = {"transformer": levels[..., ANSWERED], **rivals}

    networks = [forecasts.load(path) for path in weights]
    by_seed = [forecasts.levels(network, panel) for network in networks]
    drift = np.abs(by_seed[0] - levels).max()
    assert drift < 1e-2, f"model.onnx is not the export of the first weights: {drift}"
    seeds = [of_seed(path.stem, actual, found, rivals) for path, found in zip(weights, by_seed)]
    poorer = {name: wape(actual, forecasts.levels(networks[0], panel, lambda raw: forecasts.without(raw, **change))[..., LEVELS.index(0.5)], OPEN) for name, change in forecasts.POORER.items()}
    report.add(
        dataset="Complete Journey (84.51°), product categories by store-local day, 2017", licence="CC0",
        training_window=["2017-01-01", LAST_TRAINING_DAY], test_window=[FIRST_ORIGIN, LAST_ORIGIN],
        origins=len(STARTS), horizon=features.HORIZON, series=count, rows=int(actual.size),
        primary="excluding 25 December", primary_rows=int(OPEN.sum() * count),
        metrics={name: scores(actual, found, OPEN) for name, found in made.items()},
        including_25_december={name: scores(actual, found, EVERY) for name, found in made.items()},
        by_day={label: {name: scores(actual, made[name], kept) for name in SHOWN_BY_DAY} for label, kept in DAYS.items()},
        by_date=by_date(actual, made),
        calibration={
            **calibration(actual, levels, forecasts.levels(networks[0].unadjusted, panel), table),
            "factors": {"typical": round(float(networks[0].lookback.typical), 3), "by_volume": networks[0].widening.numpy().round(3).tolist(), "near_event": networks[0].event_widening.numpy().round(3).tolist()},
        },
        wape_with_poorer_inputs=poorer, wape_of_rules_with_14_days=cold_start(units, actual),
        gap_to_gradient_boosting=gap(actual, made["transformer"][..., 1], made["gradient_boosting"][..., 1], OPEN),
        seeds={
            "shipped": weights[0].stem, **spread(seeds, "wape"), **spread(seeds, "pinball"), **spread(seeds, "coverage_80"),
            "each": seeds,
        },
        parameters=sum(part.numel() for part in networks[0].parameters()),
        onnx_bytes=export.FILE.stat().st_size,
    )
    print(pd.DataFrame(report.read()["metrics"]).T.to_string())


if __name__ == "__main__":
    main()
