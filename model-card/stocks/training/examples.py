"""The examples of the page and the windows that hold the served model to this script.

usage: examples.py   writes ../examples.json (held-out weeks with their truth) and ../windows.json.gz (120 requests with answers)
"""
import gzip
import json
import pathlib

import numpy as np

import data
import export
import features

FOLDER = pathlib.Path(__file__).parents[1]
SHOWN = [
    ("FTSE, two ordinary weeks of May 1997", "FTSE", "1997-05-12"),
    ("DAX into the crash of October 1997", "DAX", "1997-10-20"),
    ("SMI after that crash, a wide range", "SMI", "1997-11-03"),
    ("DAX in the slide of August 1998, all outside", "DAX", "1998-08-03"),
    ("Dow Jones before October 2008, far too narrow", "DJIA", "2008-09-29"),
]
WINDOWS = {"plain": 80, "short": 20, "gaps": 20}


def request(prices, index, origin, length=features.CONTEXT):
    """The inputs for one index; `origin` is the first day to forecast. No start: the plugin's calendar knows no weekends."""
    row = data.INDICES.index(index)
    return {"series": prices[row, origin - length:origin].round(2).tolist(), "item": index}


def examples(prices, runtime):
    found = []
    for name, index, first in SHOWN:
        origin = data.day(first)
        inputs = request(prices, index, origin)
        actual = prices[data.INDICES.index(index), origin:origin + features.HORIZON].round(2).tolist()
        found.append({"name": name, "request": {"inputs": inputs}, "actual": actual, "expect": {"outputs": [export.answer(runtime, inputs)]}})
    return found


def held_out(prices, runtime):
    rng, found = np.random.default_rng(0), []
    last = {name: int(np.flatnonzero(np.isfinite(row))[-1]) for name, row in zip(data.INDICES, prices)}
    for kind, count in WINDOWS.items():
        for _ in range(count):
            index = str(rng.choice(data.INDICES))
            origin = int(rng.integers(data.day("1997-01-01"), last[index] + 1))
            length = int(rng.integers(features.PRE["min_history"], features.CONTEXT)) if kind == "short" else int(rng.choice([64, 64, 100]))
            inputs = request(prices, index, origin, length)
            if kind == "gaps":
                inputs["series"] = [None if rng.random() < 0.2 else price for price in inputs["series"]]
            found.append({"kind": kind, "request": {"inputs": inputs}, "expect": {"outputs": [export.answer(runtime, inputs)]}})
    return found


def main():
    prices, runtime = data.load(), export.session()
    FOLDER.joinpath("examples.json").write_text(json.dumps(examples(prices, runtime), separators=(",", ":")) + "\n")
    # No time stamp in the gzip header, so that the same model gives the same bytes.
    with gzip.GzipFile(FOLDER / "windows.json.gz", "wb", mtime=0) as file:
        file.write(json.dumps(held_out(prices, runtime), separators=(",", ":")).encode())
    for name in ("examples.json", "windows.json.gz"):
        print(name, FOLDER.joinpath(name).stat().st_size, "bytes")


if __name__ == "__main__":
    main()
