"""The evaluation: every model on the same 55 origins, 153 categories and 7 steps, written to `evaluation.json`.

usage: evaluate.py WEIGHTS… [--tract-difference X]
The first weights are those of `model.onnx`; all are scored for the spread over seeds.
X is the largest difference between tract and onnxruntime on this file, which only Rust can measure; it is recorded as given.
"""
import argparse
import json
import pathlib
import time

import numpy as np
import pandas as pd
import torch

import baselines
import data
import export
import features
import model
import request
import windows

REPORT = pathlib.Path(__file__).parents[1] / "evaluation.json"
LAST_TRAINING_DAY, FIRST_ORIGIN, LAST_ORIGIN = "2017-10-31", "2017-10-31", "2017-12-24"
LEVELS = list(features.LEVELS)
ANSWERED = [LEVELS.index(level) for level in baselines.QUANTILES]


def day(text):
    return data.DAYS.get_loc(pd.Timestamp(text))


# The origin is the last day seen; windows start on the day after it.
STARTS = range(day(FIRST_ORIGIN) + 1, day(LAST_ORIGIN) + 2)
TARGETS = np.array([[start + step for step in range(features.HORIZON)] for start in STARTS])
ORDINARY = TARGETS != day("2017-12-25")


def near_event(distance=3):
    """Target days within three days of a holiday, New Year's Day included."""
    events = [features.occurrence(rule, year) for names in features.PRE["events"].values() for rule in names for year in (2017, 2018)]
    return np.vectorize(lambda index: min(abs((data.DAYS[index].date() - event).days) for event in events) <= distance)(TARGETS)


def scores(actual, made, kept):
    """Pooled scores of the median, and of the 0.1, 0.5 and 0.9 quantiles, over the kept [origin, step] pairs."""
    actual, made = (np.swapaxes(part, 1, 2)[kept].astype(float) for part in (actual, made))
    low, median, high = (made[..., k] for k in range(3))
    error = actual - median
    pinball = np.mean([np.maximum(q * (actual - made[..., k]), (q - 1) * (actual - made[..., k])).mean() for k, q in enumerate(baselines.QUANTILES)])
    found = {
        "wape": np.abs(error).sum() / actual.sum(), "mae": np.abs(error).mean(), "rmse": np.sqrt((error**2).mean()),
        "r2": 1 - (error**2).sum() / ((actual - actual.mean()) ** 2).sum(), "pinball": pinball,
        "coverage_80": ((actual >= low) & (actual <= high)).mean(), "bias": -error.sum() / actual.sum(),
    }
    return {name: round(float(value), 4) for name, value in found.items()}


def bootstrap(actual, ours, theirs, kept, rounds=2000):
    """The difference of two WAPEs with a 95 % interval from resampled series."""
    actual, ours, theirs = (np.swapaxes(part, 1, 2)[kept] for part in (actual, ours, theirs))
    a, b, units = np.abs(actual - ours).sum(0), np.abs(actual - theirs).sum(0), actual.sum(0)
    drawn = np.random.default_rng(0).integers(0, len(units), (rounds, len(units)))
    gaps = (a[drawn].sum(1) - b[drawn].sum(1)) / units[drawn].sum(1)
    return {"wape": round(float((a.sum() - b.sum()) / units.sum()), 4), "interval_95": np.quantile(gaps, [0.025, 0.975]).round(4).tolist()}


def torch_levels(network, panel, change=lambda raw: raw):
    """Unscaled quantiles [origin, series, step, level] from batches of windows, optionally with parts taken away."""
    found, categories = [], torch.arange(panel.units.shape[0])
    with torch.no_grad():
        for start in STARTS:
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


def load(weights):
    network = model.Forecaster()
    network.load_state_dict(torch.load(weights))
    return network.eval()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("weights", nargs="+", type=pathlib.Path)
    arguments.add_argument("--tract-difference", type=float)
    given = arguments.parse_args()
    weights = given.weights
    torch.set_num_threads(1)
    table, runtime, until = data.load(), export.session(), day(LAST_TRAINING_DAY)
    panel, units, count = windows.Panel(table), table["units"], len(table["categories"])
    actual = np.stack([units[:, start:start + features.HORIZON] for start in STARTS])

    levels = np.stack([request.levels(runtime, [request.of(table, category, start) for category in range(count)]) for start in STARTS])
    made = {"transformer": levels[..., ANSWERED]}
    for name, rule in baselines.RULES.items():
        made[name] = baselines.rule_forecasts(rule, units, STARTS, until)
    started = time.time()
    made["gradient_boosting"] = baselines.boosting_forecasts(panel, STARTS, until)
    boosting_seconds = time.time() - started

    networks = [load(path) for path in weights]
    by_seed = [torch_levels(network, panel) for network in networks]
    drift = np.abs(by_seed[0] - levels).max()
    assert drift < 1e-2, f"model.onnx is not the export of the first weights: {drift}"
    seeds = [scores(actual, found[..., ANSWERED], ORDINARY) for found in by_seed]
    everything, holidays = np.ones_like(ORDINARY), near_event()
    poorer = {name: scores(actual, torch_levels(networks[0], panel, lambda raw: without(raw, **change))[..., ANSWERED], ORDINARY)["wape"] for name, change in POORER.items()}
    report = {
        "dataset": "Complete Journey (84.51°), product categories by store-local day, 2017", "licence": "CC0",
        "training_window": ["2017-01-01", LAST_TRAINING_DAY], "test_window": [FIRST_ORIGIN, LAST_ORIGIN],
        "origins": len(STARTS), "horizon": features.HORIZON, "series": count, "rows": int(actual.size),
        "primary": "excluding 25 December", "primary_rows": int(ORDINARY.sum() * count),
        "metrics": {name: scores(actual, found, ORDINARY) for name, found in made.items()},
        "including_25_december": {name: scores(actual, found, everything) for name, found in made.items()},
        "by_day": {
            label: {name: scores(actual, made[name], kept) for name in ("transformer", "level_28_times_weekday_profile", "gradient_boosting")}
            for label, kept in (("within 3 days of a holiday", ORDINARY & holidays), ("other days", ORDINARY & ~holidays))
        },
        "coverage_95": round(float(np.swapaxes((actual >= levels[..., 0]) & (actual <= levels[..., -1]), 1, 2)[ORDINARY].mean()), 4),
        "wape_with_poorer_inputs": poorer,
        "gap_to_gradient_boosting": bootstrap(actual, made["transformer"][..., 1], made["gradient_boosting"][..., 1], ORDINARY),
        "seeds": {
            "shipped": weights[0].stem, "weights": [path.stem for path in weights],
            **{f"{part}_{name}": round(float(of([seed[name] for seed in seeds])), 4) for name in ("wape", "pinball", "coverage_80") for part, of in (("mean", np.mean), ("sd", lambda values: np.std(values, ddof=len(values) > 1)))},
            "wape": [seed["wape"] for seed in seeds],
        },
        "gradient_boosting_seconds": round(boosting_seconds), "parameters": sum(part.numel() for part in networks[0].parameters()),
        "onnx_bytes": export.FILE.stat().st_size, "max_abs_diff_tract_onnxruntime": given.tract_difference,
    }
    REPORT.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    print(pd.DataFrame(report["metrics"]).T.to_string())


if __name__ == "__main__":
    main()
