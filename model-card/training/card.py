"""The model card: `card.md` with its blanks filled from `evaluation.json` and `examples.json`, written to `../README.md`.

A blank is <<path.to.number>>, with an optional format after a bar, or the name of a table; no number of a result is typed by hand.
usage: card.py [--check]   --check only says whether the card is up to date
"""
import argparse
import datetime
import functools
import json
import pathlib
import re
import sys

import tables

FOLDER = pathlib.Path(__file__).parents[1]


def curl(examples):
    """The first example with its last four weeks only, so that it fits on a page."""
    inputs = examples[0]["request"]["inputs"]
    first = datetime.date.fromisoformat(inputs["start"]) + datetime.timedelta(days=len(inputs["series"]) - 28)
    short = {**inputs, "series": inputs["series"][-28:], "start": str(first), "past": {name: values[-28:] for name, values in inputs["past"].items()}}
    return "curl -s http://localhost:7860/predict -H 'content-type: application/json' -d '" + json.dumps({"inputs": short}) + "'"


def fill(report, examples):
    calibration, longer = report["calibration"], report["longer_horizons"]
    blocks = {
        "table": tables.of_scores(report["metrics"]), "table_with_closure": tables.of_scores(report["including_25_december"]),
        "seeds_table": tables.of_seeds(report["seeds"]["each"]), "poorer": tables.of_poorer(report), "cold_start": tables.of_cold_start(report),
        "cover": tables.of_cover(calibration), "departments": tables.of_departments(calibration["by_department"]),
        "departments_outside": tables.departments_outside(calibration["by_department"]), "volumes": tables.of_volumes(calibration["by_volume"]),
        "longer": tables.of_longer(report), "gap_14": tables.interval(longer["14"]["gap_to_gradient_boosting"]), "gap_28": tables.interval(longer["28"]["gap_to_gradient_boosting"]),
        "unseen": tables.of_scores(report["unseen_series"]["metrics"]), "unseen_verdict": tables.verdict(report["unseen_series"]["gap_to_gradient_boosting"]),
        "sparse": tables.of_scores(report["sparse_series"]["metrics"]),
        "agreement": tables.agreement(report.get("max_abs_diff_tract_onnxruntime")), "verdict": tables.verdict(report["gap_to_gradient_boosting"]), "curl": curl(examples),
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
