"""The examples of the page and the windows that hold the served model to this script.

usage: examples.py   writes ../examples.json (held-out weeks with their truth) and ../windows.json.gz (1,000 requests with answers)
"""
import gzip
import json
import pathlib

import numpy as np

import data
import export
import features
import request
from origins import STARTS, day

FOLDER = pathlib.Path(__file__).parents[1]
SHOWN = [
    ("Coffee, an ordinary week", "COFFEE", "2017-11-06"),
    ("Milk, a steady seller", "FLUID MILK PRODUCTS", "2017-11-27"),
    ("Bread over Thanksgiving", "BAKED BREAD/BUNS/ROLLS", "2017-11-20"),
    ("Cheese before Christmas", "CHEESE", "2017-12-18"),
    ("Yogurt, with more mailers than before", "YOGURT", "2017-11-13"),
    ("Soft drinks over Christmas, with the closed day", "SOFT DRINKS", "2017-12-22"),
    ("Cat food, bought in fits and starts", "CAT FOOD", "2017-11-27"),
]
# The sum of the errors of the seven days, as a share of the week's units.
GOOD, BAD = 0.15, 0.25
WINDOWS = {"plain": 700, "no start": 100, "short": 100, "gaps": 100}


def examples(table, runtime):
    found = []
    for name, category, first in SHOWN:
        row, start = list(table["categories"]).index(category), day(first)
        inputs = request.of(table, row, start)
        actual = [int(value) for value in table["units"][row, start:start + features.HORIZON]]
        answer = request.answer(runtime, inputs)
        off = np.abs(np.array(answer["quantiles"]["0.5"]) - actual).sum() / sum(actual)
        verdict = "good" if off < GOOD else "fair" if off < BAD else "bad"
        title = f"{name} ({verdict}: off by {100 * off:.0f} %)"
        found.append({"name": title, "request": {"inputs": inputs}, "actual": actual, "expect": {"outputs": [answer]}})
    return found


def poorer(inputs, kind, rng):
    """A request with a part missing, as clients will send them."""
    inputs = dict(inputs)
    if kind == "no start":
        del inputs["start"]
        if rng.random() < 0.5:
            del inputs["past"], inputs["future"], inputs["item"], inputs["frequency"]
    if kind == "gaps":
        lost = rng.random(len(inputs["series"])) < 0.2
        inputs["series"] = [None if gone else value for value, gone in zip(inputs["series"], lost)]
        if rng.random() < 0.5:
            inputs["past"] = {"display": [None if gone else value for value, gone in zip(inputs["past"]["display"], lost)]}
            inputs["future"] = {"mailer": inputs["future"]["mailer"][:int(rng.integers(1, 7))]}
    return inputs


def held_out(table, runtime):
    rng, found = np.random.default_rng(0), []
    for kind, count in WINDOWS.items():
        for _ in range(count):
            length = int(rng.integers(14, 70)) if kind == "short" else int(rng.choice([84, 84, 84, 100]))
            place = int(rng.integers(len(table["categories"]))), int(rng.choice(STARTS))
            inputs = poorer(request.of(table, *place, length), kind, rng)
            answer = request.answer(runtime, inputs)
            del answer["mean"]
            found.append((place, {"kind": kind, "request": {"inputs": inputs}, "expect": {"outputs": [answer]}}))
    # Windows of a series lie side by side, so that gzip sees what they share.
    return [window for _, window in sorted(found, key=lambda pair: pair[0])]


def main():
    table, runtime = data.load(), export.session()
    FOLDER.joinpath("examples.json").write_text(json.dumps(examples(table, runtime), separators=(",", ":")) + "\n")
    # No time stamp in the gzip header, so that the same model gives the same bytes.
    with gzip.GzipFile(FOLDER / "windows.json.gz", "wb", mtime=0) as file:
        file.write(json.dumps(held_out(table, runtime), separators=(",", ":")).encode())
    for name in ("examples.json", "windows.json.gz"):
        print(name, FOLDER.joinpath(name).stat().st_size, "bytes")


if __name__ == "__main__":
    main()
