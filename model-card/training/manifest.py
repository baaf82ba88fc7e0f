"""Writes the demo's manifest: the plugins' configuration as trained, and the examples with what must come out.

usage: manifest.py
"""
import pathlib

from manifest_parts import examples, plugins

CARD = pathlib.Path(__file__).parents[1]
MANIFEST = CARD.parent / "manifests" / "retail-demand.yaml"

HEAD = """\
# Written by model-card/training/manifest.py.
name: retail-demand
title: Retail demand forecast
description: Units of a grocery category for the next seven days, with intervals, from its history and the promotions that are planned.
task: time-series-forecasting
default: true
model:
  path: ../model-card
  file: model.onnx
  reference: reference.npz
"""

INPUT = """\
# Over what window-series says of its input: the page counts in units.
input:
  properties:
    series: { title: Units sold, x-ui: { unit: units } }
"""
EXAMPLES = "Held-out weeks, good and bad, with what was really sold; `expect` is what the training code answers."


def main():
    MANIFEST.write_text(HEAD + plugins(CARD) + INPUT + "\n".join(examples(CARD, EXAMPLES)) + "\n")


if __name__ == "__main__":
    main()
