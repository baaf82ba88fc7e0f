"""The model card: `card.md` with its blanks filled from `evaluation.json` and `examples.json`, written to `../README.md`.

A blank is <<path.to.number>>, with an optional format after a bar; no number of the card is typed by hand.
usage: card.py [--check]   --check only says whether the card is up to date
"""
import argparse
import datetime
import functools
import json
import pathlib
import re
import sys

FOLDER = pathlib.Path(__file__).parents[1]
NAMES = {
    "transformer": "**this model**", "naive_lag_7": "naive, lag 7", "last_4_same_weekdays": "last 4 same weekdays",
    "level_28_times_weekday_profile": "28-day level × weekday profile", "gradient_boosting": "gradient boosting (LightGBM, quantile)",
}


def score_table(scores):
    lines = ["| model | WAPE | MAE | RMSE | R² | mean pinball | 80 % coverage |", "|---|---|---|---|---|---|---|"]
    for name, row in scores.items():
        cells = f"{row['wape']:.3f} | {row['mae']:.2f} | {row['rmse']:.2f} | {row['r2']:.3f} | {row['pinball']:.3f} | {row['coverage_80']:.2f}"
        lines.append(f"| {NAMES[name]} | {cells} |")
    return "\n".join(lines)


def poorer_table(report):
    lines = ["| the request has | WAPE |", "|---|---|", f"| everything | {report['metrics']['transformer']['wape']:.3f} |"]
    return "\n".join(lines + [f"| {name} | {wape:.3f} |" for name, wape in report["wape_with_poorer_inputs"].items()])


def verdict(report):
    """Says who wins, and whether the difference is more than chance."""
    gap, (low, high) = report["gap_to_gradient_boosting"]["wape"], report["gap_to_gradient_boosting"]["interval_95"]
    text = f"the paired difference in WAPE, this model minus gradient boosting, is {gap:+.4f} (95 % interval {low:+.4f} to {high:+.4f}, bootstrap over series)"
    if low > 0:
        return f"**Gradient boosting is more accurate**: {text}."
    if high < 0:
        return f"This model is more accurate than gradient boosting: {text}."
    return f"It cannot be told apart from gradient boosting: {text}."


def curl(examples):
    """The first example with its last four weeks only, so that it fits on a page."""
    inputs = examples[0]["request"]["inputs"]
    first = datetime.date.fromisoformat(inputs["start"]) + datetime.timedelta(days=len(inputs["series"]) - 28)
    short = {**inputs, "series": inputs["series"][-28:], "start": str(first), "past": {name: values[-28:] for name, values in inputs["past"].items()}}
    return "curl -s http://localhost:7860/predict -H 'content-type: application/json' -d '" + json.dumps({"inputs": short}) + "'"


def fill(report, examples):
    blocks = {
        "table": score_table(report["metrics"]), "table_with_closure": score_table(report["including_25_december"]),
        "poorer": poorer_table(report), "verdict": verdict(report), "curl": curl(examples),
    }

    def blank(match):
        path, _, form = match[1].partition("|")
        if path in blocks:
            return blocks[path]
        return format(functools.reduce(lambda part, key: part[key], path.split("."), report), form)

    return re.sub(r"<<(.+?)>>", blank, pathlib.Path(__file__).with_name("card.md").read_text())


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--check", action="store_true")
    report, examples = (json.loads(FOLDER.joinpath(name).read_text()) for name in ("evaluation.json", "examples.json"))
    card = fill(report, examples)
    if arguments.parse_args().check:
        sys.exit(0 if FOLDER.joinpath("README.md").read_text() == card else "README.md is not what card.py writes; run training/card.py")
    FOLDER.joinpath("README.md").write_text(card)


if __name__ == "__main__":
    main()
