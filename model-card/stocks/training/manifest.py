"""Writes the manifest of the second demo: the plugins' configuration as trained, and the examples with what must come out.

usage: manifest.py
"""
import pathlib
import sys

CARD = pathlib.Path(__file__).parents[1]
# Behind this folder, whose files are meant where both have one of a name.
sys.path.append(str(CARD.parent / "training"))

from manifest_parts import examples, plugins  # noqa: E402

MANIFEST = CARD.parents[1] / "manifests" / "stock-forecast.yaml"

HEAD = """\
# Written by model-card/stocks/training/manifest.py.
name: stock-forecast
title: Stock price forecast
description: Where a price may be on each of the next ten trading days, from its last 64 closing prices. A demonstration, no advice.
task: time-series-forecasting
model:
  path: ../model-card/stocks
  file: model.onnx
  reference: reference.npz
"""

INPUT = """\
# Over what window-series says of its input: the rows are trading days, of which its calendar knows nothing.
# `sums: false`: prices of several days make no total, so the page says where the last one may be.
input:
  properties:
    series:
      title: Closing prices
      description: One price a trading day, oldest first, 20 to 10000 of them; null is a gap. The model sees the last 64.
      items: { exclusiveMinimum: 0 }
      x-ui: { unit: points, sums: false }
    start:
      description: Leave it out. The calendar counts weekends as days, so dates would be wrong; the model reads none.
      x-ui: { advanced: true }
"""
EXAMPLES = "Held-out weeks, good and bad, with what the index really did; `expect` is what the training code answers."


def main():
    MANIFEST.write_text(HEAD + plugins(CARD) + INPUT + "\n".join(examples(CARD, EXAMPLES)) + "\n")


if __name__ == "__main__":
    main()
